import JSON
import L1Contracts
import Primitives

/// L1 as the node asks it: the few methods of Ethereum's JSON-RPC that it needs, typed.
public struct L1Client: Sendable {
  let transport: any L1Transport

  public init(_ transport: any L1Transport) { self.transport = transport }

  public func chainID() async throws(L1Error) -> UInt64 {
    guard let id = try await transport.call("eth_chainId", { _ in }).quantity64 else {
      throw .malformed("no chain id")
    }
    return id
  }

  /// A block without its transactions; `nil` where there is none, or none yet under that tag.
  public func block(_ id: L1BlockID) async throws(L1Error) -> L1Block? {
    let json = try await transport.call("eth_getBlockByNumber") {
      id.write(to: &$0)
      $0.boolean(false)
    }
    return json.isNull ? nil : try L1Block(json)
  }

  /// What a function of a contract answers in the state after a block.
  public func read<Result>(
    _ call: ContractCall<Result>, at address: Address, block: L1BlockID = .latest
  ) async throws(L1Error) -> Result {
    let output = try await transport.call("eth_call") {
      $0.beginObject()
      $0.key("to")
      $0.data(address)
      $0.key("data")
      $0.data(call.input)
      $0.endObject()
      block.write(to: &$0)
    }.data
    guard let output else { throw .malformed("the output of a call that is no hex") }
    do { return try call.result(of: output) } catch { throw .malformed("\(address) answers with something else") }
  }
}
