// The shapes that geth's clients expect of traces.

import Concurrency
import EVM
import EVMTesting
import Foundation
import Primitives
import Testing
import Tracers

private let other = Address(0xbeef)

/// Runs code under a tracer, which also sees the outermost frame as a transaction would report it.
private func trace<T: Tracer>(
  _ tracer: inout T, _ code: String, other callee: String = "STOP", gas: Int64 = 100_000
) -> EthereumHost<MemoryState> {
  var state = MemoryState()
  state[contract] = MemoryAccount(balance: word("10"), code: assemble(code))
  state[other].code = assemble(callee)
  state[other].storage = [.one: word("5")]
  state.beginTransaction()
  var host = EthereumHost(revision: .cancun, state: state)
  var meter = Meter(gas: gas)
  let none = UnsafeRawBufferPointer(start: nil, count: 0)
  tracer.enter(
    FrameEvent(kind: .call, from: sender, to: contract, value: .zero, input: none, gas: gas, depth: 0), world: host)
  let result = VirtualMachine(rules: EthereumRules(.cancun)).execute(
    Message(address: contract, caller: sender), code: Code(assemble(code)), meter: &meter, host: &host, tracer: &tracer)
  result.output.withUnsafeBytes { output in
    tracer.leave(FrameEnd(status: result.status, gasUsed: gas - meter.gas, output: output), world: host)
  }
  return host
}

/// Collects lines out of a sink that must not escape its struct.
private final class Lines {
  var text: [String] = []
}

private func object(_ json: [UInt8]) throws -> NSDictionary {
  try #require(try JSONSerialization.jsonObject(with: Data(json)) as? NSDictionary)
}

@Suite("Tracers")
struct TracerTests {
  @Test("EIP-3155: a line for each instruction, the callee's after the call's, gas as geth counts it")
  func lines() {
    let lines = Lines()
    var tracer = EIP3155Tracer { lines.text.append(String(decoding: $0, as: UTF8.self)) }
    _ = trace(&tracer, "0 0 0 0 0 0xbeef 1000 CALL INVALID", other: "1 POP")
    #expect(
      lines.text == [
        #"{"pc":0,"op":96,"gas":"0x186a0","gasCost":"0x3","memSize":0,"stack":[],"depth":1,"refund":0,"opName":"PUSH1"}"#,
        #"{"pc":2,"op":96,"gas":"0x1869d","gasCost":"0x3","memSize":0,"stack":["0x0"],"depth":1,"refund":0,"opName":"PUSH1"}"#,
        #"{"pc":4,"op":96,"gas":"0x1869a","gasCost":"0x3","memSize":0,"stack":["0x0","0x0"],"depth":1,"refund":0,"opName":"PUSH1"}"#,
        #"{"pc":6,"op":96,"gas":"0x18697","gasCost":"0x3","memSize":0,"stack":["0x0","0x0","0x0"],"depth":1,"refund":0,"opName":"PUSH1"}"#,
        #"{"pc":8,"op":96,"gas":"0x18694","gasCost":"0x3","memSize":0,"stack":["0x0","0x0","0x0","0x0"],"depth":1,"refund":0,"opName":"PUSH1"}"#,
        #"{"pc":10,"op":97,"gas":"0x18691","gasCost":"0x3","memSize":0,"stack":["0x0","0x0","0x0","0x0","0x0"],"depth":1,"refund":0,"opName":"PUSH2"}"#,
        #"{"pc":13,"op":97,"gas":"0x1868e","gasCost":"0x3","memSize":0,"stack":["0x0","0x0","0x0","0x0","0x0","0xbeef"],"depth":1,"refund":0,"opName":"PUSH2"}"#,
        #"{"pc":16,"op":241,"gas":"0x1868b","gasCost":"0xe10","memSize":0,"stack":["0x0","0x0","0x0","0x0","0x0","0xbeef","0x3e8"],"depth":1,"refund":0,"opName":"CALL"}"#,
        #"{"pc":0,"op":96,"gas":"0x3e8","gasCost":"0x3","memSize":0,"stack":[],"depth":2,"refund":0,"opName":"PUSH1"}"#,
        #"{"pc":2,"op":80,"gas":"0x3e5","gasCost":"0x2","memSize":0,"stack":["0x1"],"depth":2,"refund":0,"opName":"POP"}"#,
        #"{"pc":3,"op":0,"gas":"0x3e3","gasCost":"0x0","memSize":0,"stack":[],"depth":2,"refund":0,"opName":"STOP"}"#,
        #"{"pc":17,"op":254,"gas":"0x17c5e","gasCost":"0x0","memSize":0,"stack":["0x1"],"depth":1,"refund":0,"opName":"INVALID","error":"invalid opcode: INVALID"}"#,
      ])
  }

  @Test("struct log: storage of SLOAD and SSTORE, memory on demand, a bounded number of steps")
  func structLog() throws {
    var options = StructLogger.Options()
    options.enableMemory = true
    let text = TraceText()
    var tracer = StructLogger(options: options, into: text)
    _ = trace(&tracer, "7 1 SSTORE 1 SLOAD 0 MSTORE MSIZE")
    tracer.end(gasUsed: 5, failed: false, output: [1])
    let result = try object(text.json.bytes)
    #expect(result["returnValue"] as? String == "0x01")
    #expect(result["failed"] as? Bool == false)
    let logs = try #require(result["structLogs"] as? [NSDictionary])
    #expect(
      logs.map { $0["op"] as? String } == [
        "PUSH1", "PUSH1", "SSTORE", "PUSH1", "SLOAD", "PUSH1", "MSTORE", "MSIZE", "STOP",
      ])
    #expect(logs[2]["gasCost"] as? Int == 22_100)
    let slot = ["0x" + String(repeating: "0", count: 63) + "1": "0x" + String(repeating: "0", count: 63) + "7"]
    #expect(logs[2]["storage"] as? [String: String] == slot)
    #expect(logs[4]["storage"] as? [String: String] == slot)
    #expect(logs[7]["memory"] as? [String] == ["0x" + String(repeating: "0", count: 63) + "7"])
    #expect(logs[8]["stack"] as? [String] == ["0x20"])

    options.limit = 3
    let short = TraceText()
    tracer = StructLogger(options: options, into: short)
    _ = trace(&tracer, "7 1 SSTORE 1 SLOAD")
    tracer.end(gasUsed: 5, failed: false, output: [])
    let cut = try #require(try object(short.json.bytes)["structLogs"] as? NSArray)
    #expect(cut.count == 3)
  }

  @Test("call tracer: the tree, errors, the reason of a revert, logs")
  func calls() throws {
    var tracer = CallTracer(.init(withLog: true))
    // The callee reverts with Error("no").
    let reason =
      "08c379a0" + UInt256(32 as UInt64).bytes.map { String(format: "%02x", $0) }.joined()
      + UInt256(2 as UInt64).bytes.map { String(format: "%02x", $0) }.joined()
      + "6e6f" + String(repeating: "00", count: 30)
    let data = (0..<4).map { index in
      let text = reason.dropFirst(index * 64).prefix(64)
      return "0x\(text + String(repeating: "0", count: 64 - text.count)) \(index * 32) MSTORE"
    }.joined(separator: " ")
    _ = trace(
      &tracer, "0 0 LOG0 0 0 1 0xab 3 0xbeef GAS CALL 32 0 32 0 2 GAS STATICCALL 0 0 9999 CREATE",
      other: data + " 100 0 REVERT")
    let root = try object(written(tracer.write))
    #expect(root["type"] as? String == "CALL")
    #expect(root["from"] as? String == Hex.encode(sender.bytes))
    #expect(root["gas"] as? String == "0x186a0")
    #expect(root["error"] == nil)
    let logs = try #require(root["logs"] as? [NSDictionary])
    #expect(logs.count == 1 && logs[0]["position"] as? String == "0x0" && logs[0]["index"] as? String == "0x0")
    let calls = try #require(root["calls"] as? [NSDictionary])
    #expect(calls.map { $0["type"] as? String } == ["CALL", "STATICCALL", "CREATE"])
    #expect(calls[0]["error"] as? String == "execution reverted")
    #expect(calls[0]["revertReason"] as? String == "no")
    #expect(calls[0]["value"] as? String == "0x3")
    #expect(calls[0]["input"] as? String == "0x00")
    #expect(calls[1]["value"] == nil)
    #expect(calls[1]["gasUsed"] as? String == "0x48")
    #expect((calls[1]["output"] as? String)?.count == 66)
    #expect(calls[2]["error"] as? String == "insufficient balance for transfer")
    #expect(calls[2]["to"] == nil)

    var top = CallTracer(.init(onlyTopCall: true))
    _ = trace(&top, "0 0 0 0 0 0xbeef GAS CALL")
    #expect(try object(written(top.write))["calls"] == nil)
  }

  @Test("prestate tracer: values from before, and the difference")
  func prestate() throws {
    var tracer = PrestateTracer()
    var state = MemoryState()
    state[contract] = MemoryAccount(balance: word("10"), code: [1])
    tracer.touch(contract, world: EthereumHost(revision: .cancun, state: state))
    let after = trace(&tracer, "0 0 0 0 3 0xbeef GAS CALL 0 0 1 CREATE", other: "9 1 SSTORE 2 SLOAD STOP")
    let result = try object(tracer.result(after: after))
    let me = try #require(result[Hex.encode(contract.bytes)] as? NSDictionary)
    #expect(me["balance"] as? String == "0xa")
    let callee = try #require(result[Hex.encode(other.bytes)] as? NSDictionary)
    #expect(callee["balance"] as? String == "0x0")
    #expect(
      callee["storage"] as? [String: String] == [
        Hex.encode(UInt256.one.bytes): Hex.encode(word("5").bytes),
        Hex.encode(word("2").bytes): Hex.encode(UInt256.zero.bytes),
      ])
    var changes = PrestateTracer(.init(diffMode: true))
    changes.touch(contract, world: EthereumHost(revision: .cancun, state: state))
    let again = trace(&changes, "0 0 0 0 3 0xbeef GAS CALL 0 0 1 CREATE", other: "9 1 SSTORE 2 SLOAD STOP")
    let difference = try object(changes.result(after: again))
    let post = try #require((difference["post"] as? NSDictionary)?[Hex.encode(other.bytes)] as? NSDictionary)
    #expect(post["balance"] as? String == "0x3")
    #expect(post["code"] == nil)
    #expect(post["storage"] as? [String: String] == [Hex.encode(UInt256.one.bytes): Hex.encode(word("9").bytes)])
    let created = Hex.encode(ContractAddress.create(contract, nonce: 0).bytes)
    #expect((difference["pre"] as? NSDictionary)?[created] == nil)
    #expect(((difference["post"] as? NSDictionary)?[created] as? NSDictionary)?["nonce"] as? Int == 1)
  }

  @Test("prestate tracer: what a static call may not do is touched all the same, what cannot begin is not")
  func prestateOfWhatFails() throws {
    func touched(_ code: String, _ callee: String, gas: Int64 = 100_000) throws -> NSDictionary {
      var tracer = PrestateTracer(.init(includeEmpty: true))
      let after = trace(&tracer, code, other: callee, gas: gas)
      return try object(tracer.result(after: after))
    }
    func storage(_ result: NSDictionary) -> [String]? {
      ((result[Hex.encode(other.bytes)] as? NSDictionary)?["storage"] as? NSDictionary)?.allKeys as? [String]
    }
    let inside = "0 0 0 0 0xbeef GAS STATICCALL"
    #expect(storage(try touched(inside, "9 1 SSTORE")) == [Hex.encode(UInt256.one.bytes)])
    #expect(try touched(inside, "0xcafe SELFDESTRUCT")[Hex.encode(Address(0xcafe).bytes)] != nil)
    #expect(try touched(inside, "0 0 0 0 1 0xcafe GAS CALL")[Hex.encode(Address(0xcafe).bytes)] != nil)
    #expect(storage(try touched(inside, "1 TLOAD POP 3 SLOAD")) == [Hex.encode(word("3").bytes)])
    // A stack without a key; memory that nobody can pay for.
    #expect(storage(try touched(inside, "SLOAD")) == nil)
    #expect(try touched(inside, "0 0 0xffffffffff 0 0xcafe GAS DELEGATECALL")[Hex.encode(Address(0xcafe).bytes)] == nil)
    for code in ["0xcafe BALANCE", "0xcafe EXTCODESIZE", "0xcafe EXTCODEHASH", "0 0 0 0xcafe EXTCODECOPY"] {
      #expect(try touched(code, "STOP")[Hex.encode(Address(0xcafe).bytes)] != nil)
    }
  }

  @Test("4byte tracer counts selectors with the size of their arguments")
  func fourBytes() throws {
    var tracer = FourByteTracer { $0 == Address(2) }
    let call = "0 0 36 0 0 0xbeef GAS CALL POP "
    _ = trace(&tracer, "0xa9059cbb 224 SHL 0 MSTORE " + call + call + "0 0 3 0 0 0xbeef GAS CALL 0 0 8 0 0 2 GAS CALL")
    #expect(String(decoding: tracer.result, as: UTF8.self) == #"{"0xa9059cbb-32":2}"#)
  }

  @Test("Whatever a tracer collects has a bound in bytes, and it says so where that was reached")
  func bounds() {
    // As many rounds as there is gas for, each of which calls with 32 bytes, emits a log and looks at an account that was never seen.
    let rounds = "JUMPDEST 32 0 LOG0 0 0 32 0 0 0xbeef GAS CALL POP GAS BALANCE POP GAS SLOAD POP 0 JUMP"
    for limit in [Int.max, 5_000] {
      var options = StructLogger.Options()
      options.byteLimit = limit
      let text = TraceText()
      var steps = StructLogger(options: options, into: text)
      _ = trace(&steps, rounds, gas: 400_000)
      #expect(steps.isTruncatedByBytes == (limit < .max))
      steps.end(gasUsed: 0, failed: true, output: [])
      if limit < .max { #expect(text.json.bytes.count < 2 * limit) }

      var calls = CallTracer(.init(withLog: true), byteLimit: limit)
      _ = trace(&calls, rounds, gas: 400_000)
      #expect(calls.isTooLarge == (limit < .max))
      if limit < .max { #expect(written(calls.write).count < 2 * limit) }

      var accounts = PrestateTracer(byteLimit: limit)
      _ = trace(&accounts, rounds, gas: 400_000)
      #expect(accounts.isTooLarge == (limit < .max))
      if limit < .max {
        #expect(accounts.result(after: EthereumHost(revision: .cancun, state: MemoryState())).count < 2 * limit)
      }
    }
  }

  /// A call tree with a failure in the middle, a creation, a precompile and a self-destruct.
  private static let family =
    "0 0 0 0 3 0xbeef GAS CALL 32 0 32 0 2 GAS STATICCALL 0 0 1 CREATE 0xfe 0 MSTORE8 1 0 0 CREATE 0xbeef SELFDESTRUCT"

  @Test("flat call tracer: paths, counts, what failed has no result, precompiles only on demand")
  func flatCalls() throws {
    func flat(_ options: FlatCallTracer.Options) throws -> [NSDictionary] {
      var tracer = FlatCallTracer(options) { $0 == Address(2) }
      _ = trace(&tracer, Self.family, other: "0 0 0 0 0 5 GAS CALL 0 0 REVERT", gas: 500_000)
      let place = TracedTransaction.Place(blockHash: .zero, blockNumber: 7, hash: .zero, index: 3)
      return try #require(
        try JSONSerialization.jsonObject(with: Data(written { tracer.write(place, to: $0) })) as? [NSDictionary])
    }
    let calls = try flat(.init())
    #expect(calls.map { $0["type"] as? String } == ["call", "call", "call", "create", "create", "suicide"])
    #expect(calls.map { $0["traceAddress"] as? [Int] } == [[], [0], [0, 0], [1], [2], [3]])
    #expect(calls.map { $0["subtraces"] as? Int } == [4, 1, 0, 0, 0, 0])
    #expect(
      calls.map { $0["error"] as? String } == [nil, "execution reverted", nil, nil, "invalid opcode: INVALID", nil])
    #expect(calls[1]["result"] != nil && calls[4]["result"] == nil && calls[5]["result"] == nil)
    #expect((calls[3]["action"] as? NSDictionary)?["creationMethod"] as? String == "create")
    #expect((calls[5]["action"] as? NSDictionary)?["refundAddress"] as? String == Hex.encode(other.bytes))
    for call in calls { #expect(call["blockNumber"] as? Int == 7 && call["transactionPosition"] as? Int == 3) }

    let all = try flat(.init(convertParityErrors: true, includePrecompiles: true))
    #expect(all.map { $0["traceAddress"] as? [Int] } == [[], [0], [0, 0], [1], [2], [3], [4]])
    #expect(all.compactMap { $0["error"] as? String } == ["Reverted", "Bad instruction"])
  }

  @Test("a transaction of which the calls did not tell all: no call, calls cut off, failure without a failed call")
  func finished() throws {
    let whole = TracedTransaction(
      from: sender, to: contract, creates: false, value: .one, input: [1, 2], gasLimit: 90_000, gasUsed: 30_000,
      succeeded: false, output: [])
    var never = CallTracer()
    never.finish(whole)
    let alone = try object(written(never.write))
    #expect(alone["error"] as? String == "out of gas" && alone["input"] as? String == "0x0102")
    #expect(alone["gas"] as? String == "0x15f90" && alone["gasUsed"] as? String == "0x7530")

    var open = CallTracer()
    let world = EthereumHost(revision: .cancun, state: MemoryState())
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    let event = FrameEvent(kind: .call, from: sender, to: contract, value: .one, input: none, gas: 5, depth: 0)
    open.enter(event, world: world)
    open.finish(whole)
    #expect(try object(written(open.write))["error"] as? String == "out of native resources")

    var ended = CallTracer()
    ended.enter(event, world: world)
    ended.leave(FrameEnd(status: .returned, gasUsed: 1, output: none), world: world)
    ended.finish(whole)
    #expect(try object(written(ended.write))["error"] as? String == "out of native resources")
  }

  @Test("several tracers at once say what each says alone")
  func several() throws {
    let whole = TracedTransaction(
      from: sender, to: contract, creates: false, value: .zero, input: [], gasLimit: 500_000, gasUsed: 9,
      succeeded: true,
      output: [])
    func run(_ kind: TraceKind) throws -> String {
      let text = TraceText()
      var tracer = TracerSet<EveryStep>(kind, byteLimit: .max, into: text, cancellation: nil) { $0 == Address(2) }
      let world = trace(&tracer, Self.family, other: "9 1 SSTORE", gas: 500_000)
      tracer.finish(whole, world: world)
      return String(decoding: text.json.bytes, as: UTF8.self)
    }
    let kinds: [TraceKind] = [
      .calls(.init()), .flatCalls(.init()), .prestate(.init(diffMode: true)), .fourByte, .nothing,
    ]
    let parts = try kinds.map { "\"\($0.name.map { "\($0)" } ?? "")\":" + (try run($0)) }
    #expect(try run(.several(kinds)) == "{" + parts.joined(separator: ",") + "}")
  }

  @Test("what has collected too much, or is cancelled, ends at its next step")
  func stops() {
    let endless = "JUMPDEST 0 JUMP"
    for limit in [1_000, Int.max] {
      let cancellation = Cancellation()
      if limit == .max { cancellation.cancel(.clientGone) }
      var tracer = TracerSet<EveryStep>(
        .structLogs(.init()), byteLimit: limit, into: TraceText(), cancellation: cancellation,
        isPrecompile: { _ in false })
      // Without an end it would take longer than anybody waits.
      _ = trace(&tracer, endless, gas: .max / 2)
      #expect(tracer.stops && tracer.isTooLarge == (limit < .max))
    }
  }

  /// What a tracer writes.
  private func written(_ write: (TraceText) -> Void) -> [UInt8] {
    let text = TraceText()
    write(text)
    return text.json.bytes
  }

  @Test("call tracer: logs have their index in the block; what is undone gives its indices back")
  func logIndices() throws {
    var tracer = CallTracer(.init(withLog: true), firstLog: 5)
    _ = trace(
      &tracer, "0 0 LOG0 0 0 0 0 0 0xbeef GAS CALL 0 0 LOG0 0 0 0 0 0 0xbeef 3 GAS DIV CALL 0 0 LOG0",
      other: "0 0 LOG0 0 0 LOG0 0 0 REVERT")
    let root = try object(written(tracer.write))
    let logs = try #require(root["logs"] as? [NSDictionary])
    #expect(logs.map { $0["index"] as? String } == ["0x5", "0x6", "0x7"])
    #expect(logs.map { $0["position"] as? String } == ["0x0", "0x1", "0x2"])
  }

  @Test("struct log: every number of the stack as geth writes it, the same however the stack grows and shrinks")
  func stacks() throws {
    // Of all lengths, pushed and dropped, some of them the same as before.
    let words = (0..<64).map { String(repeating: "f", count: 64).prefix(64 - $0) }
    let program =
      words.map { "0x\($0)" }.joined(separator: " ") + String(repeating: " POP", count: 40)
      + " 1 0x10 0xabcdef0123456789abcdef POP 0xabcdef0123456789abcdee ADD"
    let text = TraceText()
    var tracer = StructLogger(into: text)
    _ = trace(&tracer, program)
    tracer.end(gasUsed: 0, failed: false, output: [])
    var log = StackLog()
    _ = trace(&log, program)
    let steps = try #require(try object(text.json.bytes)["structLogs"] as? [NSDictionary])
    #expect(steps.map { $0["stack"] as? [String] } == log.stacks)
    #expect(steps.map { $0["pc"] as? Int } == log.programCounters)
  }

  @Test("struct log: a long one goes out while it grows, with the same steps, and ends where nobody takes it")
  func passing() throws {
    let rounds = "JUMPDEST 0x1234567890abcdef1234567890abcdef POP GAS POP 0 JUMP"
    func run(_ text: TraceText) -> Bool {
      var tracer = TracerSet<EveryStep>(
        .structLogs(.init()), byteLimit: .max, into: text, cancellation: nil, isPrecompile: { _ in false })
      let world = trace(&tracer, rounds, gas: 200_000)
      if tracer.stops { return false }
      tracer.finish(
        TracedTransaction(
          from: sender, to: contract, creates: false, value: .zero, input: [], gasLimit: 0, gasUsed: 3, succeeded: true,
          output: [7]), world: world)
      return true
    }
    let whole = TraceText()
    #expect(run(whole))
    var passed: [UInt8] = [], pieces = 0
    let inPieces = TraceText { json in
      json.drain { passed += $0 }
      pieces += 1
      return true
    }
    #expect(run(inPieces))
    passed += inPieces.json.bytes
    #expect(pieces > 10)
    let (a, b) = (try object(whole.json.bytes), try object(passed))
    #expect(a == b)
    #expect((b["structLogs"] as? NSArray)?.count ?? 0 > 10_000)

    var asked = 0
    let cut = TraceText { json in
      json.clear()
      asked += 1
      return asked < 3
    }
    #expect(!run(cut))
    #expect(asked == 3)
  }
}

/// What the struct log should show of the stack.
private struct StackLog: Tracer {
  var stacks: [[String]] = []
  var programCounters: [Int] = []

  static var isActive: Bool { true }
  static var observesSteps: Bool { true }

  mutating func willStep(_ frame: FrameView, world: some WorldReader) {
    stacks.append(
      frame.stack.map { word in
        let digits = word.bytes.map { String(format: "%02x", $0) }.joined().drop { $0 == "0" }
        return "0x" + (digits.isEmpty ? "0" : digits)
      })
    programCounters.append(frame.programCounter)
  }
  mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}
  mutating func enter(_ event: FrameEvent, world: some WorldReader) {}
  mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}
}
