import JSON
import Primitives

extension L1Client {
  /// A block without its transactions; `nil` where there is none, or none yet under that tag.
  public func block(_ id: L1BlockID) async throws(L1Error) -> L1Block? {
    let json = try await call("eth_getBlockByNumber") {
      id.write(to: &$0)
      $0.boolean(false)
    }
    return json.isNull ? nil : try L1Block(json)
  }

  /// The logs of one contract in a range of blocks, whose first topic is one of `topics`, in their order.
  ///
  /// Nodes refuse ranges with too many logs, each with words of its own: whoever asks tries again with a shorter one.
  public func logs(
    of address: Address, topics: [Bytes32], _ blocks: ClosedRange<UInt64>
  ) async throws(L1Error) -> [L1Log] {
    let json = try await call("eth_getLogs") {
      $0.beginObject()
      $0.key("address")
      $0.data(address)
      $0.key("fromBlock")
      $0.quantity(blocks.lowerBound)
      $0.key("toBlock")
      $0.quantity(blocks.upperBound)
      $0.key("topics")
      $0.beginArray()
      $0.beginArray()
      for topic in topics { $0.data(topic) }
      $0.endArray()
      $0.endArray()
      $0.endObject()
    }
    guard json.kind == .array else { throw .malformed("no array of logs") }
    var logs: [L1Log] = []
    try json.forEachElement { (element) throws(L1Error) in
      let log = try L1Log(element)
      guard log.log.address == address, let topic = log.log.topics.first, topics.contains(topic),
        blocks.contains(log.blockNumber)
      else { throw .malformed("a log that nobody asked for") }
      logs.append(log)
    }
    return logs
  }

  /// What gas cost in the last blocks.
  ///
  /// - Parameter percentile: of the tips of each block, by gas, from 0 to 100.
  public func feeHistory(blocks: UInt64, percentile: Int) async throws(L1Error) -> L1FeeHistory {
    let json = try await call("eth_feeHistory") {
      $0.quantity(blocks)
      $0.string("latest" as StaticString)
      $0.beginArray()
      $0.number(percentile)
      $0.endArray()
    }
    return try L1FeeHistory(json)
  }
}
