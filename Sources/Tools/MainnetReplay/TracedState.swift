import Cryptography
import Primitives
import ZKsyncOS

/// The state before a block as its traces show it, in the form of ZKsync OS. Whatever they mention has a leaf, even a
/// zero slot; nothing else has.
struct TracedState: StateView {
  private(set) var slots: [Bytes32: Bytes32] = [:]
  private(set) var preimages: [Bytes32: [UInt8]] = [:]
  private(set) var accounts: [Address: AccountProperties] = [:]

  init(_ block: MainnetBlock, _ version: ProtocolVersion) {
    for (address, trace) in block.before {
      var properties = AccountProperties(nonce: trace.nonce ?? 0, balance: trace.balance ?? .zero)
      if let code = trace.code, !code.isEmpty {
        let stored = StoredCode(code, version)
        preimages[stored.hash] = stored.bytes
        properties.versioning = AccountProperties.deployedEVM
        properties.bytecodeHash = stored.hash
        properties.codeLength = UInt32(code.count)
        properties.artifactsLength = UInt32(stored.artifactsLength)
        properties.observableBytecodeHash = stored.observableHash
        properties.observableCodeLength = UInt32(code.count)
      }
      accounts[address] = properties
      preimages[properties.hash()] = properties.encode()
      slots[FlatKey.ofAccount(address)] = properties.hash()
      for (key, value) in trace.storage { slots[FlatKey.of(address, key)] = value }
    }
  }

  func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32? { slots[flatKey] }
  func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? { preimages[hash] }
}
