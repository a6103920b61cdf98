import ArgumentParser
import StateTests

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

  @Option(help: "Files tested at the same time.")
  var jobs = 2

  func validate() throws {
    guard jobs > 0 else { throw ValidationError("--jobs must be at least 1") }
  }

  func run() async throws {
    var files: [String] = []
    for path in paths { files += try Files.below(path, suffix: ".json") }
    var report = StateTestReport(json: json)
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
}

/// Counts outcomes and prints what a person wants to see of them.
struct StateTestReport {
  let json: Bool
  private(set) var passed = 0
  private(set) var failed = 0

  init(json: Bool) { self.json = json }

  /// The last line of a run. No test is ever skipped: every fork in a file is run.
  var summary: String { "\(passed) passed, \(failed) failed, 0 skipped" }

  mutating func add(_ result: StateTestFileResult) {
    for outcome in result.outcomes {
      if outcome.passed { passed += 1 } else { failed += 1 }
      if json {
        printJSON(outcome)
      } else if let failure = outcome.failure {
        print("FAILED \(result.file): \(outcome.title): \(failure)")
      }
    }
    if let error = result.error {
      failed += 1
      print("FAILED \(result.file): \(error)")
    }
  }

  private func printJSON(_ outcome: StateTestOutcome) {
    print(
      """
      {"name":"\(outcome.test)","fork":"\(outcome.fork)","data":\(outcome.indexes.data),"gas":\(outcome.indexes.gas),\
      "value":\(outcome.indexes.value),"pass":\(outcome.passed),"stateRoot":"\(outcome.stateRoot)",\
      "logsHash":"\(outcome.logsHash)","gasUsed":\(outcome.gasUsed)}
      """)
  }
}
