import DevelopmentL1
import Primitives
import Testing

@Suite("Development L1: time")
struct TimeTests {
  private func mined(_ l1: L1Fixture) async throws -> UInt64 {
    try await l1.result("evm_mine")
    let field = try await l1.blockField("timestamp", try await l1.head)
    return try #require(UInt64(field.dropFirst(2), radix: 16))
  }

  @Test("Blocks have the system's time, and each a later one than the block before")
  func clock() async throws {
    let l1 = try L1Fixture()
    #expect(try await mined(l1) == start + 1)
    #expect(try await mined(l1) == start + 2)
    l1.clock.advance(by: 100)
    #expect(try await mined(l1) == start + 100)
  }

  @Test("Time jumps add up, and say how far the chain is ahead")
  func jumps() async throws {
    let l1 = try L1Fixture()
    #expect(try await l1.result("evm_increaseTime", "[1000]").integer == 1_000)
    #expect(try await l1.result("evm_increaseTime", #"["0x64"]"#).integer == 1_100)
    #expect(try await mined(l1) == start + 1_100)
    #expect(try await l1.error("evm_increaseTime", #"["0xffffffffffffffff"]"#).contains("timestamps end"))
  }

  @Test("The next block's time can be set, and the clock goes on from it")
  func next() async throws {
    let l1 = try L1Fixture()
    try await l1.result("evm_setNextBlockTimestamp", "[\(start + 5_000)]")
    #expect(try await mined(l1) == start + 5_000)
    l1.clock.advance(by: 7)
    #expect(try await mined(l1) == start + 5_007)
    #expect(try await l1.error("evm_setNextBlockTimestamp", "[\(start)]").contains("lower than or equal"))
  }

  @Test("The clock can be set, back too, in seconds and in milliseconds")
  func set() async throws {
    let l1 = try L1Fixture()
    #expect(try await l1.result("evm_setTime", "[\(start + 60)]").integer == 60)
    #expect(try await mined(l1) == start + 60)
    #expect(try await l1.result("evm_setTime", "[\((start + 90) * 1_000)]").integer == 30)
    #expect(try await mined(l1) == start + 90)
    #expect(try await l1.result("evm_setTime", "[\(start)]").integer == -90)
    // A block is never earlier than the one before.
    #expect(try await mined(l1) == start + 91)
  }

  @Test("Times stay within what a number holds, however far apart blocks are asked for")
  func farApart() async throws {
    let l1 = try L1Fixture()
    #expect(try await l1.error("anvil_mine", #"["0x2","0xffffffffffffffff"]"#).contains("a century apart"))
    try await l1.result("anvil_setBlockTimestampInterval", #"["0x4000000000000000"]"#)
    for _ in 0..<6 { _ = try await mined(l1) }
    #expect(try await l1.head == 6)
  }

  @Test("Blocks can have a fixed step")
  func step() async throws {
    let l1 = try L1Fixture()
    try await l1.result("anvil_setBlockTimestampInterval", "[12]")
    #expect(try await mined(l1) == start + 12)
    #expect(try await mined(l1) == start + 24)
    #expect(try await l1.result("anvil_removeBlockTimestampInterval").boolean == true)
    #expect(try await l1.result("anvil_removeBlockTimestampInterval").boolean == false)
  }
}
