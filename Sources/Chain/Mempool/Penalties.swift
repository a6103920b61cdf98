import Primitives

/// Who has cost block production time that nobody paid for, and until when they have to wait.
///
/// A transaction that is refused after it ran pays nothing. The pauses of its sender grow with each, to ten minutes. The
/// code that it called may belong to somebody else: calls of it need a trial run from now on, and after each refused one
/// the next trial waits a little longer, up to some seconds. Both are forgotten after ten minutes without another.
struct Penalties {
  private struct Entry {
    var strikes: UInt64
    /// Milliseconds.
    var until: UInt64
    var last: UInt64
  }

  /// Milliseconds.
  private static let memory: UInt64 = 600_000
  private static let firstPause: UInt64 = 500
  private static let senderPause: UInt64 = 600_000
  private static let codePause: UInt64 = 4_000
  /// Addresses of each kind; those that were struck longest ago are forgotten first.
  private static let capacity = 8_192

  private var senders: [Address: Entry] = [:]
  private var codes: [Address: Entry] = [:]

  var isEmpty: Bool { senders.isEmpty && codes.isEmpty }

  /// Notes a refusal after execution. `now` in milliseconds.
  mutating func strike(sender: Address, code: Address?, now: UInt64) {
    Self.strike(&senders, sender, longest: Self.senderPause, now)
    if let code { Self.strike(&codes, code, longest: Self.codePause, now) }
  }

  private static func strike(
    _ entries: inout [Address: Entry], _ address: Address, longest: UInt64, _ now: UInt64
  ) {
    var entry = entries[address] ?? Entry(strikes: 0, until: 0, last: now)
    if now > entry.last + memory { entry.strikes = 0 }
    entry.strikes += 1
    entry.last = now
    entry.until = now + min(longest, firstPause << min(entry.strikes - 1, 20))
    if entries[address] == nil, entries.count >= capacity { shrink(&entries, now) }
    entries[address] = entry
  }

  /// Forgets what is over, or else the older half.
  private static func shrink(_ entries: inout [Address: Entry], _ now: UInt64) {
    entries = entries.filter { now <= $0.value.last + memory }
    guard entries.count >= capacity else { return }
    let middle = entries.values.map(\.last).sorted()[entries.count / 2]
    entries = entries.filter { $0.value.last > middle }
  }

  /// Until when a call of `code` by `sender` waits, in milliseconds; 0 where it need not.
  func pause(sender: Address, code: Address?) -> UInt64 {
    max(senders[sender]?.until ?? 0, code.flatMap { codes[$0]?.until } ?? 0)
  }

  /// Whether a block may take the call only after a trial run.
  func requiresTrial(sender: Address, code: Address?, now: UInt64) -> Bool {
    func isRemembered(_ entry: Entry?) -> Bool { entry.map { now <= $0.last + Self.memory } ?? false }
    return isRemembered(senders[sender]) || isRemembered(code.flatMap { codes[$0] })
  }
}
