import Primitives

/// The state after any block that is kept. Called on worker threads.
public protocol StateReader: Sendable {
  func balance(of address: Address, after block: UInt64) throws(ChainReadError) -> UInt256
  func nonce(of address: Address, after block: UInt64) throws(ChainReadError) -> UInt64
  func code(of address: Address, after block: UInt64) throws(ChainReadError) -> [UInt8]
  func storage(of address: Address, key: Bytes32, after block: UInt64) throws(ChainReadError) -> Bytes32
}
