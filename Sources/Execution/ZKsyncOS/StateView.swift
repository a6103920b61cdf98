import Primitives

/// The state that a block or a simulation starts from: slot values by flat key, and the preimages of hashes stored in
/// them. A view is immutable; the values it gives are those after one particular block.
///
/// Implementations are called from the one thread that executes; nothing here needs a lock.
public protocol StateView {
  /// The value of the leaf `flatKey`, or nil where the tree has no such leaf. A leaf that was written with zero exists.
  func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32?

  /// The same of a slot whose account is known, which a view may want to know that hides an account's storage.
  func slot(_ flatKey: Bytes32, of account: UInt256) throws(StateReadError) -> Bytes32?

  /// The bytes that hash (BLAKE2s-256) to `hash`: 124 bytes of account properties, or code in its stored form.
  func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]?
}

extension StateView {
  public func slot(_ flatKey: Bytes32, of account: UInt256) throws(StateReadError) -> Bytes32? { try slot(flatKey) }

  /// The properties of an account; those of an account that does not exist are empty.
  public func account(_ address: Address) throws(StateReadError) -> AccountProperties {
    guard let hash = try slot(FlatKey.ofAccount(address)), !hash.isZero else { return .empty }
    guard let bytes = try preimage(hash), let properties = AccountProperties(encoded: bytes) else {
      throw StateReadError("the properties of account \(address) are missing or damaged")
    }
    return properties
  }
}

/// Storage failed under the state transition. The block stops cleanly and nothing of it survives.
public struct StateReadError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}
