import Airbender
import ArgumentParser
import Files
import GuestCheck
import ProverInput
import ZKsyncOS

/// `zkos guest`: the programs that are proved.
struct GuestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest", abstract: "Run guest images.",
    subcommands: [
      GuestCheckCommand.self, GuestRunCommand.self, GuestVerifyCommand.self, GuestDisassembleCommand.self,
    ])
}

/// `zkos guest check`: random blocks through the whole proving path, compared with the real guest.
struct GuestCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare the native path with a guest on random blocks; succeeds only if every block agrees.")

  @Option(help: "The guest's image.")
  var image: String

  @Option(help: "The same guest's logging image: it says why it refuses what we refuse.")
  var loggingImage: String?

  @Option(help: "The image's protocol version: v0_0_4 or v0_0_5.")
  var version: String

  @Option(help: "Blocks to check; rounded up to whole worlds of four blocks.")
  var blocks = 2_000

  @Option(help: "The seed of the first world; the others follow.")
  var seed: UInt64 = 1

  @Option(help: "Worlds checked at the same time.")
  var jobs = 1

  @Option(help: "Write the guest's answers to this file, as JSON.")
  var record: String?

  func validate() throws {
    guard blocks > 0 else { throw ValidationError("--blocks must be at least 1") }
    guard jobs > 0 else { throw ValidationError("--jobs must be at least 1") }
    guard ProtocolVersion(name: version) != nil else { throw ValidationError("unknown version \(version)") }
  }

  /// What one world came to.
  private enum Outcome: Sendable {
    case clean([GuestCheck.CheckedBlock])
    case failed(String)
  }

  func run() async throws {
    guard let version = ProtocolVersion(name: version) else { throw ExitCode.validationFailure }
    let program = try Program(image: Files.read(image))
    let logging = try loggingImage.map { try Program(image: Files.read($0)) }
    let perWorld = RandomChain.Options().blocks
    let worlds = UInt64((blocks + perWorld - 1) / perWorld)
    var seeds = (0..<worlds).map { seed &+ $0 }[...]
    var clean: [GuestCheck.CheckedBlock] = []
    var failures = 0
    try await withThrowingTaskGroup(of: Outcome.self) { group in
      func start() {
        guard let seed = seeds.popFirst() else { return }
        group.addTask {
          let check = try GuestCheck(program, logging: logging, version: version)
          do throws(GuestCheck.Failure) {
            return .clean(try check.check(seed: seed))
          } catch {
            return .failed(error.description)
          }
        }
      }
      for _ in 0..<jobs { start() }
      while let outcome = try await group.next() {
        switch outcome {
        case .clean(let checked): clean += checked
        case .failed(let line):
          failures += 1
          print(line)
        }
        start()
      }
    }
    clean.sort { ($0.answer.seed, $0.answer.block) < ($1.answer.seed, $1.answer.block) }
    if let record { try Files.write(GuestAnswer.encode(clean.map(\.answer)), to: record) }
    let transactions = clean.reduce(0) { $0 + $1.summary.included }
    let succeeded = clean.reduce(0) { $0 + $1.summary.succeeded }
    let rejected = clean.reduce(0) { $0 + $1.summary.rejected }
    let typed = clean.reduce(0) { $0 + $1.summary.typedData },
      contracts = clean.reduce(0) { $0 + $1.summary.fromContracts }
    print(
      "\(clean.count) blocks clean, \(failures) worlds failed; \(transactions) transactions, \(succeeded) of them "
        + "successful, \(typed) of type 0x71, \(contracts) of these from contracts; \(rejected) candidates refused, by the "
        + "guest too\(logging == nil ? "" : " and for the same reasons"); "
        + "\(clean.reduce(0) { $0 + $1.answer.cycles }) guest cycles")
    if failures > 0 { throw ExitCode.failure }
  }
}

/// `zkos guest run`: any guest on prepared words, as a prover runs it.
struct GuestRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a guest on the words of a prover input and print how it ends.")

  @Option(help: "The guest's image.")
  var image: String

  @Option(help: "The words: a file of little-endian bytes.")
  var input: String?

  @Option(help: "The most cycles.")
  var cycles = 1 << 30

  @Option(help: "Print this many instructions, with what their first source register holds.")
  var trace = 0

  @Option(help: "The cycle from which on instructions are printed.")
  var traceFrom = 0

  func run() throws {
    let machine = try Machine(Program(image: Files.read(image)))
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
        "\(step.cycle)\t\(String(step.pc, radix: 16))\t\(Disassembler.text(step.word, at: step.pc))\t"
          + "\(Disassembler.registerNames[source]) = 0x\(String(value, radix: 16))")
    }
  }
}
