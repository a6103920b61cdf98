import JSON
import JSONRPC
import Primitives

/// Which block a client means: a tag, a number, or a hash (EIP-1898).
public enum BlockID: Equatable, Sendable, RPCParameter {
  case latest
  case pending
  case safe
  case finalized
  case earliest
  /// The newest of a rollup, as clients of Era name it.
  case committed
  /// The newest whose batch is committed on L1.
  case committedOnL1
  case number(UInt64)
  case hash(Bytes32)

  public init(parameter value: JSONValue) throws(InvalidParameter) {
    switch value.kind {
    case .string:
      if let tag = Self.tag(value) {
        self = tag
      } else if let hash = value.bytes32 {
        self = .hash(hash)
      } else if let number = value.quantity {
        guard let small = UInt64(exactly: number) else { throw InvalidParameter("block number larger than 64 bits") }
        self = .number(small)
      } else {
        throw InvalidParameter("expected a block tag, a hexadecimal number or a hash")
      }
    case .number:
      self = .number(try UInt64(parameter: value))
    case .object:
      let hash = value["blockHash"].flatMap { $0.isNull ? nil : $0 }
      let number = value["blockNumber"].flatMap { $0.isNull ? nil : $0 }
      switch (hash, number) {
      case (let hash?, nil): self = .hash(try Bytes32(parameter: hash))
      case (nil, let number?): self = try BlockID(parameter: number)
      case (_?, _?): throw InvalidParameter("cannot specify both blockHash and blockNumber, choose one or the other")
      case (nil, nil): throw InvalidParameter("expected blockHash or blockNumber")
      }
    default: throw InvalidParameter("expected a block, found \(value.kind)")
    }
  }

  private static func tag(_ value: JSONValue) -> BlockID? {
    switch value.string {
    case "latest": .latest
    case "pending": .pending
    case "safe": .safe
    case "finalized": .finalized
    case "earliest": .earliest
    case "committed": .committed
    case "l1_committed": .committedOnL1
    default: nil
    }
  }
}
