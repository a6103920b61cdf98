// A host with prepared answers, and the shortest way to run a few instructions.

import Airbender
import GuestAssembler
import Testing

/// A host that plays back words and keeps what it is told.
struct ScriptedHost: NonDeterminismSource {
  var input: [UInt32] = []
  var received: [UInt32] = []
  private var position = 0

  init(_ input: [UInt32] = []) { self.input = input }

  mutating func read() -> UInt32? {
    guard position < input.count else { return nil }
    position += 1
    return input[position - 1]
  }

  mutating func write(_ word: UInt32) { received.append(word) }
}

/// Assembles and runs on every engine, which must agree in everything; reports what the last one did.
func run(
  _ input: [UInt32] = [], machine kind: MachineKind = .standard, limit: Int = 1 << 20,
  _ build: (inout Assembler) -> Void
) throws -> (report: RunReport, host: ScriptedHost, machine: Machine) {
  var assembler = Assembler()
  build(&assembler)
  let interpreter = try Machine(Program(words: assembler.words, machine: kind, engine: .interpreter))
  var interpreterHost = ScriptedHost(input)
  let expected = interpreter.run(&interpreterHost, cycleLimit: limit)
  let machine = try Machine(Program(words: assembler.words, machine: kind, engine: .translator))
  var host = ScriptedHost(input)
  let report = machine.run(&host, cycleLimit: limit)
  #expect(report == expected)
  #expect(host.received == interpreterHost.received)
  return (report, host, machine)
}

/// Start of RAM.
let ram: UInt32 = AddressSpace.romSize
