import DevelopmentL1
import Files
import Glibc
import Primitives
import StorageTesting
import Testing

@Suite("Development L1: durability")
struct DurabilityTests {
  /// What must be the same after a restart.
  private func look(_ l1: L1Fixture) async throws -> [String] {
    var seen: [String] = []
    for number in 0...(try await l1.head) {
      seen.append(try await l1.blockField("hash", number))
      seen.append(try await l1.balance(bob.address, at: Hex.quantity(number)).description)
    }
    return seen
  }

  @Test("A chain is continued after its process is killed: blocks, states, receipts, edits and clock")
  func killed() async throws {
    let folder = TemporaryDirectory()
    let clock = TestClock(start)
    var hash = "", before: [String] = []
    do {
      let l1 = try L1Fixture(in: folder.path, clock: clock)
      for _ in 0..<5 { hash = try await l1.send(value: 3) }
      try await l1.result("anvil_setBalance", #"["\#(bob.address)","0x1"]"#)
      try await l1.result("evm_increaseTime", "[600]")
      hash = try await l1.send()
      before = try await look(l1)
    }
    let l1 = try await L1Fixture.restarted(in: folder.path, clock: clock)
    #expect(try await look(l1) == before)
    #expect(try await l1.block(of: hash) == 6)
    #expect(try await l1.balance(bob.address) == 2)
    try await l1.result("evm_mine")
    #expect(try await l1.blockField("timestamp", 7) == Hex.quantity(start + 601))
  }

  @Test("States that are not in memory are made again from the journal, with and without states on the disk")
  func recovered() async throws {
    let folder = TemporaryDirectory()
    let adjust: (inout DevelopmentL1.Options) -> Void = {
      $0.chain.statesInMemory = 2
      $0.chain.blocksPerStateFile = 4
    }
    let l1 = try L1Fixture(in: folder.path, adjust)
    for _ in 0..<11 { _ = try await l1.send(value: 10) }
    try await l1.result("anvil_setBalance", #"["\#(alice.address)","0x1"]"#)
    for block in 0...11 as ClosedRange<UInt64> {
      #expect(try await l1.balance(bob.address, at: Hex.quantity(block)) == ether &* 1_000 &+ UInt256(block * 10))
    }
    #expect(TemporaryDirectory.list(folder.path).contains { $0.hasPrefix("state-") })
    // Whatever becomes of the states on the disk.
    for name in TemporaryDirectory.list(folder.path) where name.hasPrefix("state-") {
      try Files.write([1, 2, 3], to: folder.file(name))
    }
    #expect(try await l1.balance(bob.address, at: "0x3") == ether &* 1_000 &+ 30)
  }

  @Test("What was taken back stays taken back")
  func rewound() async throws {
    let folder = TemporaryDirectory()
    var before: [String] = []
    do {
      let l1 = try L1Fixture(in: folder.path)
      for _ in 0..<4 { _ = try await l1.send() }
      let id = try await l1.result("evm_snapshot").string ?? ""
      try await l1.result("anvil_setBalance", #"["\#(bob.address)","0x1"]"#)
      for _ in 0..<4 { _ = try await l1.send() }
      try await l1.result("evm_revert", #"["\#(id)"]"#)
      try await l1.result("anvil_reorg", #"[{"depth":2,"keep":true}]"#)
      try await l1.result("anvil_rollback")
      _ = try await l1.send(nonce: 3)
      before = try await look(l1)
    }
    #expect(try await look(try await .restarted(in: folder.path)) == before)
  }

  @Test("An entry that was cut off by a power failure ends the chain before it; the chain goes on", arguments: [1, 20])
  func torn(bytes: Int) async throws {
    let folder = TemporaryDirectory()
    do {
      let l1 = try L1Fixture(in: folder.path)
      for _ in 0..<3 { _ = try await l1.send() }
    }
    let path = folder.file("journal")
    #expect(truncate(path, off_t(Files.size(path) - bytes)) == 0)
    let l1 = try await L1Fixture.restarted(in: folder.path)
    #expect(try await l1.head == 2)
    _ = try await l1.send()
    #expect(try await l1.head == 3)
  }

  @Test("A journal that was damaged later is refused, with the place")
  func damaged() async throws {
    let folder = TemporaryDirectory()
    do {
      let l1 = try L1Fixture(in: folder.path)
      for _ in 0..<3 { _ = try await l1.send() }
    }
    let path = folder.file("journal")
    var bytes = try Files.read(path)
    bytes[bytes.count / 2] ^= 1
    try Files.write(bytes, to: path)
    await #expect { try await L1Fixture.restarted(in: folder.path) } throws: {
      "\($0)".contains("journal is damaged at byte")
    }
  }

  @Test("A folder of another chain, of something else, or in use is refused in one line")
  func foreign() async throws {
    let folder = TemporaryDirectory(), other = TemporaryDirectory()
    let first = try L1Fixture(in: folder.path)
    #expect { try L1Fixture(in: folder.path) } throws: { "\($0)".contains("in use by another process") }
    _ = consume first
    await #expect { try await L1Fixture.restarted(in: folder.path) { $0.chain.chainID = 9 } } throws: {
      "\($0)".contains("has the id 31337, not 9")
    }
    try Files.write("something else", to: other.file("journal"))
    #expect { try L1Fixture(in: other.path) } throws: { "\($0)".contains("no journal of a development L1") }
  }
}
