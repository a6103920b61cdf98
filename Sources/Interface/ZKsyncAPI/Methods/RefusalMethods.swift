// What became of a transaction that is in no block.

import EthereumAPI
import JSON
import JSONRPC
import Mempool
import Primitives

extension ZKsyncAPI {
  func addRefusalMethods(to table: inout MethodTable) {
    table.add(
      "zkos_getRefusal", .inline,
      "Why a transaction that the node had taken left the mempool without a block, or what it waits for.",
      parameters: [.required("hash", "32 bytes")],
      result: "refusal, or null where nothing is known: the newest 16,384 of the last hour are remembered",
      differences:
        "No other node has it. `kind` is `execution`, `replaced`, `evicted` or `expired`, or `waiting` for a transaction "
        + "whose turn cannot come, as an earlier nonce of its sender was refused; `reason` says more, `secondsAgo` when."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      if let refusal = mempool.refusal(of: hash) {
        write(refusal, kind: refusal.reason.kind.rawValue, reason: refusal.reason.description, to: &writer)
      } else if let blocker = mempool.blocker(of: hash) {
        write(blocker, kind: "waiting", reason: blocker.reasonForLaterNonces, to: &writer)
      } else {
        writer.null()
      }
    }
  }

  private func write(_ refusal: Refusal, kind: String, reason: String, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("hash")
    writer.data(refusal.hash)
    writer.key("from")
    writer.data(refusal.sender)
    writer.key("nonce")
    writer.quantity(refusal.nonce)
    writer.key("kind")
    writer.string(kind)
    writer.key("reason")
    writer.string(reason)
    writer.key("secondsAgo")
    writer.quantity(mempool.age(of: refusal) / 1_000)
    writer.endObject()
  }
}
