import JSON
import Primitives

extension L1Client {
  /// Gives a signed transaction to the node; its hash, as the node calls it.
  public func sendRawTransaction(_ envelope: [UInt8]) async throws(L1Error) -> Bytes32 {
    guard let hash = try await call("eth_sendRawTransaction", { $0.data(envelope) }).bytes32 else {
      throw .malformed("no hash of a transaction")
    }
    return hash
  }

  /// `nil` while the transaction is in no block.
  public func receipt(of hash: Bytes32) async throws(L1Error) -> L1Receipt? {
    let json = try await call("eth_getTransactionReceipt") { $0.data(hash) }
    if json.isNull { return nil }
    let receipt = try L1Receipt(json)
    guard receipt.transactionHash == hash else { throw .malformed("the receipt of another transaction") }
    return receipt
  }
}
