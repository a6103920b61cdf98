// Giving accounts something.

import ChainStorage
import EthereumAPI
import JSON
import JSONRPC
import L1Contracts
import Primitives
import Sequencer
import Transactions
import ZKsyncOS

extension DevelopmentMethods {
  /// Enough for an account with code that takes the transfer.
  private static let giftGas: UInt64 = 1_000_000
  /// How often something else may change the accounts meanwhile.
  private static let attempts = 8

  func addBalanceMethods(to table: inout MethodTable) {
    table.add(
      ["anvil_setBalance", "hardhat_setBalance"], .heavy,
      "Gives an account what it lacks: a block with a transfer from the account that a local chain funds, which proofs can "
        + "show. What that account itself has waiting comes first.",
      parameters: [.required("address", "address"), .required("balance", "quantity, wei")], result: "null",
      refusals: [
        .init(-32_000, "the account has more: nothing takes it away, short of the account's own transfer"),
        .init(-32_000, "the account's code does not take the transfer"),
      ]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      try setBalance(of: address, to: try parameters.required("balance", as: UInt256.self), context)
      writer.null()
    }
  }

  private func setBalance(of address: Address, to wanted: UInt256, _ context: RPCContext) throws(RPCError) {
    guard let payer else { throw .refused("this chain has no account that could give anything") }
    for _ in 0..<Self.attempts {
      try context.checkCancellation()
      let balance = try account(address).balance
      if balance == wanted { return }
      guard balance < wanted else {
        throw .refused(
          "\(address) owns \(balance) wei: a balance goes up only, by a transfer, as what no transaction did could not be proved; send the rest away from the account itself"
        )
      }
      guard address != payer.address else {
        throw .refused("\(address) is the account that gives, and cannot give itself anything")
      }
      let giver = try account(payer.address)
      let gift = wanted &- balance
      guard gift < giver.balance else { throw .refused("\(payer.address), which gives, owns \(giver.balance) wei") }
      // A transaction of the same nonce would be gone.
      if !sequencer.pool.content(of: payer.address).executable.isEmpty {
        try make(BlockOrder(), context)
        continue
      }
      var order = BlockOrder()
      order.transactions = [try transfer(gift, to: address, from: payer, nonce: giver.nonce)]
      do throws(RPCError) { try make(order, context) } catch {
        // A block that was made meanwhile may have taken the nonce.
        guard try account(payer.address).nonce != giver.nonce else { throw error }
        continue
      }
      if try account(address).balance == balance {
        throw .refused("the code of \(address) does not take the transfer")
      }
    }
    throw .refused("other transactions change the accounts all the time")
  }

  private func account(_ address: Address) throws(RPCError) -> AccountProperties {
    let state = sequencer.chain.storage.state
    do { return try state.view(at: state.latest).account(address) } catch {
      throw .internalError("the state cannot be read: \(error)")
    }
  }

  private func transfer(
    _ value: UInt256, to address: Address, from payer: DevelopmentAccount, nonce: UInt64
  ) throws(RPCError) -> RecoveredTransaction {
    let options = sequencer.options
    let feeCap = max(10_000, UInt256(sequencer.nextBaseFee) &* 4)
    let transaction = SignedTransaction(
      kind: .dynamicFee, chainID: options.chainID, nonce: nonce, gasLimit: Self.giftGas, maxFeePerGas: feeCap,
      maxPriorityFeePerGas: .zero, to: address, value: value, input: [])
    do throws(TransactionError) {
      return RecoveredTransaction(.signed(try transaction.signed(with: payer.key)), sender: payer.address)
    } catch {
      throw .internalError("the transfer cannot be signed: \(error)")
    }
  }
}
