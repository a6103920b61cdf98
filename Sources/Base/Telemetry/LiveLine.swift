import Glibc
import Synchronization

/// The last line of a terminal, written over and over by work that takes long. What else is written to the same terminal
/// goes through ``write(_:)``, and takes the place of the line instead of standing behind it.
public final class LiveLine: Sendable {
  /// That of the program's output, where logs go.
  public static let standardOutput = LiveLine(STDOUT_FILENO)
  /// That of its errors, where commands show how far they are: their output is for whoever reads the result.
  public static let standardError = LiveLine(STDERR_FILENO)

  private struct State {
    var isOn = false
    var isShown = false
  }

  private let descriptor: Int32
  private let state = Mutex(State())

  package init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Has the line shown where somebody looks, which is a terminal's other end.
  public func turnOn() {
    let isTerminal = isatty(descriptor) == 1
    state.withLock { $0.isOn = isTerminal }
  }

  /// Whether there is a line to be seen.
  public var isOn: Bool { state.withLock { $0.isOn } }

  /// Shows `text` in place of what the line said before, as much of it as fits.
  public func show(_ text: String) {
    state.withLock { state in
      guard state.isOn else { return }
      state.isShown = true
      put("\r\(Self.erasing)\(text.prefix(width - 1))")
    }
  }

  /// Takes the line away.
  public func clear() { write([]) }

  /// Writes whole lines, with one call, so that those of several threads do not mix.
  public func write(_ lines: [UInt8]) {
    state.withLock { state in
      guard state.isShown else { return put(lines) }
      state.isShown = false
      put(Array("\r\(Self.erasing)".utf8) + lines)
    }
  }

  /// ECMA-48, EL: the line from the cursor on.
  private static let erasing = "\u{1b}[K"

  private var width: Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
    return Int(size.ws_col)
  }

  private func put(_ text: String) { put(Array(text.utf8)) }

  private func put(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    bytes.withUnsafeBytes { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
