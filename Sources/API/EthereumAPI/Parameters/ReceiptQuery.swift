import JSON
import JSONRPC
import Primitives

/// Whose receipts a subscription is about (geth, `eth/filters`, `TransactionReceiptsQuery`).
struct ReceiptQuery: RPCParameter {
  /// As many as geth lets a subscription name.
  private static let limit = 200

  /// None for all transactions.
  var hashes: Set<Bytes32> = []

  init() {}

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected a receipt filter, found \(value.kind)") }
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      guard name == "transactionHashes" else { throw InvalidParameter("unknown field \(name.prefix(80))") }
      if field.isNull { return }
      guard let elements = field.elements(atMost: Self.limit + 1) else {
        throw InvalidParameter("expected an array of hashes, found \(field.kind)")
      }
      guard elements.count <= Self.limit else { throw InvalidParameter("more than \(Self.limit) transaction hashes") }
      for element in elements { hashes.insert(try Bytes32(parameter: element)) }
    }
  }
}
