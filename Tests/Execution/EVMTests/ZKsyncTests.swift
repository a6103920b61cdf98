// ZKsync OS rules: native totals, the order of charges, and what is not as on Ethereum.

import EVM
import EVMTesting
import Foundation
import Primitives
import Testing
import Tracers

private struct ZKRun {
  var status: FrameStatus
  var output: [UInt8]
  var gas: Int64
  var native: UInt64

  var word: UInt256 { UInt256(bigEndianBytes: Array((output + [UInt8](repeating: 0, count: 32)).prefix(32)))! }
}

private let plenty: UInt64 = 1 << 36

/// Runs code at `contract`, which is warm and cached. `native` is without the analysis of the code.
private func zkRun(
  _ code: [UInt8], rules: ZKsyncRules = ZKsyncRules(), gas: Int64 = 10_000_000, native: UInt64 = plenty,
  accounts: [Address: MemoryAccount] = [:], cached: Set<Address> = [], isStatic: Bool = false
) -> ZKRun {
  var host = ZKsyncTestHost()
  host.world.accounts = accounts
  host[contract].code = code
  host.original = host.world.accounts
  host.cachedAddresses = cached.union([contract, sender])
  host.cachedCode = [code]
  host.world.warmAddresses = host.cachedAddresses
  let analysis = rules.analysisNative(count: code.count, isConstructor: false)
  var meter = Meter(gas: gas, native: native + analysis)
  let result = VirtualMachine(rules: rules).execute(
    Message(address: contract, caller: sender, isStatic: isStatic), code: Code(code), meter: &meter, host: &host)
  return ZKRun(
    status: result.status, output: result.output, gas: gas - meter.gas,
    native: native &+ analysis &- meter.native &- analysis)
}

private func zkRun(_ text: String, gas: Int64 = 10_000_000, native: UInt64 = plenty) -> ZKRun {
  zkRun(assemble(text), gas: gas, native: native)
}

@Suite("ZKsync OS rules")
struct ZKsyncTests {
  @Test("steps and instructions cost native beside Cancun's gas")
  func nativeTotals() {
    // PUSH1 60, PUSH2 120, PUSH32 300, STEP 20 each.
    let cases: [(String, Int64, UInt64)] = [
      ("STOP", 0, 20), ("1 2 ADD", 9, 80 + 80 + 160 + 20),
      ("7 JUMPDEST POP", 3 + 1 + 2, 80 + 60 + 60 + 20), ("256 2 EXP", 6 + 110, 140 + 80 + 20 + 700 + 10_000 + 20),
      ("0 0 EXP", 16, 160 + 20 + 700 + 20), ("GAS PC MSIZE", 6, 80 + 60 + 60 + 20),
      ("5 0 MSTORE", 6 + 6, 160 + 270 + 35 + 32 + 20), ("0 0 KECCAK256", 36, 160 + 20 + 90 + 20),
      ("32 0 KECCAK256", 6 + 36 + 3, 160 + 20 + 90 + 35 + 32 + 20_000 + 20),
      ("33 0 0 CALLDATACOPY", 9 + 9 + 6, 240 + 20 + 180 + 33 + 35 + 64 + 20),
      ("33 0 0 MCOPY", 9 + 9 + 6, 240 + 20 + 80 + 33 + 35 + 64 + 20),
      ("7 5 0 LOG1", 9 + 750 + 40 + 3, 240 + 70 + 35 + 32 + 6000 + 200 + 10 + 20),
      ("0 TLOAD", 103, 80 + 20 + 4100 + 20), ("1 0 TSTORE", 106, 160 + 20 + 4100 + 20),
      ("SELFBALANCE", 5, 80 + 20), ("0 BLOBHASH", 6, 80 + 60 + 20), ("32 0 RETURN", 9, 160 + 60 + 35 + 32),
      ("0 BLOCKHASH DUP1 SWAP1", 3 + 20 + 6, 80 + 80 + 80 + 110 + 20),
    ]
    for (code, gas, native) in cases {
      let run = zkRun(code)
      #expect(run.status.succeeded)
      #expect(run.gas == gas, "\(code)")
      #expect(run.native == native, "\(code)")
    }
  }

  @Test("storage and account totals of the storage model")
  func stateTotals() {
    let base: UInt64 = 20
    let slots = MemoryAccount(storage: [.zero: .one])
    func native(_ code: String, _ account: MemoryAccount = MemoryAccount()) -> UInt64 {
      zkRun(assemble(code), accounts: [contract: account]).native - base
    }
    #expect(native("0 SLOAD", slots) == 80 + 125_240)
    #expect(native("0 SLOAD") == 80 + 246_360)
    #expect(native("0 SLOAD 0 SLOAD", slots) == 160 + 125_240 + 4120)
    #expect(native("1 0 SSTORE") == 160 + 367_160)
    #expect(native("2 0 SSTORE", slots) == 160 + 175_800)
    #expect(native("2 0 SSTORE 3 0 SSTORE", slots) == 320 + 175_800 + 54_680)
    #expect(native("0 SLOAD POP 1 0 SSTORE") == 80 + 246_360 + 60 + 160 + 124_920)
    #expect(native("CALLER BALANCE") == 80 + 4080)
    #expect(native("ADDRESS EXTCODESIZE") == 80 + 4580)
    #expect(zkRun("1 0 SSTORE").gas == 22_106)
    #expect(zkRun("0xdead BALANCE").native == 140 + 80 + 250_240 + base)
  }

  @Test("calls: warm account, warm contract, first call in the block, value, precompile")
  func callTotals() {
    let pushes: UInt64 = 5 * 80 + 140 + 80
    let call = assemble("0 0 0 0 0 0xbeef GAS CALL")
    let beef = Address(0xbeef)
    let empty = zkRun(call, cached: [beef])
    #expect(empty.native == pushes + 5520 + 20)
    let warm = MemoryAccount(code: [0, 0, 0])
    var first = zkRun(call, accounts: [beef: warm])
    // The callee: 6 native a byte, and its STOP.
    #expect(first.native == pushes + 20 + 1500 + 131_100 + 1300 + 340 + 18 + 20 + 20)
    first = zkRun(assemble("0 0 0 0 0 0xbeef GAS CALL POP 0 0 0 0 0 0xbeef GAS CALL"), accounts: [beef: warm])
    #expect(first.native == 2 * pushes + 20 + 1500 + 131_100 + 1300 + 340 + 18 + 20 + 60 + 6020 + 18 + 20 + 20)
    let value = zkRun(
      assemble("0 0 0 0 1 0xbeef GAS CALL"), accounts: [contract: MemoryAccount(balance: .one)], cached: [beef])
    #expect(value.native == pushes + 15_520 + 20)
    let identity = zkRun(assemble("0 0 64 0 0 4 GAS CALL"), cached: [Address(4)])
    #expect(identity.native == 7 * 80 + 5520 + 35 + 64 + 20 + 640 + 20)
    #expect(identity.gas == 6 * 3 + 2 + 6 + 100 + 21)
  }

  @Test("stored jump destinations spare deployed code the analysis, not init code")
  func storedAnalysis() {
    let code = assemble("0 0 0 0 0 0xbeef GAS CALL")
    let beef = [Address(0xbeef): MemoryAccount(code: [0, 0, 0])]
    let before = zkRun(code, accounts: beef).native
    let after = zkRun(code, rules: ZKsyncRules(storesJumpDestinations: true), accounts: beef).native
    #expect(before - after == 18)
    #expect(ZKsyncRules(storesJumpDestinations: true).analysisNative(count: 5, isConstructor: true) == 30)
  }

  @Test("creation: the worked total of the specification")
  func createTotals() {
    let run = zkRun("0 0 0 CREATE", gas: 100_000)
    let total: UInt64 = 20 + 25_000 + 4500 + 5000 + 250_240 + 5000 + 5500
    // The empty constructor executes one STOP.
    #expect(run.native == 240 + total + 20 + 20)
    let salted = zkRun("0 0 0 0 CREATE2", gas: 100_000)
    #expect(salted.native == 320 + total + 20_000 + 20 + 20)
  }

  @Test("a creation that returns forbidden code leaves that code as return data")
  func rejectedCode() {
    let run = zkRun("0x60ef60005360016000f3 0 MSTORE 10 22 0 CREATE POP RETURNDATASIZE" + returnTop)
    #expect(run.status == .returned)
    #expect(run.word == .one)
  }

  @Test("SHL and SHR use 32 bits of a 64-bit amount; SAR does not")
  func truncatedShifts() {
    #expect(zkRun("5 0x100000000 SHL" + returnTop).word == word("5"))
    #expect(zkRun("5 0x100000004 SHL" + returnTop).word == word("80"))
    #expect(zkRun("80 0xffff00000004 SHR" + returnTop).word == word("5"))
    #expect(zkRun("5 0x10000000000000000 SHL" + returnTop).word == .zero)
    #expect(zkRun("5 256 SHR" + returnTop).word == .zero)
    #expect(zkRun("5 0x100000000 SAR" + returnTop).word == .zero)
  }

  @Test("KECCAK256 checks the offset of an empty range; the prover's words are 32 bits")
  func keccakOffset() {
    #expect(zkRun("0 0x10000000000000000 KECCAK256").status == .halted(.operandTooLarge))
    #expect(zkRun("0 0x100000000 KECCAK256").status == .stopped)
    let narrow = ZKsyncRules(provesWordWidth: true)
    #expect(zkRun(assemble("0 0x100000000 KECCAK256"), rules: narrow).status == .halted(.operandTooLarge))
  }

  @Test("an absurd copy length costs absurd native, and ends the transaction; an even more absurd one the frame")
  func absurdCopies() {
    let fatal = zkRun("0x1000000000 0 0 CALLDATACOPY")
    #expect(fatal.status == .halted(.outOfNative))
    #expect(fatal.status.fatal == .outOfNative)
    #expect(zkRun("0x0fffffffffffffff 0 0 CALLDATACOPY").status == .halted(.outOfGas))
    #expect(zkRun("0x10000000000000000 0 0 CALLDATACOPY").status == .halted(.operandTooLarge))
    let narrow = ZKsyncRules(provesWordWidth: true)
    #expect(zkRun(assemble("0x1000000000 0 0 CALLDATACOPY"), rules: narrow).status == .halted(.operandTooLarge))
  }

  @Test("out of native ends all frames; a halt below does not")
  func fatality() {
    let beef = Address(0xbeef)
    let call = assemble("0 0 0 0 0 0xbeef GAS CALL" + returnTop)
    let fatal = zkRun(call, accounts: [beef: MemoryAccount(code: assemble("0x1000000000 0 0 CALLDATACOPY"))])
    #expect(fatal.status.fatal == .outOfNative)
    let halt = zkRun(call, accounts: [beef: MemoryAccount(code: [0xfe])])
    #expect(halt.status == .returned)
    #expect(halt.word == .zero)
    // Exactly enough native, and one less.
    let needed = zkRun("1 2 ADD").native
    #expect(zkRun("1 2 ADD", native: needed).status == .stopped)
    #expect(zkRun("1 2 ADD", native: needed - 1).status == .halted(.outOfNative))
    // Not enough for the analysis of the code.
    var host = ZKsyncTestHost()
    var meter = Meter(gas: 1000, native: 5)
    let result = VirtualMachine(rules: ZKsyncRules()).execute(
      Message(address: contract, caller: sender), code: Code([0]), meter: &meter, host: &host)
    #expect(result.status == .halted(.outOfNative))
  }

  @Test("a tracer sees every frame end, after a fatal halt too; returned bytes are counted")
  func tracedFatality() {
    let beef = Address(0xbeef)
    var host = ZKsyncTestHost()
    host[contract].code = assemble("0 0 64 0 0 4 GAS CALL 0 0 0 0 0 0xbeef GAS CALL 0 0 0 0 0 0xbeef GAS CALL")
    host[beef].code = assemble("MSIZE ISZERO 5 ADD SLOAD 0 0x1000000000 DUP1 0 0 CALLDATACOPY")
    host.original = host.world.accounts
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    var tracer = CallTracer()
    tracer.enter(
      FrameEvent(kind: .call, from: sender, to: contract, value: .zero, input: none, gas: 1_000_000, depth: 0),
      world: host)
    var meter = Meter(gas: 1_000_000, native: plenty)
    let result = VirtualMachine(rules: ZKsyncRules()).execute(
      Message(address: contract, caller: sender), code: Code(host[contract].code), meter: &meter, host: &host,
      tracer: &tracer)
    tracer.leave(FrameEnd(status: result.status, gasUsed: 1_000_000, output: none), world: host)
    #expect(result.status.fatal == .outOfNative)
    #expect(result.returnedBytes == 128)
    let trace = TraceText()
    tracer.write(to: trace)
    let text = String(decoding: trace.json.bytes, as: UTF8.self)
    #expect(text.components(separatedBy: "out of native resources").count == 3)
    #expect(text.hasPrefix(#"{"from":"0x00000000000000000000000000000000005e4de4""#))
  }

  @Test("the charge precedes the stack check, and stays")
  func chargeBeforeStackCheck() {
    #expect(zkRun("ADD").native == 160)
    #expect(zkRun("EXP").native == 20)
    #expect(zkRun("undefined0C").native == 20)
    #expect(zkRun(assemble("1 1 TSTORE"), isStatic: true).native == 160 + 120)
  }

  @Test("memory of all frames together is limited to 128 MiB")
  func sharedMemory() {
    let below = zkRun("1 0x7ffffc0 MSTORE", gas: 1 << 40)
    #expect(below.status == .stopped)
    let beyond = zkRun("1 0x7ffffe0 MSTORE", gas: 1 << 40)
    #expect(beyond.status == .halted(.memoryLimit))
    let beef = Address(0xbeef)
    let nested = zkRun(
      assemble("1 0x7fff000 MSTORE 0 0 0 0 0 0xbeef GAS CALL" + returnTop), gas: 1 << 40,
      accounts: [beef: MemoryAccount(code: assemble("1 0x1000 MSTORE"))])
    #expect(nested.word == .zero)
  }

  @Test("the precompiles at 9 and 10 only look at the length, and are free")
  func mocks() throws {
    for (precompile, length, works) in [
      (Precompile.blake2f, 213, true), (.blake2f, 212, false), (.pointEvaluation, 193, true),
      (.pointEvaluation, 192, false),
    ] {
      var meter = Meter(gas: 1000, native: 7)
      var output = ReturnData()
      defer { output.deallocate() }
      let input = [UInt8](repeating: 0, count: length)
      let done = try input.withUnsafeBytes { bytes throws(Halt) in
        try precompile.runZKsync(bytes, meter: &meter, output: &output)
      }
      #expect(done == works)
      #expect(meter == Meter(gas: works ? 1000 : 0, native: 7))
      #expect(output.count == 0)
    }
  }

  @Test("modular exponentiation: minimum, refusals, native per erg")
  func modexp() throws {
    func run(_ input: [UInt8], gas: Int64 = 1_000_000, native: UInt64 = plenty) throws -> (Bool, Meter) {
      var meter = Meter(gas: gas, native: native)
      var output = ReturnData()
      defer { output.deallocate() }
      let done = try input.withUnsafeBytes { bytes throws(Halt) in
        try Precompile.modexp.runZKsync(bytes, meter: &meter, output: &output)
      }
      return (done, meter)
    }
    func header(_ a: UInt256, _ b: UInt256, _ c: UInt256) -> [UInt8] { a.bytes + b.bytes + c.bytes }
    let small = try run(header(.one, .one, .one) + [3, 2, 5])
    #expect(small == (true, Meter(gas: 999_800, native: plenty - 10_240_000)))
    let empty = try run([])
    #expect(empty == (true, Meter(gas: 999_800, native: plenty - 10_240_000)))
    // Short of the minimum in either resource is not fatal.
    #expect(try run([], gas: 199) == (false, Meter(gas: 0, native: plenty)))
    #expect(try run([], native: 10_239_999) == (false, Meter(gas: 0, native: 10_239_999)))
    #expect(try run(header(word("0x10000000000000000"), .one, .one)) == (false, Meter(gas: 0, native: plenty)))
    // A price above 2^36 / 51,200 gas is fatal whatever the gas.
    #expect(throws: Halt.outOfNative) {
      try run(header(word("3000"), word("32"), word("3000")) + [UInt8](repeating: 255, count: 6100))
    }
    #expect(try run(header(.one, .max, .one)) == (false, Meter(gas: 0, native: plenty)))
  }
}
