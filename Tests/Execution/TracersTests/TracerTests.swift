// The shapes that geth's clients expect of traces.

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
    var tracer = StructLogger(options: options)
    _ = trace(&tracer, "7 1 SSTORE 1 SLOAD 0 MSTORE MSIZE")
    let result = try object(tracer.result(gasUsed: 5, failed: false, output: [1]))
    #expect(result["returnValue"] as? String == "01")
    #expect(result["failed"] as? Bool == false)
    let logs = try #require(result["structLogs"] as? [NSDictionary])
    #expect(
      logs.map { $0["op"] as? String } == [
        "PUSH1", "PUSH1", "SSTORE", "PUSH1", "SLOAD", "PUSH1", "MSTORE", "MSIZE", "STOP",
      ])
    #expect(logs[2]["gasCost"] as? Int == 22_100)
    let slot = [String(repeating: "0", count: 63) + "1": String(repeating: "0", count: 63) + "7"]
    #expect(logs[2]["storage"] as? [String: String] == slot)
    #expect(logs[4]["storage"] as? [String: String] == slot)
    #expect(logs[7]["memory"] as? [String] == [String(repeating: "0", count: 63) + "7"])
    #expect(logs[8]["stack"] as? [String] == ["0x20"])

    options.limit = 3
    tracer = StructLogger(options: options)
    _ = trace(&tracer, "7 1 SSTORE 1 SLOAD")
    let cut = try #require(try object(tracer.result(gasUsed: 5, failed: false, output: []))["structLogs"] as? NSArray)
    #expect(cut.count == 3)
  }

  @Test("call tracer: the tree, errors, the reason of a revert, logs")
  func calls() throws {
    var tracer = CallTracer(withLog: true)
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
    let root = try object(tracer.result)
    #expect(root["type"] as? String == "CALL")
    #expect(root["from"] as? String == Hex.encode(sender.bytes))
    #expect(root["gas"] as? String == "0x186a0")
    #expect(root["error"] == nil)
    let logs = try #require(root["logs"] as? [NSDictionary])
    #expect(logs.count == 1 && logs[0]["position"] as? String == "0x0")
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

    var top = CallTracer(onlyTopCall: true)
    _ = trace(&top, "0 0 0 0 0 0xbeef GAS CALL")
    #expect(try object(top.result)["calls"] == nil)
  }

  @Test("prestate tracer: values from before, and the difference")
  func prestate() throws {
    var tracer = PrestateTracer()
    var state = MemoryState()
    state[contract] = MemoryAccount(balance: word("10"), code: [1])
    tracer.touch(contract, world: EthereumHost(revision: .cancun, state: state))
    let after = trace(&tracer, "0 0 0 0 3 0xbeef GAS CALL 0 0 1 CREATE", other: "9 1 SSTORE 2 SLOAD STOP")
    let result = try object(tracer.result)
    let me = try #require(result[Hex.encode(contract.bytes)] as? NSDictionary)
    #expect(me["balance"] as? String == "0xa")
    let callee = try #require(result[Hex.encode(other.bytes)] as? NSDictionary)
    #expect(callee["balance"] as? String == "0x0")
    #expect(
      callee["storage"] as? [String: String] == [
        Hex.encode(UInt256.one.bytes): Hex.encode(word("5").bytes),
        Hex.encode(word("2").bytes): Hex.encode(UInt256.zero.bytes),
      ])
    let difference = try object(tracer.difference(world: after))
    let post = try #require((difference["post"] as? NSDictionary)?[Hex.encode(other.bytes)] as? NSDictionary)
    #expect(post["balance"] as? String == "0x3")
    #expect(post["code"] == nil)
    #expect(post["storage"] as? [String: String] == [Hex.encode(UInt256.one.bytes): Hex.encode(word("9").bytes)])
    let created = Hex.encode(ContractAddress.create(contract, nonce: 0).bytes)
    #expect((difference["pre"] as? NSDictionary)?[created] == nil)
    #expect(((difference["post"] as? NSDictionary)?[created] as? NSDictionary)?["nonce"] as? Int == 1)
  }

  @Test("4byte tracer counts selectors with the size of their arguments")
  func fourBytes() throws {
    var tracer = FourByteTracer()
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
      var steps = StructLogger(options: options)
      _ = trace(&steps, rounds, gas: 400_000)
      #expect(steps.isTruncatedByBytes == (limit < .max))
      if limit < .max { #expect(steps.result(gasUsed: 0, failed: true, output: []).count < 2 * limit) }

      var calls = CallTracer(withLog: true, byteLimit: limit)
      _ = trace(&calls, rounds, gas: 400_000)
      #expect(calls.isTooLarge == (limit < .max))
      if limit < .max { #expect(calls.result.isEmpty) }

      var accounts = PrestateTracer(byteLimit: limit)
      _ = trace(&accounts, rounds, gas: 400_000)
      #expect(accounts.isTooLarge == (limit < .max))
      if limit < .max { #expect(accounts.result.count < 2 * limit) }
    }
  }
}
