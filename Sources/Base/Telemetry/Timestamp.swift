import Concurrency

/// A moment of the calendar in UTC.
public struct Timestamp: Sendable, Equatable, CustomStringConvertible {
  /// Seconds since 1970-01-01 00:00 UTC.
  public let seconds: Int
  public let microseconds: Int

  public init(seconds: Int, microseconds: Int = 0) {
    self.seconds = seconds
    self.microseconds = microseconds
  }

  public static var now: Timestamp {
    let microseconds = CalendarClock.nanoseconds / 1_000
    return Timestamp(seconds: Int(microseconds / 1_000_000), microseconds: Int(microseconds % 1_000_000))
  }

  /// ISO 8601 with microseconds. Source of the calendar arithmetic: Howard Hinnant, "chrono-compatible low-level date
  /// algorithms", `civil_from_days`.
  public var description: String {
    let day = (Double(seconds) / 86_400).rounded(.down)
    let second = seconds - Int(day) * 86_400
    let shifted = Int(day) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
    let time = "\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    return "\(date)T\(time).\(padded(microseconds, 6))Z"
  }
}
