// The mempool as a whole.

import JSON
import JSONRPC

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
  }
}
