import Primitives
import ZKsyncOS

/// The state of a checked chain, in memory.
struct MemoryState: StateView {
  var slots: [Bytes32: Bytes32] = [:]
  var preimages: [Bytes32: [UInt8]] = [:]

  func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32? { slots[flatKey] }
  func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? { preimages[hash] }

  /// Takes over what a block changed.
  mutating func apply(_ output: BlockOutput) {
    for write in output.storageWrites { slots[write.flatKey] = write.value }
    for preimage in output.publishedPreimages { preimages[preimage.hash] = preimage.bytes }
  }
}
