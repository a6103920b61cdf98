import Ethereum
import EthereumAPI
import Primitives

/// States after blocks, the pending one included, as the API reads them and proves what is in them.
struct StateReading: StateReader, AccountProver {
  let chain: DevelopmentChain

  func balance(of address: Address, after block: UInt64) throws(ChainReadError) -> UInt256 {
    try state(after: block).account(address)?.balance ?? .zero
  }

  func nonce(of address: Address, after block: UInt64) throws(ChainReadError) -> UInt64 {
    try state(after: block).nonce(of: address)
  }

  func code(of address: Address, after block: UInt64) throws(ChainReadError) -> [UInt8] {
    try state(after: block).account(address).map { Array($0.code.bytes) } ?? []
  }

  func storage(of address: Address, key: Bytes32, after block: UInt64) throws(ChainReadError) -> Bytes32 {
    Bytes32(try state(after: block).storage(address, UInt256(key)))
  }

  func prove(
    _ address: Address, slots: [Bytes32], after block: UInt64
  ) throws(ChainReadError) -> MerkleAccountProof {
    let state = try state(after: block)
    let account = state.account(address)
    return MerkleAccountProof(
      balance: account?.balance ?? .zero, nonce: account?.nonce ?? 0,
      codeHash: account?.codeHash ?? Account.emptyCodeHash,
      storageHash: account?.storageRoot ?? MerklePatriciaTrie.emptyRoot, accountProof: state.proof(of: address),
      slots: slots.map { key in
        let slot = UInt256(key)
        return MerkleAccountProof.Slot(
          key: key, value: state.storage(address, slot), proof: state.proof(of: slot, in: address))
      })
  }

  /// The state after a block or, with the number after the head's, after the pending one.
  func state(after number: UInt64) throws(ChainReadError) -> StateTrie {
    if number == chain.head.number &+ 1 { return chain.pending().state }
    let state: StateTrie?
    do throws(ChainError) { state = try chain.state(after: number) } catch { throw .failed("\(error)") }
    guard let state else { throw .stateNotAvailable(block: number) }
    return state
  }
}
