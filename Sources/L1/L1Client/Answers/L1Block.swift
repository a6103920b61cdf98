import JSON
import Primitives

/// A block of L1 as a call names it.
public enum L1BlockID: Sendable, Hashable {
  case number(UInt64)
  case latest, safe, finalized, pending

  func write(to writer: inout JSONWriter) {
    switch self {
    case .number(let number): writer.quantity(number)
    case .latest: writer.string("latest" as StaticString)
    case .safe: writer.string("safe" as StaticString)
    case .finalized: writer.string("finalized" as StaticString)
    case .pending: writer.string("pending" as StaticString)
    }
  }
}

/// What the node needs to know of a block of L1.
public struct L1Block: Sendable, Hashable {
  public var number: UInt64
  public var hash: Bytes32
  public var parentHash: Bytes32
  /// Seconds since 1970.
  public var timestamp: UInt64
  /// Wei per gas (EIP-1559); zero on a chain without.
  public var baseFee: UInt256

  public init(number: UInt64, hash: Bytes32, parentHash: Bytes32, timestamp: UInt64, baseFee: UInt256) {
    self.number = number
    self.hash = hash
    self.parentHash = parentHash
    self.timestamp = timestamp
    self.baseFee = baseFee
  }

  /// Reads a block of `eth_getBlockByNumber`.
  init(_ json: JSONValue) throws(L1Error) {
    guard let number = json["number"]?.quantity64,
      // No chain gets there; whoever computes with it need not fear for the next.
      number < 1 << 62, let hash = json["hash"]?.bytes32,
      let parentHash = json["parentHash"]?.bytes32, let timestamp = json["timestamp"]?.quantity64
    else { throw .malformed("a block without number, hashes or time") }
    self.init(
      number: number, hash: hash, parentHash: parentHash, timestamp: timestamp,
      baseFee: json["baseFeePerGas"]?.quantity ?? .zero)
  }
}
