// Accounts that the chain signs for, and those that nobody signs for.

import Cryptography
import EthereumAPI
import JSON
import JSONRPC
import L1Contracts
import Primitives
import Transactions

extension DevelopmentMethods {
  func addAccountMethods(to table: inout MethodTable) {
    table.add("eth_accounts", .inline, "The accounts that the chain signs for.", result: "array of addresses") {
      [self] (_, _, writer) throws(RPCError) in
      writer.beginArray()
      for account in accounts { writer.data(account.address) }
      writer.endArray()
    }
    table.add(
      ["eth_sendTransaction", "eth_sendUnsignedTransaction"], .heavy,
      "Sends a transaction of an account that the chain signs for, or that is impersonated. What it leaves open is filled in.",
      parameters: [.required("request", "transaction request")], result: "32 bytes, the hash"
    ) { [self] (parameters, context, writer) throws(RPCError) in
      guard let request = parameters.next("request") else {
        throw .invalidParameters("missing value for required argument 0")
      }
      let transaction = try unsigned(of: request, context)
      writer.data(try send(transaction))
    }
    table.add(
      "eth_signTransaction", .heavy, "Signs a transaction of an account that the chain signs for.",
      parameters: [.required("request", "transaction request")], result: "data, the envelope"
    ) { [self] (parameters, context, writer) throws(RPCError) in
      guard let request = parameters.next("request") else {
        throw .invalidParameters("missing value for required argument 0")
      }
      let transaction = try unsigned(of: request, context)
      guard account(transaction.sender) != nil else { throw .refused("unknown account") }
      writer.data(transaction.transaction.envelope)
    }
    table.add(
      "eth_sign", .pooled, "Signs a message as EIP-191 wants it.",
      parameters: [.required("address", "address"), .required("message", "data")], result: "65 bytes, r, s and v"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      try sign(try parameters.required("message", as: HexData.self).bytes, by: address, &writer)
    }
    table.add(
      "personal_sign", .pooled, "Signs a message as EIP-191 wants it.",
      parameters: [.required("message", "data"), .required("address", "address")], result: "65 bytes, r, s and v"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let message = try parameters.required("message", as: HexData.self).bytes
      try sign(message, by: try parameters.required("address", as: Address.self), &writer)
    }
    table.add(
      ["anvil_impersonateAccount", "hardhat_impersonateAccount"], .pooled,
      "From now on `eth_sendTransaction` sends for this account, too.", parameters: [.required("address", "address")],
      result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      guard impersonation.begin(try parameters.required("address", as: Address.self)) else {
        throw .refused("too many accounts are impersonated")
      }
      writer.null()
    }
    table.add(
      ["anvil_stopImpersonatingAccount", "hardhat_stopImpersonatingAccount"], .pooled,
      "Ends what `anvil_impersonateAccount` began.", parameters: [.required("address", "address")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      impersonation.end(try parameters.required("address", as: Address.self))
      writer.null()
    }
    table.add(
      ["anvil_autoImpersonateAccount"], .pooled, "Lets `eth_sendTransaction` send for every account, or no longer.",
      parameters: [.required("enabled", "boolean")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      impersonation.allowAll(try parameters.required("enabled", as: Bool.self))
      writer.null()
    }
  }

  private func account(_ address: Address) -> DevelopmentAccount? { accounts.first { $0.address == address } }

  /// The transaction that a request describes, with what it leaves open filled in, signed where the chain has the key.
  func unsigned(of value: JSONValue, _ context: RPCContext) throws(RPCError) -> RecoveredTransaction {
    var (transaction, sender) = try api.fill(
      value, chainID: chain.settings.chainID, defaultSender: accounts.first?.address, context)
    if let account = account(sender) {
      do throws(TransactionError) { transaction = try transaction.signed(with: account.key) } catch {
        throw .internalError("the transaction cannot be signed: \(error)")
      }
    } else if impersonation.allows(sender) {
      transaction = Impersonation.marked(transaction, of: sender)
    } else {
      throw .refused("No Signer available")
    }
    return RecoveredTransaction(.signed(transaction), sender: sender)
  }

  private func send(_ transaction: RecoveredTransaction) throws(RPCError) -> Bytes32 {
    let hash: Bytes32
    do throws(PoolRefusal) { hash = try chain.submit(transaction) } catch { throw .refused(error.description) }
    try changing { () throws(ChainError) in try miner.transactionsCame() }
    return hash
  }

  private func sign(_ message: [UInt8], by address: Address, _ writer: inout JSONWriter) throws(RPCError) {
    guard let account = account(address) else { throw .refused("unknown account") }
    let text = Array("\u{19}Ethereum Signed Message:\n\(message.count)".utf8) + message
    guard let signature = Secp256k1.sign(Keccak256.hash(text), with: account.key) else {
      throw .internalError("the message cannot be signed")
    }
    writer.data(signature.r.bytes + signature.s.bytes + [27 + signature.yParity])
  }
}
