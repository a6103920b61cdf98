import Cryptography
import Primitives
import ZKsyncOS

/// The state before a block as its traces show it, in the form of ZKsync OS. Whatever they mention has a leaf, even a
/// zero slot; nothing else has.
struct TracedState: StateView {
  private(set) var memory = MemoryState()
  private(set) var accounts: [Address: AccountProperties] = [:]

  init(_ block: MainnetBlock, _ version: ProtocolVersion) {
    for (address, trace) in block.before {
      var properties = AccountProperties(nonce: trace.nonce ?? 0, balance: trace.balance ?? .zero)
      if let code = trace.code, !code.isEmpty {
        let stored = StoredCode(code, version)
        memory.preimages[stored.hash] = stored.bytes
        properties.setCode(stored)
      }
      accounts[address] = properties
      memory.set(address, properties)
      for (key, value) in trace.storage { memory.slots[FlatKey.of(address, key)] = value }
    }
  }

  func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32? { try memory.slot(flatKey) }
  func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? { try memory.preimage(hash) }
}
