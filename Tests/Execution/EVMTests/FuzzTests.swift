// Random bytecode: nothing traps, limits hold, and single steps do what the loop does.

import EVM
import EVMTesting
import Primitives
import RandomTesting
import Testing

/// Counts events; makes the machine go step by step.
private struct CountingTracer: Tracer {
  var open = 0
  var deepest = 0
  var steps = 0
  var isBalanced = true

  static var isActive: Bool { true }
  static var observesSteps: Bool { true }

  mutating func willStep(_ frame: FrameView, world: some WorldReader) {
    steps += 1
    if frame.stack.count > 1024 || frame.gas < 0 || frame.depth != open { isBalanced = false }
  }
  mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}
  mutating func enter(_ event: FrameEvent, world: some WorldReader) {
    open += 1
    deepest = max(deepest, open)
    if event.gas < 0 { isBalanced = false }
  }
  mutating func leave(_ end: FrameEnd, world: some WorldReader) {
    open -= 1
    if end.gasUsed < 0 { isBalanced = false }
  }
  mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}
}

@Suite("Random bytecode")
struct FuzzTests {
  /// Operands that hit edges more often than chance would.
  static func operand(_ random: inout SplitMix64) -> [UInt8] {
    switch UInt64.random(in: 0..<8, using: &random) {
    case 0: return [0x5f]
    case 1, 2, 3: return [0x60, UInt8.random(in: 0...96, using: &random)]
    case 4: return [0x61, UInt8.random(in: 0...255, using: &random), UInt8.random(in: 0...255, using: &random)]
    case 5: return [0x7f] + (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    case 6: return [0x67] + (0..<8).map { _ in [0, 0xff, 0x7f, 0x80].randomElement(using: &random)! }
    default: return [0x7f] + (0..<32).map { _ in [0, 0xff].randomElement(using: &random)! }
    }
  }

  /// Pure noise, or operands followed by instructions that take them.
  static func program(_ random: inout SplitMix64) -> [UInt8] {
    if Bool.random(using: &random) {
      return (0..<Int.random(in: 0...120, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
    let assigned = Opcode.allCases.filter { $0.immediateCount == 0 && $0.rawValue != 0xfe && isKnown($0) }
    var code: [UInt8] = [0x5b]
    for _ in 0..<Int.random(in: 1...60, using: &random) {
      for _ in 0..<Int.random(in: 0...4, using: &random) { code += operand(&random) }
      switch UInt64.random(in: 0..<12, using: &random) {
      case 0: code += [0x5f, 0x57]
      case 1: code += [0x5f, 0x5f, 0x5f, 0x5f, 0x5f] + [0x60, UInt8.random(in: 1...12, using: &random), 0x5a, 0xf1]
      case 2: code += [0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf4]
      case 3: code += [0x36, 0x5f, 0x5f, 0x37, 0x36, 0x5f, 0x5f, 0xf0]
      default: code.append(assigned.randomElement(using: &random)!.rawValue)
      }
    }
    return code
  }

  private static let known = Set(Opcode.allCases.filter(\.isAssigned))
  static func isKnown(_ opcode: Opcode) -> Bool { known.contains(opcode) }

  @Test("plain Ethereum: the loop and single steps end alike", arguments: 0..<8 as Range<UInt64>)
  func ethereum(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let revisions: [Revision] = [
      .frontier, .tangerineWhistle, .byzantium, .constantinople, .istanbul, .london, .cancun, .cancun,
    ]
    let machine = VirtualMachine(rules: EthereumRules(revisions[Int(seed)]))
    for round in 0..<250 {
      let code = Self.program(&random)
      let input = (0..<Int.random(in: 0...64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      let gas = Int64.random(in: 0...[300, 60_000, 400_000].randomElement(using: &random)!, using: &random)
      func host() -> EthereumHost<MemoryState> {
        var state = MemoryState()
        state[contract] = MemoryAccount(balance: word("1000"), nonce: 1, code: code, storage: [.one: word("3")])
        state.beginTransaction()
        return EthereumHost(revision: machine.rules.revision, state: state)
      }
      let message = Message(address: contract, caller: sender, value: word("3"), input: input)
      var (plain, stepped) = (host(), host())
      var (first, second) = (Meter(gas: gas), Meter(gas: gas))
      let result = machine.execute(message, code: Code(code), meter: &first, host: &plain)
      var tracer = CountingTracer()
      let again = machine.execute(message, code: Code(code), meter: &second, host: &stepped, tracer: &tracer)
      let label = "seed \(seed), round \(round): \(Hex.encode(code))"
      #expect(result == again, "\(label)")
      #expect(first == second, "\(label)")
      #expect(plain.state.world.accounts == stepped.state.world.accounts, "\(label)")
      #expect(plain.state.world.logs == stepped.state.world.logs, "\(label)")
      #expect(plain.refund == stepped.refund, "\(label)")
      #expect(tracer.isBalanced && tracer.open == 0 && tracer.deepest <= 1024, "\(label)")
      #expect(first.gas >= 0 && first.gas <= gas, "\(label)")
    }
  }

  @Test("ZKsync OS: the loop and single steps end alike, to the unit of native", arguments: 0..<6 as Range<UInt64>)
  func zksync(seed: UInt64) {
    var random = SplitMix64(seed: 100 + seed)
    let machine = VirtualMachine(
      rules: ZKsyncRules(storesJumpDestinations: seed & 1 == 1, provesWordWidth: seed & 2 == 2))
    for round in 0..<250 {
      let code = Self.program(&random)
      let gas = Int64.random(in: 0...400_000, using: &random)
      let native = UInt64.random(in: 0...[20_000, 3_000_000, 1 << 36].randomElement(using: &random)!, using: &random)
      var host = ZKsyncTestHost()
      host[contract] = MemoryAccount(balance: word("1000"), nonce: 1, code: code, storage: [.one: word("3")])
      host.original = host.world.accounts
      let message = Message(address: contract, caller: sender)
      var (plain, stepped) = (host, host)
      var first = Meter(gas: gas, fraction: UInt8(truncatingIfNeeded: seed), native: native)
      var second = first
      let result = machine.execute(message, code: Code(code), meter: &first, host: &plain)
      var tracer = CountingTracer()
      let again = machine.execute(message, code: Code(code), meter: &second, host: &stepped, tracer: &tracer)
      let label = "seed \(seed), round \(round): \(Hex.encode(code))"
      #expect(result == again, "\(label)")
      #expect(first.gas == second.gas && first.fraction == second.fraction, "\(label)")
      if result.status.fatal == nil {
        #expect(first.native == second.native && first.native <= native, "\(label)")
        #expect(plain.world.accounts == stepped.world.accounts, "\(label)")
        #expect(tracer.open == 0, "\(label)")
      }
      #expect(tracer.isBalanced, "\(label)")
    }
  }
}

@Suite("Code")
struct CodeTests {
  @Test("jump destinations are the JUMPDEST bytes outside of immediates")
  func jumpDestinations() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<200 {
      let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
        [0x5b, 0x60, 0x61, 0x7f, 0x00].randomElement(using: &random)! as UInt8
      }
      var expected = Set<Int>()
      var index = 0
      while index < bytes.count {
        if bytes[index] == 0x5b { expected.insert(index) }
        index += 1 + Opcode(byte: bytes[index]).immediateCount
      }
      let code = Code(bytes)
      #expect(Array(code.bytes) == bytes)
      for offset in -1...bytes.count + 40 { #expect(code.isJumpDestination(offset) == expected.contains(offset)) }
    }
  }

  @Test("the cache loads once, stays within its budget, and keeps what is used")
  func cache() throws {
    let cache = CodeCache(capacity: 10_000)
    let hot = keccak([0xff])
    var loads = 0
    for round in 0..<200 {
      let code = cache.code(hot) {
        loads += 1
        return [0xff]
      }
      #expect(Array(code.bytes) == [0xff])
      let cold = cache.code(keccak([UInt8(round)] + [1])) { [UInt8](repeating: UInt8(round), count: 1000) }
      #expect(cold.count == 1000)
      #expect(cache.count <= 9)
    }
    #expect(loads == 1)
  }

  @Test("a failing loader is not cached")
  func failingLoader() throws {
    struct Missing: Error {}
    let cache = CodeCache()
    let key = keccak([])
    #expect(throws: Missing.self) { try cache.code(key) { throw Missing() } }
    #expect(cache.count == 0)
    #expect(cache.code(key) { [1] }.count == 1)
  }
}
