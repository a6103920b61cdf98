import Concurrency
import Glibc
import Synchronization
import Telemetry

/// Whoever looks at the node's output: what it is greeted with, and one line for each thing that happens. A line is written
/// with one call, so that lines of several threads do not mix.
public final class Terminal: Sendable {
  /// Lines of a second beyond which the rest is only counted: a flood of refused transactions must not hold anybody up.
  private static let linesPerSecond = 50

  private struct Budget {
    var second: UInt64 = 0
    var used = 0
    var withheld = 0
  }

  public let style: TerminalStyle
  private let output: @Sendable ([UInt8]) -> Void
  private let clock: TimeSource
  private let budget = Mutex(Budget())

  public init(
    style: TerminalStyle = .standardOutput,
    output: @escaping @Sendable ([UInt8]) -> Void = LineLogHandler.writeToStandardOutput, clock: TimeSource = .system
  ) {
    self.style = style
    self.output = output
    self.clock = clock
  }

  /// Writes a text of several lines.
  public func greet(_ text: String) { output(Array((text + "\n").utf8)) }

  /// Tells of a block that holds transactions.
  ///
  /// - Parameter chain: `L1` or `L2`.
  public func block(_ chain: String, number: UInt64, hash: String, transactions: Int, gas: UInt64) {
    guard transactions > 0 else { return }
    let count = transactions == 1 ? "1 transaction" : "\(transactions) transactions"
    line("\(style.bold(chain)) block \(number): \(count), \(gas.grouped) gas  \(style.faint(hash))")
  }

  /// Tells of a transaction that comes into no block.
  public func refusal(_ chain: String, transaction: String, reason: String) {
    line("\(style.bold(chain)) \(style.failure("refused")) \(transaction): \(Self.printable(reason))")
  }

  private func line(_ text: String) {
    let second = clock.monotonicNanoseconds() / 1_000_000_000
    let withheld = budget.withLock { budget -> Int? in
      if second != budget.second { (budget.second, budget.used) = (second, 0) }
      guard budget.used < Self.linesPerSecond else {
        budget.withheld += 1
        return nil
      }
      budget.used += 1
      defer { budget.withheld = 0 }
      return budget.withheld
    }
    guard let withheld else { return }
    let before = withheld > 0 ? style.faint("… and \(withheld) lines more") + "\n" : ""
    output(Array((before + text + "\n").utf8))
  }

  /// A reason can hold what a contract reverted with: nothing in it may move the cursor.
  private static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}

extension UInt64 {
  /// Decimal digits with a comma between thousands.
  fileprivate var grouped: String {
    let digits = Array(description)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return text
  }
}
