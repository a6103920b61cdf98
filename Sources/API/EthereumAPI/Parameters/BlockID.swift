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
      } else {
        self = .number(try Self.number(value))
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

  private static func number(_ value: JSONValue) throws(InvalidParameter) -> UInt64 {
    let number: UInt256
    do throws(HexFault) { number = try value.readQuantity() } catch {
      if error == .missingPrefix { throw InvalidParameter("expected a block tag, a hexadecimal number or a hash") }
      throw InvalidParameter("block: \(error)")
    }
    // The reference takes no digits for zero elsewhere, but not here.
    if value.string?.utf8.count == 2 { throw InvalidParameter("block: hex string \"0x\"") }
    guard let small = UInt64(exactly: number) else { throw InvalidParameter("block number larger than 64 bits") }
    return small
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
