import Primitives
import ZKsyncOS

/// A state in memory: what a node's caches are at their best.
struct BenchmarkState: StateView {
  private(set) var slots: [Bytes32: Bytes32] = [:]
  private(set) var preimages: [Bytes32: [UInt8]] = [:]

  func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32? { slots[flatKey] }
  func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? { preimages[hash] }

  mutating func add(_ address: Address, _ properties: AccountProperties) {
    let hash = properties.hash()
    slots[FlatKey.ofAccount(address)] = hash
    preimages[hash] = properties.encode()
  }

  /// Adds a contract.
  mutating func add(_ address: Address, code: [UInt8], _ version: ProtocolVersion) {
    let stored = StoredCode(code, version)
    preimages[stored.hash] = stored.bytes
    add(
      address,
      AccountProperties(
        versioning: AccountProperties.deployedEVM, nonce: 1, bytecodeHash: stored.hash,
        codeLength: UInt32(code.count), artifactsLength: UInt32(stored.artifactsLength),
        observableBytecodeHash: stored.observableHash, observableCodeLength: UInt32(code.count)))
  }

  mutating func apply(_ output: BlockOutput) {
    for write in output.storageWrites { slots[write.flatKey] = write.value }
    for preimage in output.publishedPreimages { preimages[preimage.hash] = preimage.bytes }
  }
}
