// The estimate of a proving run's cycles, without a guest: what it counts, and that it counts alike however a block came
// to be. How it compares with real guests, the tests of the guest check tell.

import Primitives
import Testing
import Transactions
import ZKsyncOS

@Suite("Estimates of cycles")
struct CycleModelTests {
  @Test("an empty block has a price, every transaction adds to it", arguments: ProtocolVersion.allCases)
  func growth(_ version: ProtocolVersion) throws {
    var executor = try Fixture(version).executor()
    let empty = executor.totals.cycles
    #expect(empty > 200_000)
    #expect(empty == CycleModel.of(version).cycles(executor.totals.work))
    #expect(try executor.execute(Fixture.signed(to: .filled(0x77), value: 1)).result != nil)
    let first = executor.totals.cycles
    #expect(first > empty + 300_000)
    // Alone, it would be this very block.
    #expect(executor.lastTransactionCycles == first)
    #expect(try executor.execute(Fixture.signed(nonce: 1, to: .filled(0x77), value: 1)).result != nil)
    // The second finds everything loaded and noted, but would not if it were alone.
    #expect(executor.totals.cycles - first < first - empty)
    #expect(executor.lastTransactionCycles > empty + (executor.totals.cycles - first))
    #expect(executor.totals.work[.transaction] == 2 && executor.totals.work[.signature] == 2)
  }

  /// keccak256(0, words(0)) as often as words(1) says.
  private static let hashing = "6000355b600190036020355f205f55806100035700"

  @Test("hashing for little gas is seen to reach what provers take", arguments: ProtocolVersion.allCases)
  func hashing(_ version: ProtocolVersion) throws {
    var fixture = Fixture(version)
    let contract = Address.filled(0x66)
    fixture.state.setCode(contract, try #require(Hex.decode(Self.hashing)), version)
    var executor = try fixture.executor()
    let outcome = try executor.execute(
      Fixture.signed(gas: 3_000_000, to: contract, data: UInt256(270).bytes + UInt256(32_768).bytes))
    let result = try #require(outcome.result)
    #expect(result.succeeded && result.gasUsed < 2_000_000)
    // 270 hashes of 241 permutations, each of which takes more than 17,000 cycles.
    #expect(executor.totals.work[.keccakBlock] >= 270 * 241)
    #expect(executor.totals.cycles > 1 << 30)
    #expect(executor.lastTransactionCycles > 1 << 30)
  }

  @Test("what is refused leaves no trace in the totals")
  func refusals() throws {
    let fixture = Fixture()
    func block(refusing: Bool) throws -> BlockTotals {
      var executor = try fixture.executor()
      for nonce in 0..<4 as Range<UInt64> {
        if refusing {
          // The sender and its slots are loaded, then the nonce is found to be wrong.
          #expect(try executor.execute(Fixture.signed(nonce: nonce + 7, value: 1)).rejection != nil)
        }
        #expect(
          try executor.execute(Fixture.signed(nonce: nonce, to: .filled(UInt8(0x70 + nonce / 2)), value: 1)).result
            != nil)
      }
      return executor.totals
    }
    #expect(try block(refusing: true) == block(refusing: false))
  }

  @Test("a deployment that lacks its gas, and a modexp that runs out of native, are not taken for work")
  func unspent() throws {
    var fixture = Fixture()
    let contract = Address.filled(0x66)
    // A call of 0x05 with the calldata, which asks for far more than 2^36 native.
    let code: [UInt8] = [0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x60, 0x05, 0x5a, 0xfa, 0x00]
    fixture.state.setCode(contract, code, .current)
    var executor = try fixture.executor()
    let deployment = try #require(try executor.execute(Fixture.signed(gas: 45_000, to: nil, data: [0x00])).result)
    #expect(!deployment.succeeded)
    #expect(executor.lastTransactionCycles < 2_000_000)
    let size = UInt256(1_000).bytes
    let power = try #require(
      try executor.execute(
        Fixture.signed(
          nonce: 1, gas: 60_000_000, to: contract, data: size + size + size + [UInt8](repeating: 0xff, count: 3_000))
      ).result)
    #expect(!power.succeeded && power.gasUsed == 60_000_000)
    #expect(executor.lastTransactionCycles < 4_000_000)
  }

  @Test("amounts beyond all reason saturate")
  func saturation() {
    var work = ProvingWork()
    work[.native] = .max
    #expect(CycleModel.of(.current).cycles(work) == .max)
    #expect(CycleModel(cycles: [.block: 2]).cycles(work) == 0)
  }
}
