// The reference interpreter and the block interpreter end alike on every program, to the unit of gas and native.

import EVM
import EVMTesting
import Primitives
import RandomTesting
import Testing

@Suite("Two interpreters")
struct TierTests {
  /// For the code to compare with the reference interpreter: blocks are translated at once, or in the middle of a run.
  static func policy(_ round: Int) -> TranslationPolicy {
    round % 4 == 3 ? .after(arrivals: UInt8(1 + round / 4 % 3)) : .atOnce
  }

  static func code(_ round: Int, _ random: inout SplitMix64, _ revision: Revision) -> [UInt8] {
    round % 8 == 0 ? FuzzTests.program(&random) : StructuredProgram.make(&random, revision)
  }

  @Test("plain Ethereum", arguments: 0..<10 as Range<UInt64>)
  func ethereum(seed: UInt64) {
    var random = SplitMix64(seed: 1000 + seed)
    let revisions: [Revision] = [
      .frontier, .tangerineWhistle, .byzantium, .constantinople, .istanbul, .london, .shanghai, .cancun, .cancun,
      .cancun,
    ]
    let machine = VirtualMachine(rules: EthereumRules(revisions[Int(seed)]))
    var ended: [String: Int] = [:]
    for round in 0..<800 {
      let code = Self.code(round, &random, machine.rules.revision)
      let input = (0..<Int.random(in: 0...96, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      let gas = Int64.random(in: 0...[2000, 60_000, 300_000, 300_000].randomElement(using: &random)!, using: &random)
      func outcome(_ policy: TranslationPolicy) -> (ExecutionResult, Meter, EthereumHost<MemoryState>) {
        var state = MemoryState()
        state[contract] = MemoryAccount(balance: word("1000"), nonce: 1, code: code, storage: [.one: word("3")])
        state.beginTransaction()
        state.translation = policy
        var host = EthereumHost(revision: machine.rules.revision, state: state)
        var meter = Meter(gas: gas)
        let message = Message(address: contract, caller: sender, value: word("3"), input: input)
        let code = Code(code, translation: policy)
        let result = machine.execute(message, code: code, meter: &meter, host: &host)
        // The comparison is one of two interpreters.
        #expect(policy != .atOnce || code.translationSize > 0)
        #expect(policy != .never || code.translationSize == 0)
        return (result, meter, host)
      }
      let reference = outcome(.never)
      let blocks = outcome(Self.policy(round))
      let label = "seed \(seed), round \(round), gas \(gas): \(Hex.encode(code))"
      #expect(reference.0 == blocks.0, "\(label)")
      #expect(reference.1 == blocks.1, "\(label)")
      #expect(reference.2.state.world.accounts == blocks.2.state.world.accounts, "\(label)")
      #expect(reference.2.state.world.logs == blocks.2.state.world.logs, "\(label)")
      #expect(reference.2.refund == blocks.2.refund, "\(label)")
      ended["\(reference.0.status)", default: 0] += 1
    }
    // The programs are worth something: some end well, and failures are of several kinds.
    #expect(ended["returned", default: 0] + ended["stopped", default: 0] > 40, "\(ended)")
    #expect(ended.count >= 5, "\(ended)")
  }

  @Test("ZKsync OS", arguments: 0..<8 as Range<UInt64>)
  func zksync(seed: UInt64) {
    var random = SplitMix64(seed: 2000 + seed)
    let machine = VirtualMachine(
      rules: ZKsyncRules(storesJumpDestinations: seed & 1 == 1, provesWordWidth: seed & 2 == 2))
    for round in 0..<800 {
      let code = Self.code(round, &random, .cancun)
      let gas = Int64.random(in: 0...[5000, 400_000].randomElement(using: &random)!, using: &random)
      let native = UInt64.random(
        in: 0...[20_000, 300_000, 3_000_000, 1 << 36].randomElement(using: &random)!, using: &random)
      var host = ZKsyncTestHost()
      host[contract] = MemoryAccount(balance: word("1000"), nonce: 1, code: code, storage: [.one: word("3")])
      host.original = host.world.accounts
      func outcome(_ policy: TranslationPolicy) -> (ExecutionResult, Meter, ZKsyncTestHost) {
        var host = host
        host.translation = policy
        var meter = Meter(gas: gas, fraction: UInt8(truncatingIfNeeded: seed), native: native)
        let message = Message(address: contract, caller: sender)
        let code = Code(code, translation: policy)
        let result = machine.execute(message, code: code, meter: &meter, host: &host)
        // The comparison is one of two interpreters.
        #expect(policy != .atOnce || code.translationSize > 0 || result.status.fatal != nil)
        #expect(policy != .never || code.translationSize == 0)
        return (result, meter, host)
      }
      let reference = outcome(.never)
      let blocks = outcome(Self.policy(round))
      let label = "seed \(seed), round \(round), gas \(gas), native \(native): \(Hex.encode(code))"
      #expect(reference.0 == blocks.0, "\(label)")
      #expect(reference.1 == blocks.1, "\(label)")
      #expect(reference.2.world.accounts == blocks.2.world.accounts, "\(label)")
    }
  }

  private func execute(_ code: Code, gas: Int64 = 1_000_000) -> ExecutionResult {
    var state = MemoryState()
    state.beginTransaction()
    var host = EthereumHost(revision: .cancun, state: state)
    var meter = Meter(gas: gas)
    return VirtualMachine(rules: EthereumRules(.cancun)).execute(
      Message(address: contract, caller: sender), code: code, meter: &meter, host: &host)
  }

  @Test("code that loops is translated in its first run, and goes on where it stands")
  func loop() {
    let code = Code(assemble("0 JUMPDEST 1 ADD DUP1 5000 GT 2 JUMPI" + returnTop))
    let result = execute(code)
    #expect(result.output == word("5000").bytes)
    #expect(code.translationSize > 0)
  }

  @Test("code that runs once is not translated, code that runs often is")
  func activations() {
    let code = Code(assemble("1 2 ADD" + returnTop))
    #expect(execute(code).output == word("3").bytes)
    #expect(code.translationSize == 0)
    for _ in 0..<100 { #expect(execute(code).output == word("3").bytes) }
    #expect(code.translationSize > 0)
  }

  @Test("code with more blocks than can be numbered goes on in the reference interpreter")
  func manyBlocks() {
    // Computed jumps to 40,000 destinations, each of which jumps back to the loop at 2.
    var code = assemble("0 JUMPDEST 4 ADD DUP1 160000 LT 20 JUMPI DUP1 100 ADD JUMP JUMPDEST" + returnTop)
    code += [UInt8](repeating: 0, count: 104 - code.count)
    code += [[UInt8]](repeating: assemble("JUMPDEST 2 JUMP"), count: 40_000).joined()
    let numbered = Code(code, translation: .atOnce)
    #expect(execute(numbered, gas: 10_000_000).output == word("160004").bytes)
    #expect(execute(Code(code, translation: .never), gas: 10_000_000).output == word("160004").bytes)
    #expect(numbered.translationSize > 2_000_000)
  }

  @Test("threads run a code while its blocks are translated, and end alike")
  func threads() async {
    var random = SplitMix64(seed: 3000)
    for _ in 0..<60 {
      let bytes = StructuredProgram.make(&random, .cancun)
      let expected = execute(Code(bytes, translation: .never), gas: 300_000)
      let shared = Code(bytes, translation: .after(arrivals: 1))
      await withTaskGroup(of: ExecutionResult.self) { group in
        for _ in 0..<4 {
          group.addTask {
            var result = execute(shared, gas: 300_000)
            for _ in 0..<8 { result = execute(shared, gas: 300_000) }
            return result
          }
        }
        for await result in group { #expect(result == expected, "\(Hex.encode(bytes))") }
      }
      #expect(shared.translationSize > 0)
    }
  }

  @Test("translations stay within the budget of the cache, and go with their code")
  func budget() {
    let cache = CodeCache(capacity: 30_000)
    for round in 0..<300 {
      let label = assemble("\(round)").count
      let looping = assemble("\(round) JUMPDEST 1 ADD DUP1 5000 GT \(label) JUMPI STOP")
      let first = cache.code(keccak(looping)) { looping }
      #expect(execute(first).status == .stopped)
      #expect(cache.translationBytes <= 30_000)
      #expect(cache.count < 120)
    }
    #expect(cache.translationBytes > 0)
  }
}
