import JSON
import Primitives
import Transactions

/// A log and its place on L1.
public struct L1Log: Sendable, Equatable {
  public var log: Log
  public var blockNumber: UInt64
  public var blockHash: Bytes32
  public var transactionHash: Bytes32
  /// Among the logs of its block.
  public var index: UInt64

  public init(log: Log, blockNumber: UInt64, blockHash: Bytes32, transactionHash: Bytes32, index: UInt64) {
    self.log = log
    self.blockNumber = blockNumber
    self.blockHash = blockHash
    self.transactionHash = transactionHash
    self.index = index
  }

  /// Reads a log of `eth_getLogs` or of a receipt.
  init(_ json: JSONValue) throws(L1Error) {
    guard let address = json["address"]?.address, let data = json["data"]?.data,
      // At most four by the EVM.
      let topics = json["topics"]?.elements(atMost: 5)?.compactMap(\.bytes32), topics.count <= 4,
      let number = json["blockNumber"]?.quantity64, let hash = json["blockHash"]?.bytes32,
      let transaction = json["transactionHash"]?.bytes32, let index = json["logIndex"]?.quantity64,
      json["removed"]?.boolean != true
    else { throw .malformed("a log without its content or its place") }
    self.init(
      log: Log(address: address, topics: topics, data: data), blockNumber: number, blockHash: hash,
      transactionHash: transaction, index: index)
  }
}
