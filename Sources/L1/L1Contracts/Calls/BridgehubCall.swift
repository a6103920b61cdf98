import Primitives

/// Calls of the bridgehub, the entrance from L1.
///
/// Source: era-contracts `bridgehub/IBridgehub.sol`.
public enum BridgehubCall {
  /// The contract of a chain, the zero address where there is none.
  public static func getZKChain(_ chainID: UInt64) -> ContractCall<Address> {
    ContractCall("getZKChain(uint256)") { $0.append(chainID) }
  }

  public static func chainTypeManager(_ chainID: UInt64) -> ContractCall<Address> {
    ContractCall("chainTypeManager(uint256)") { $0.append(chainID) }
  }

  /// The asset router, under its older name.
  public static let sharedBridge = ContractCall<Address>("sharedBridge()")

  /// Wei that a request with `gasLimit` costs in an L1 transaction with `gasPrice`.
  public static func l2TransactionBaseCost(
    _ chainID: UInt64, gasPrice: UInt256, gasLimit: UInt64, gasPerPubdata: UInt64
  ) -> ContractCall<UInt256> {
    ContractCall("l2TransactionBaseCost(uint256,uint256,uint256,uint256)") {
      $0.append(chainID)
      $0.append(gasPrice)
      $0.append(gasLimit)
      $0.append(gasPerPubdata)
    }
  }

  /// Asks for a transaction on L2; its answer is the hash that the transaction will have there. `mintValue` must come
  /// with the call.
  ///
  /// - Parameter refundRecipient: who gets what is left; zero for the sender.
  public static func requestL2TransactionDirect(
    _ chainID: UInt64, mintValue: UInt256, to: Address, value: UInt256, input: [UInt8], gasLimit: UInt64,
    gasPerPubdata: UInt64 = 800, refundRecipient: Address = .zero
  ) -> ContractCall<Bytes32> {
    ContractCall(
      "requestL2TransactionDirect((uint256,uint256,address,uint256,bytes,uint256,uint256,bytes[],address))"
    ) {
      $0.appendTuple { request in
        request.append(chainID)
        request.append(mintValue)
        request.append(to)
        request.append(value)
        request.append(bytes: input)
        request.append(gasLimit)
        request.append(gasPerPubdata)
        request.appendArray(count: 0) { _ in }
        request.append(refundRecipient)
      }
    }
  }
}
