import EthereumAPI
import Primitives
import Synchronization

/// The blocks that a chain for development has taken back, for those who had seen them.
final class DroppedBlocks: ReorganisationHistory {
  /// As many as can be taken back at once.
  private static let most = Int(NodeSnapshots.reach) * 2

  private let state = Mutex<(blocks: [Bytes32: DroppedBlock], order: [Bytes32])>(([:], []))

  func add(_ block: DroppedBlock) {
    state.withLock { state in
      if state.blocks.updateValue(block, forKey: block.header.hash) == nil { state.order.append(block.header.hash) }
      if state.order.count > Self.most { state.blocks[state.order.removeFirst()] = nil }
    }
  }

  func droppedBlock(hash: Bytes32) -> DroppedBlock? { state.withLock { $0.blocks[hash] } }
}
