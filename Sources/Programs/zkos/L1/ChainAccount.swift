import ArgumentParser
import JSON
import JSONRPC
import L1Contracts
import Primitives
import Transactions

/// An account of a chain, of either layer, that sends one transaction after the other and waits for each.
struct ChainAccount {
  let client: JSONRPCClient
  let chainID: UInt64
  private(set) var wallet: Wallet

  /// Milliseconds between two looks for a receipt, and how many: ten minutes.
  private static let pollInterval = 100, polls = 6_000

  init(_ client: JSONRPCClient, _ wallet: Wallet) async throws(RPCClientError) {
    self.client = client
    self.wallet = wallet
    guard let chainID = try await client.call("eth_chainId").quantity64 else {
      throw .malformed("the node does not say its chain id")
    }
    self.chainID = chainID
    let address = wallet.address
    let nonce = try await client.call("eth_getTransactionCount") {
      $0.data(address)
      $0.string("pending")
    }.quantity64
    guard let nonce else { throw .malformed("the node does not say the nonce of \(address)") }
    self.wallet.nonce = nonce
  }

  /// Creates a contract; its address.
  mutating func create(_ initCode: [UInt8]) async throws(RPCClientError) -> Address {
    let receipt = try await submit(to: nil, initCode)
    guard let address = receipt["contractAddress"]?.address else {
      throw .malformed("a receipt without the address of the contract")
    }
    return address
  }

  mutating func send(to: Address, value: UInt256 = .zero, _ input: [UInt8] = []) async throws(RPCClientError) {
    _ = try await submit(to: to, value: value, input)
  }

  /// What a call of a function answers at the newest block.
  func read<Result>(_ call: ContractCall<Result>, at address: Address) async throws(RPCClientError) -> Result {
    let output = try await client.call("eth_call") {
      $0.beginObject()
      $0.key("to")
      $0.data(address)
      $0.key("data")
      $0.data(call.input)
      $0.endObject()
      $0.string("latest")
    }.data
    do { return try call.result(of: output ?? []) } catch { throw .malformed("\(address) answers with something else") }
  }

  /// Sends a transaction with a fifth more gas than the node estimates, and waits until it is in a block.
  private mutating func submit(
    to: Address?, value: UInt256 = .zero, _ input: [UInt8]
  ) async throws(RPCClientError) -> JSONValue {
    let sender = wallet.address
    let estimate = try await client.call("eth_estimateGas") {
      $0.beginObject()
      $0.key("from")
      $0.data(sender)
      if let to {
        $0.key("to")
        $0.data(to)
      }
      $0.key("value")
      $0.quantity(value)
      $0.key("data")
      $0.data(input)
      $0.endObject()
    }.quantity64
    let price = try await client.call("eth_gasPrice").quantity
    let tip = try await client.call("eth_maxPriorityFeePerGas").quantity
    guard let estimate, let price, let tip else { throw .malformed("the node does not say gas and price") }
    let transaction = SignedTransaction(
      kind: .dynamicFee, chainID: chainID, nonce: wallet.nonce, gasLimit: estimate + estimate / 5,
      maxFeePerGas: price &* 2 &+ tip, maxPriorityFeePerGas: tip, to: to, value: value, input: input)
    let signed: SignedTransaction
    do { signed = try transaction.signed(with: wallet.key) } catch { throw .malformed("the key does not sign") }
    wallet.nonce += 1
    _ = try await client.call("eth_sendRawTransaction") { $0.data(signed.envelope) }
    return try await receipt(of: signed.hash)
  }

  private func receipt(of hash: Bytes32) async throws(RPCClientError) -> JSONValue {
    for _ in 0..<Self.polls {
      let receipt = try await client.call("eth_getTransactionReceipt") { $0.data(hash) }
      if !receipt.isNull {
        guard receipt["status"]?.quantity64 == 1 else { throw .malformed("transaction \(hash) failed") }
        return receipt
      }
      try? await Task.sleep(for: .milliseconds(Self.pollInterval))
    }
    throw .malformed("transaction \(hash) is in no block after ten minutes")
  }
}
