import Primitives

/// Why bytes are no transaction, or a transaction has no sender.
public enum TransactionError: Error, Equatable, Sendable {
  /// No bytes at all.
  case empty
  /// A type byte that no supported envelope has.
  case unsupportedType(UInt8)
  /// The payload is no canonical RLP of the type's fields.
  case malformed(RLPError)
  /// A field with a value that the type does not allow, named as in the EIP.
  case invalidField(String)
  /// Something that the type allows and no chain of ours has, in the plural.
  case unsupportedFeature(String)
  /// r or s out of range, a high s, an impossible v, or a signature that belongs to no key.
  case invalidSignature
}

extension TransactionError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty: "typed transaction too short"
    case .unsupportedType: "transaction type not supported"
    case .malformed(let error): "rlp: \(error)"
    case .invalidField(let name): "invalid transaction field: \(name)"
    case .unsupportedFeature(let name): "\(name) are not supported"
    case .invalidSignature: "invalid transaction v, r, s values"
    }
  }
}

/// Runs an RLP reading and gives its error the type of this module.
@inline(__always)
func reading<T>(_ body: () throws(RLPError) -> T) throws(TransactionError) -> T {
  do throws(RLPError) { return try body() } catch { throw .malformed(error) }
}
