import ArgumentParser
import EVM
import Files
import StateTests
import Tracers

/// `zkos statetest`: the GeneralStateTests of ethereum/tests against our Ethereum transition.
struct StateTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statetest", abstract: "Run state tests of ethereum/tests: files, or folders of them.")

  @Argument(help: "Test files, or folders to search for .json files.")
  var paths: [String]

  @Option(help: "Run this fork only, by its name in the files.")
  var fork: String?

  @Flag(help: "Print one JSON object for each combination.")
  var json = false

  @Flag(help: "Print a line for each instruction and each transaction (EIP-3155); one file at a time.")
  var trace = false

  @Option(help: "Files tested at the same time.")
  var jobs = 2

  func validate() throws {
    guard jobs > 0 else { throw ValidationError("--jobs must be at least 1") }
    // A misspelt name would run nothing and call it a success.
    if let fork, Revision(testName: fork) == nil { throw ValidationError("unknown fork \(fork)") }
  }

  func run() async throws {
    var files: [String] = []
    for path in paths { files += try Files.below(path, suffix: ".json") }
    var report = StateTestReport(json: json)
    if trace {
      for file in files { report.add(StateTestFileResult(tracing: file, fork: fork)) }
      try end(report)
      return
    }
    await withTaskGroup(of: StateTestFileResult.self) { group in
      var rest = files[...]
      for _ in 0..<jobs {
        if let file = rest.popFirst() { group.addTask { StateTestFileResult(file: file, fork: fork) } }
      }
      while let result = await group.next() {
        report.add(result)
        if let file = rest.popFirst() { group.addTask { StateTestFileResult(file: file, fork: fork) } }
      }
    }
    try end(report)
  }

  private func end(_ report: StateTestReport) throws {
    print(report.summary)
    if report.failed > 0 { throw ExitCode.failure }
  }
}

/// What the tests of one file came to.
struct StateTestFileResult: Sendable {
  let file: String
  let outcomes: [StateTestOutcome]
  /// Why the file could not be run to its end.
  let error: String?

  init(file: String, fork: String?) {
    self.file = file
    var outcomes: [StateTestOutcome] = []
    do {
      for test in try StateTest.read(try Files.read(file)) {
        outcomes += try test.run(forks: { fork == nil || $0 == fork })
      }
      error = nil
    } catch {
      self.error = "\(error)"
    }
    self.outcomes = outcomes
  }

  /// Prints what happens while it happens.
  init(tracing file: String, fork: String?) {
    self.file = file
    var outcomes: [StateTestOutcome] = []
    var tracer = EIP3155Tracer { StateTestReport.printLine($0) }
    do {
      for test in try StateTest.read(try Files.read(file)) {
        try test.run(forks: { fork == nil || $0 == fork }, tracer: &tracer) { outcome in
          StateTestReport.printSummary(outcome)
          outcomes.append(outcome)
        }
      }
      error = nil
    } catch {
      self.error = "\(error)"
    }
    self.outcomes = outcomes
  }
}
