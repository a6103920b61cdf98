import JSON
import Primitives

/// A transaction as a node of L1 knows it.
public struct L1Transaction: Sendable, Equatable {
  public var hash: Bytes32
  public var sender: Address
  public var nonce: UInt64
  /// `nil` where it creates a contract.
  public var to: Address?
  public var input: [UInt8]
  /// Wei per gas; the gas price of a transaction without fee market.
  public var maxFeePerGas: UInt256
  /// Wei per gas; the gas price of a transaction without fee market.
  public var maxPriorityFeePerGas: UInt256
  /// `nil` while it waits.
  public var blockNumber: UInt64?

  /// Reads a transaction of `eth_getTransactionByHash`.
  init(_ json: JSONValue) throws(L1Error) {
    guard let hash = json["hash"]?.bytes32, let sender = json["from"]?.address, let nonce = json["nonce"]?.quantity64,
      let input = json["input"]?.data,
      let fee = json["maxFeePerGas"]?.quantity ?? json["gasPrice"]?.quantity
    else { throw .malformed("a transaction without sender, nonce or fee") }
    self.hash = hash
    self.sender = sender
    self.nonce = nonce
    to = json["to"]?.address
    self.input = input
    maxFeePerGas = fee
    maxPriorityFeePerGas = json["maxPriorityFeePerGas"]?.quantity ?? fee
    blockNumber = json["blockNumber"]?.quantity64
  }
}
