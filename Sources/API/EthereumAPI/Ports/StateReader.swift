import Primitives

/// The state after any block that is kept. Called on worker threads, but for ``residentAccount(_:after:)``.
public protocol StateReader: Sendable {
  func balance(of address: Address, after block: UInt64) throws(ChainReadError) -> UInt256
  func nonce(of address: Address, after block: UInt64) throws(ChainReadError) -> UInt64
  func code(of address: Address, after block: UInt64) throws(ChainReadError) -> [UInt8]
  func storage(of address: Address, key: Bytes32, after block: UInt64) throws(ChainReadError) -> Bytes32
  /// Balance and nonce of an account where they are in memory; `nil` where they are not. Called on event loops.
  func residentAccount(_ address: Address, after block: UInt64) -> (balance: UInt256, nonce: UInt64)?
}

extension StateReader {
  public func residentAccount(_ address: Address, after block: UInt64) -> (balance: UInt256, nonce: UInt64)? { nil }
}
