import JSON
import Primitives

/// What became of a transaction on L1.
public struct L1Receipt: Sendable, Equatable {
  public var transactionHash: Bytes32
  public var succeeded: Bool
  public var blockNumber: UInt64
  public var blockHash: Bytes32
  public var gasUsed: UInt64
  /// Wei per gas.
  public var effectiveGasPrice: UInt256
  public var logs: [L1Log]

  /// Reads a receipt of `eth_getTransactionReceipt`.
  init(_ json: JSONValue) throws(L1Error) {
    guard let transactionHash = json["transactionHash"]?.bytes32, let status = json["status"]?.quantity64, status <= 1,
      let number = json["blockNumber"]?.quantity64, let hash = json["blockHash"]?.bytes32,
      let gasUsed = json["gasUsed"]?.quantity64, let list = json["logs"], list.kind == .array
    else { throw .malformed("a receipt without status or place") }
    self.transactionHash = transactionHash
    succeeded = status == 1
    blockNumber = number
    blockHash = hash
    self.gasUsed = gasUsed
    effectiveGasPrice = json["effectiveGasPrice"]?.quantity ?? .zero
    var logs: [L1Log] = []
    try list.forEachElement { (element) throws(L1Error) in logs.append(try L1Log(element)) }
    self.logs = logs
  }
}
