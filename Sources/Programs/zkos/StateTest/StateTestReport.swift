import JSON
import StateTests

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
    var line = JSONWriter()
    line.beginObject()
    line.key("name")
    line.string(outcome.test)
    line.key("fork")
    line.string(outcome.fork)
    line.key("data")
    line.number(outcome.indexes.data)
    line.key("gas")
    line.number(outcome.indexes.gas)
    line.key("value")
    line.number(outcome.indexes.value)
    line.key("pass")
    line.boolean(outcome.passed)
    line.key("stateRoot")
    line.data(outcome.stateRoot)
    line.key("logsHash")
    line.data(outcome.logsHash)
    line.key("gasUsed")
    line.number(outcome.gasUsed)
    if let failure = outcome.failure {
      line.key("error")
      line.string(failure)
    }
    line.endObject()
    line.withUnsafeBytes { Self.printLine($0) }
  }

  /// The line that EIP-3155 has after the steps of a transaction.
  static func printSummary(_ outcome: StateTestOutcome) {
    var line = JSONWriter()
    line.beginObject()
    line.key("stateRoot")
    line.data(outcome.stateRoot)
    line.key("output")
    line.data(outcome.output)
    line.key("gasUsed")
    line.quantity(outcome.gasUsed)
    line.key("pass")
    line.boolean(outcome.passed)
    line.key("fork")
    line.string(outcome.fork)
    line.key("test")
    line.string(outcome.title)
    line.endObject()
    line.withUnsafeBytes { printLine($0) }
  }

  static func printLine(_ bytes: UnsafeRawBufferPointer) {
    print(String(decoding: bytes, as: UTF8.self))
  }
}
