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
    case .unsupportedType(let type): "transaction type not supported: \(Self.phrase(type))"
    case .malformed(let error): "rlp: \(error)"
    case .invalidField(let name): "invalid transaction field: \(name)"
    case .unsupportedFeature(let name): "\(name) are not supported"
    case .invalidSignature: "invalid transaction v, r, s values"
    }
  }

  /// What a type stands for that is refused.
  private static func phrase(_ type: UInt8) -> String {
    switch type {
    case SignedTransaction.Kind.blob.rawValue: "0x03, blob transactions (EIP-4844)"
    case SignedTransaction.Kind.setCode.rawValue: "0x04, authorizations (EIP-7702)"
    case SignedTransaction.Kind.typedData.rawValue: "0x71, EIP-712 transactions of ZKsync"
    case L1Request.priorityEnvelopeType, L1Request.upgradeEnvelopeType, L1Request.Kind.priority.rawValue,
      L1Request.Kind.upgrade.rawValue:
      "\(Hex.encode([type])), which only L1 can request"
    default: Hex.encode([type])
    }
  }
}

/// Runs an RLP reading and gives its error the type of this module.
@inline(__always)
func reading<T>(_ body: () throws(RLPError) -> T) throws(TransactionError) -> T {
  do throws(RLPError) { return try body() } catch { throw .malformed(error) }
}
