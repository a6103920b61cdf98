import Glibc

/// Text with colours where somebody looks at it, and plain everywhere else.
public struct TerminalStyle: Sendable {
  private let isColoured: Bool

  /// Without colours where `isColoured` is not.
  public init(isColoured: Bool) { self.isColoured = isColoured }

  /// Text as it is.
  public static let plain = TerminalStyle(isColoured: false)

  /// Coloured where the standard output is a terminal, unless `NO_COLOR` says otherwise (no-color.org).
  public static var standardOutput: TerminalStyle {
    TerminalStyle(isColoured: isTerminal && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true))
  }

  /// Whether somebody looks at the standard output.
  public static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// For what is looked for first.
  public func bold(_ text: String) -> String { wrapped(text, "1") }

  /// For what matters less.
  public func faint(_ text: String) -> String { wrapped(text, "2") }

  /// For what everybody should read.
  public func warning(_ text: String) -> String { wrapped(text, "33") }

  /// For what went wrong.
  public func failure(_ text: String) -> String { wrapped(text, "31") }

  /// For what is as it should be.
  public func success(_ text: String) -> String { wrapped(text, "32") }

  /// For what only those want who look closer.
  public func detail(_ text: String) -> String { wrapped(text, "34") }

  /// For names of places.
  public func place(_ text: String) -> String { wrapped(text, "36") }

  /// `ESC [ code m` before, `ESC [ 0 m` behind: ECMA-48, SGR.
  private func wrapped(_ text: String, _ code: String) -> String {
    isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
