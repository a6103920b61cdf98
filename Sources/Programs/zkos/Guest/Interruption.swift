import Dispatch
import Glibc

/// Runs something when the program is told to end (SIGINT, SIGTERM), instead of ending at once.
final class Interruption: @unchecked Sendable {
  /// Only made and cancelled, never changed.
  private let sources: [any DispatchSourceSignal]

  /// - Parameter body: gets the signal's number, on a thread of its own.
  init(_ body: @escaping @Sendable (Int32) -> Void) {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { body(number) }
      source.resume()
      return source
    }
  }

  func cancel() { for source in sources { source.cancel() } }
}
