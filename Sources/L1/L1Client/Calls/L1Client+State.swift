import JSON
import JSONRPC
import L1Contracts
import Primitives

extension L1Client {
  /// What a function of a contract answers in the state after a block.
  public func read<Result>(
    _ call: ContractCall<Result>, at address: Address, block: L1BlockID = .latest
  ) async throws(L1Error) -> Result {
    try await simulate(call, at: address, from: nil, block: block)
  }

  /// What a call of a contract would answer, were it made by `sender`: `reverted` where it would be refused.
  public func simulate<Result>(
    _ call: ContractCall<Result>, at address: Address, from sender: Address?, block: L1BlockID = .latest
  ) async throws(L1Error) -> Result {
    let json: JSONValue
    do throws(L1Error) {
      json = try await self.call("eth_call") {
        $0.beginObject()
        if let sender {
          $0.key("from")
          $0.data(sender)
        }
        $0.key("to")
        $0.data(address)
        $0.key("data")
        $0.data(call.input)
        $0.endObject()
        block.write(to: &$0)
      }
    } catch {
      guard case .refused(let refusal) = error, let output = Self.revertOutput(refusal) else { throw error }
      throw .reverted(output)
    }
    guard let output = json.data else { throw .malformed("the output of a call that is no hex") }
    do { return try call.result(of: output) } catch { throw .malformed("\(address) answers with something else") }
  }

  /// Transactions that an account has sent: the nonce of its next. `pending` counts those that wait.
  public func transactionCount(of account: Address, _ block: L1BlockID) async throws(L1Error) -> UInt64 {
    try Self.number(
      try await call("eth_getTransactionCount") {
        $0.data(account)
        block.write(to: &$0)
      }, "a number of transactions")
  }

  /// Wei.
  public func balance(of account: Address, _ block: L1BlockID = .latest) async throws(L1Error) -> UInt256 {
    let json = try await call("eth_getBalance") {
      $0.data(account)
      block.write(to: &$0)
    }
    guard let balance = json.quantity else { throw .malformed("not a balance") }
    return balance
  }

  /// Empty where there is no contract.
  public func code(at address: Address, _ block: L1BlockID = .latest) async throws(L1Error) -> [UInt8] {
    let json = try await call("eth_getCode") {
      $0.data(address)
      block.write(to: &$0)
    }
    guard let code = json.data else { throw .malformed("not a contract's code") }
    return code
  }

  /// The output of a reverted call: geth's code 3 with data; Nethermind puts it behind a word, and some nodes say no more
  /// than that there was one.
  private static func revertOutput(_ error: RPCError) -> [UInt8]? {
    let saysSo = error.message.contains("revert") || error.message.contains("Revert")
    guard error.code == 3 || saysSo else { return nil }
    switch error.data {
    case .bytes(let output): return output
    case .text(let text): return text.split(separator: " ").last.flatMap { Hex.decode(String($0)) } ?? []
    case .retry, nil: return []
    }
  }
}
