import Primitives

/// A state held in memory whole, for benchmarks, checks and tests.
public struct MemoryState: StateView, Sendable {
  /// Values by flat key.
  public var slots: [Bytes32: Bytes32]
  /// Encoded properties of accounts and stored code, by their BLAKE2s-256 hashes.
  public var preimages: [Bytes32: [UInt8]]

  public init(slots: [Bytes32: Bytes32] = [:], preimages: [Bytes32: [UInt8]] = [:]) {
    self.slots = slots
    self.preimages = preimages
  }

  public func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32? { slots[flatKey] }

  public func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? { preimages[hash] }

  public mutating func set(_ address: Address, _ properties: AccountProperties) {
    let hash = properties.hash()
    slots[FlatKey.ofAccount(address)] = hash
    preimages[hash] = properties.encode()
  }

  /// Takes over what a block changed.
  public mutating func apply(_ output: BlockOutput) {
    for write in output.storageWrites { slots[write.flatKey] = write.value }
    for preimage in output.publishedPreimages { preimages[preimage.hash] = preimage.bytes }
  }
}
