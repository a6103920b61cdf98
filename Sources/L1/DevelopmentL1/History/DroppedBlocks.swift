import EthereumAPI
import Primitives

/// Blocks that were part of the chain and are no more, for those who had seen them: the newest, within a bound.
struct DroppedBlocks: Sendable {
  private static let countLimit = 4_096
  private static let logLimit = 200_000

  private var blocks: [Bytes32: DroppedBlock] = [:]
  private var order: [Bytes32] = []
  private var logs = 0

  func block(_ hash: Bytes32) -> DroppedBlock? { blocks[hash] }

  mutating func insert(_ block: DroppedBlock) {
    guard blocks.updateValue(block, forKey: block.header.hash) == nil else { return }
    order.append(block.header.hash)
    logs += block.logCount
    while order.count > Self.countLimit || logs > Self.logLimit, order.count > 1 {
      if let oldest = blocks.removeValue(forKey: order.removeFirst()) { logs -= oldest.logCount }
    }
  }
}

extension DroppedBlock {
  fileprivate var logCount: Int { receipts.reduce(0) { $0 + $1.receipt.logs.count } }
}
