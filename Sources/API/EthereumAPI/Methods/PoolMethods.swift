// The mempool as a whole.

import Cryptography
import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addPoolMethods(to table: inout MethodTable) {
    table.add(
      "txpool_status", .inline, "How many transactions can be executed now, and how many wait for something.",
      result: "object with `pending` and `queued`"
    ) { [self] (_, _, writer) in
      let (pending, queued) = submitter.counts
      writer.beginObject()
      writer.key("pending")
      writer.quantity(pending)
      writer.key("queued")
      writer.quantity(queued)
      writer.endObject()
    }
    guard let pool = optional.pool else { return }
    let form = "object with `pending` and `queued`, of "
    table.add(
      "txpool_content", .heavy, "All transactions that wait, by sender and nonce.",
      result: form + "objects from addresses to objects from decimal nonces to transactions"
    ) { (_, context, writer) throws(RPCError) in
      try writer.pool(pool.content(of: nil), context) { $0.pendingTransaction($1) }
    }
    table.add(
      "txpool_contentFrom", .pooled, "The transactions of a sender that wait, by nonce.",
      parameters: [.required("address", "address")], result: form + "objects from decimal nonces to transactions"
    ) { (parameters, context, writer) throws(RPCError) in
      let sender = try parameters.required("address", as: Address.self)
      let content = pool.content(of: sender)
      writer.beginObject()
      for (name, transactions) in [("pending", content.pending), ("queued", content.queued)] {
        writer.key(name)
        let own = transactions.filter { $0.sender == sender }
        try writer.byNonce(own, context) { $0.pendingTransaction($1) }
      }
      writer.endObject()
    }
    table.add(
      "txpool_inspect", .heavy, "All transactions that wait, by sender and nonce, in a line of text each.",
      result: form + "objects from addresses to objects from decimal nonces to strings"
    ) { (_, context, writer) throws(RPCError) in
      try writer.pool(pool.content(of: nil), context) { $0.string(Self.summary(of: $1)) }
    }
  }

  /// In the words of geth.
  private static func summary(of transaction: RecoveredTransaction) -> String {
    guard case .signed(let signed) = transaction.transaction else { return "" }
    let target = signed.to?.checksummed ?? "contract creation"
    return "\(target): \(signed.value) wei + \(signed.gasLimit) gas × \(signed.maxFeePerGas) wei"
  }
}

extension JSONWriter {
  fileprivate typealias Item = (inout JSONWriter, RecoveredTransaction) -> Void

  /// What waits, by sender, whose text is the one with a checksum.
  fileprivate mutating func pool(
    _ content: PoolContent, _ context: RPCContext, _ write: Item
  ) throws(RPCError) {
    beginObject()
    for (name, transactions) in [("pending", content.pending), ("queued", content.queued)] {
      key(name)
      beginObject()
      let bySender = Dictionary(grouping: transactions, by: \.sender)
      for (sender, own) in bySender.sorted(by: { $0.key < $1.key }) {
        key(sender.checksummed)
        try byNonce(own, context, write)
      }
      endObject()
    }
    endObject()
  }

  fileprivate mutating func byNonce(
    _ transactions: [RecoveredTransaction], _ context: RPCContext, _ write: Item
  ) throws(RPCError) {
    beginObject()
    for transaction in transactions.sorted(by: { $0.nonce < $1.nonce }) {
      try context.checkCancellation()
      key(String(transaction.nonce))
      write(&self, transaction)
    }
    endObject()
  }
}
