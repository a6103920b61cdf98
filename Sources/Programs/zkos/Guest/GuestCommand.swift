import Airbender
import ArgumentParser
import Files
import ProverInput

/// `zkos guest`: the programs that are proved.
struct GuestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest", abstract: "Run guest images.",
    subcommands: [
      GuestCheckCommand.self, GuestCalibrateCommand.self, GuestRunCommand.self, GuestVerifyCommand.self,
      GuestDisassembleCommand.self, GuestKeyCommand.self,
    ])
}

/// `zkos guest run`: any guest on prepared words, as a prover runs it.
struct GuestRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a guest on the words of a prover input and print how it ends.")

  @Option(help: "The guest's image.")
  var image: String

  @Option(help: "The words: a file of little-endian bytes.")
  var input: String?

  @Option(help: "The machine that the guest is for: standard, or recursion for programs that verify proofs.")
  var machine = MachineKind.standard

  @Option(help: "The most cycles.")
  var cycles = 1 << 30

  @Option(help: "Print this many instructions, with what their first source register holds.")
  var trace = 0

  @Option(help: "The cycle from which on instructions are printed.")
  var traceFrom = 0

  func run() throws {
    let machine = try Machine(Program(image: Files.read(image), machine: machine))
    guard let input = ProverInput(bytes: try input.map { try Files.read($0) } ?? []) else {
      throw ValidationError("the input is no multiple of four bytes")
    }
    var words = WordQueue(input.words)
    let report = trace > 0 ? run(machine, &words) : machine.run(&words, cycleLimit: cycles)
    print(report)
    print("x10…x17 \(PublicInputRegisters.bytes(report.output)), \(words.remaining) words left")
    if report.stop != .halted { throw ExitCode.failure }
  }

  private func run(_ machine: Machine, _ words: inout WordQueue) -> RunReport {
    machine.run(&words, cycleLimit: cycles) { step in
      guard step.cycle >= traceFrom, step.cycle - traceFrom < trace else { return }
      let source = Int(step.word >> 15 & 31)
      let value = step.registers[source]
      print(
        "\(step.cycle)\t\(String(step.pc, radix: 16))\t\(Disassembler.text(step.word, at: step.pc, for: machine.program.machine))\t"
          + "\(Disassembler.registerNames[source]) = 0x\(String(value, radix: 16))")
    }
  }
}

extension MachineKind: ExpressibleByArgument {}
