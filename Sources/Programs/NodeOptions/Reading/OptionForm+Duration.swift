extension OptionForm<Duration> {
  /// The same, of a millisecond to a day: for what is done again and again.
  static var positiveDuration: Self {
    let plain = Self.duration
    return OptionForm("a duration from 1ms to 1 day, such as 100ms, 1.5s or 5 sec", unitSuffixes: plain.unitSuffixes) {
      plain.parse($0).flatMap { $0 > .zero && $0 <= .seconds(86_400) ? $0 : nil }
    }
  }

  /// A number with a unit, "100ms" or "5 sec"; or a plain number where the option's name ends in the unit.
  static var duration: Self {
    OptionForm("a duration such as 100ms, 1.5s, 5 sec or 15 min", unitSuffixes: DurationUnit.byName.keys.sorted()) {
      text in
      let trimmed = text.trimmingSpaces
      guard let unitStart = trimmed.firstIndex(where: { !$0.isNumber && $0 != "." }) else { return nil }
      guard let unit = DurationUnit.byName[String(trimmed[unitStart...]).trimmingSpaces.lowercased()] else {
        return nil
      }
      return unit.duration(of: String(trimmed[..<unitStart]))
    }
  }
}

/// The units of durations, with all the names that operators may write.
enum DurationUnit: Int64, Sendable {
  case millisecond = 1
  case second = 1_000
  case minute = 60_000
  case hour = 3_600_000
  case day = 86_400_000
  case week = 604_800_000

  /// `count` units, with up to six decimals; `nil` where that is no number, more than 2^63 milliseconds, or less than a
  /// whole nanosecond.
  func duration(of count: String) -> Duration? {
    let parts = count.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first.flatMap({ Int64($0) }), whole >= 0 else { return nil }
    let (milliseconds, overflow) = whole.multipliedReportingOverflow(by: rawValue)
    guard !overflow else { return nil }
    guard parts.count == 2 else { return .milliseconds(milliseconds) }
    let decimals = parts[1]
    guard (1...6).contains(decimals.count), decimals.allSatisfy(\.isASCII), let fraction = Int64(decimals),
      fraction >= 0
    else { return nil }
    let millionths = (decimals.count..<6).reduce(fraction) { scaled, _ in scaled * 10 }
    // A week has less than 2^30 milliseconds, and a millionth of a millisecond is a nanosecond.
    return .milliseconds(milliseconds) + .nanoseconds(millionths * rawValue)
  }

  static let byName: [String: DurationUnit] = [
    "ms": .millisecond, "millis": .millisecond, "milliseconds": .millisecond,
    "s": .second, "sec": .second, "secs": .second, "second": .second, "seconds": .second,
    "m": .minute, "min": .minute, "mins": .minute, "minute": .minute, "minutes": .minute,
    "h": .hour, "hr": .hour, "hour": .hour, "hours": .hour,
    "d": .day, "day": .day, "days": .day,
    "w": .week, "week": .week, "weeks": .week,
  ]
}

extension StringProtocol {
  var trimmingSpaces: SubSequence {
    var text = self[...]
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return text
  }
}
