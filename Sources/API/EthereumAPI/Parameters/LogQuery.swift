import JSON
import JSONRPC
import Primitives
import Transactions

/// A filter for logs: which blocks, which contracts, which topics.
struct LogQuery: RPCParameter, Sendable {
  enum Blocks: Equatable, Sendable {
    /// Both ends included; `nil` where the client names none.
    case range(from: BlockID?, to: BlockID?)
    case block(Bytes32)
  }

  /// Alternatives that a client may name in one place.
  private static let alternativesLimit = 1_000

  var blocks = Blocks.range(from: nil, to: nil)
  var filter = LogFilter()

  /// All logs of the newest block.
  init() {}

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected a filter object, found \(value.kind)") }
    var from: BlockID?
    var to: BlockID?
    var hash: Bytes32?
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch name {
      case "fromBlock": from = try BlockID(parameter: field)
      case "toBlock": to = try BlockID(parameter: field)
      case "blockHash": hash = try Bytes32(parameter: field)
      case "address": filter.addresses = try Self.oneOrMany(field)
      case "topics": filter.topics = try Self.topics(field)
      default: throw InvalidParameter("unknown field \(name.prefix(80))")
      }
    }
    if let hash {
      guard from == nil, to == nil else {
        throw InvalidParameter("cannot specify both blockHash and fromBlock/toBlock, choose one or the other")
      }
      blocks = .block(hash)
    } else {
      blocks = .range(from: from, to: to)
    }
  }

  /// Whether a block is among those that are asked for. Only fixed numbers restrict: a tag means something else at each poll.
  func isAbout(_ block: SealedHeader) -> Bool {
    switch blocks {
    case .block(let hash): return hash == block.hash
    case .range(let from, let to):
      if case .number(let first) = from, block.number < first { return false }
      if case .number(let last) = to, block.number > last { return false }
      return true
    }
  }

  private static func topics(_ value: JSONValue) throws(InvalidParameter) -> [[Bytes32]] {
    guard let positions = value.elements(atMost: 5) else {
      throw InvalidParameter("expected topics, found \(value.kind)")
    }
    guard positions.count <= 4 else { throw InvalidParameter("exceed max topics") }
    var topics: [[Bytes32]] = []
    for position in positions { topics.append(position.isNull ? [] : try oneOrMany(position)) }
    return topics
  }

  /// One value or an array of them. A null inside an array of topics means any, and so does the whole array then.
  private static func oneOrMany<T: RPCParameter>(_ value: JSONValue) throws(InvalidParameter) -> [T] {
    guard let elements = value.elements(atMost: alternativesLimit + 1) else { return [try T(parameter: value)] }
    guard elements.count <= alternativesLimit else { throw InvalidParameter("too many alternatives") }
    var values: [T] = []
    for element in elements {
      if element.isNull { return [] }
      values.append(try T(parameter: element))
    }
    return values
  }
}
