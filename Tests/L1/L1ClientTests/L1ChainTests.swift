import Batches
import JSONRPC
import L1Client
import L1Contracts
import L1Testing
import Primitives
import Testing

@Suite("Finding the contracts on L1")
struct L1ChainTests {
  private let key = L1Chain.Key(
    l2ChainID: TestL1.l2ChainID, bridgehub: L1Genesis.bridgehub, storedBatchZero: StoredBatchInfo.ofEmptyChain.hash)

  private func failure(_ l1: TestL1, _ change: (inout L1Chain.Key) -> Void = { _ in }) async -> L1DiscoveryError? {
    var key = key
    change(&key)
    do throws(L1DiscoveryError) {
      _ = try await L1Chain.discover(key, on: l1.client)
      return nil
    } catch { return error }
  }

  @Test("The bridgehub's address is enough")
  func found() async throws {
    let l1 = try TestL1(), parts = try l1.deployment
    let chain = try await L1Chain.discover(key, on: l1.client)
    #expect(chain.l1ChainID == TestL1.chainID && chain.l2ChainID == TestL1.l2ChainID)
    #expect(chain.contract == parts.chain && chain.chainTypeManager == parts.chainTypeManager)
    #expect(chain.validatorTimelock == parts.validatorTimelock)
  }

  @Test("Each thing that may be wrong is told apart")
  func wrong() async throws {
    let l1 = try TestL1()
    #expect(await failure(l1) { $0.bridgehub = Address(7) } == .noBridgehub(Address(7), l1ChainID: TestL1.chainID))
    #expect(await failure(l1) { $0.l2ChainID = 271 } == .unknownChain(271, bridgehub: key.bridgehub))
    let other = Bytes32(7 as UInt256)
    #expect(
      await failure(l1) { $0.storedBatchZero = other } == .foreignGenesis(key.storedBatchZero, expected: other))
    let validium = Hex.encode(ChainCall.getPubdataPricingMode.input)
    l1.intercept { method, parameters in
      guard method == "eth_call", parameters.elements?.first?["data"]?.string == validium else { return nil }
      return .answers("\"\(Bytes32(1 as UInt256))\"")
    }
    #expect(await failure(l1) == .notARollup(mode: 1))
    l1.intercept { _, _ in .fails(.timedOut) }
    #expect(await failure(l1) == .l1(.timedOut))
    #expect(await failure(l1)?.isAbsence == true)
  }
}
