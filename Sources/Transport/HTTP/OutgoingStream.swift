import Concurrency
import NIOCore

/// A response or a message that goes out in pieces while a thread makes it: what the client has not taken holds the thread
/// back, so that neither the length of an answer nor a slow reader makes the process grow.
///
/// One thread sends, and ends the stream once.
public final class OutgoingStream: Sendable {
  private struct State {
    /// Bytes that were sent and that the client has not taken.
    var onTheWay = 0
    /// Whether the connection is gone.
    var isBroken = false
  }

  /// Takes a piece on the event loop and tells when the client has taken it, or that it never will.
  typealias Carrier =
    @Sendable (_ piece: ByteBuffer, _ isLast: Bool, _ taken: @escaping @Sendable (_ isTaken: Bool) -> Void) -> Void

  /// Bytes on the way with which a sender waits.
  private static let window = 1 << 20
  /// How often a sender that waits asks whether it still should, in nanoseconds.
  private static let patience: UInt64 = 50_000_000

  private let eventLoop: any EventLoop
  private let carrier: Carrier
  private let state = Monitor(State())

  init(on eventLoop: any EventLoop, _ carrier: @escaping Carrier) {
    self.eventLoop = eventLoop
    self.carrier = carrier
  }

  /// Sends a piece, and before that waits for the client to take what is on the way. Not to be called on an event loop.
  ///
  /// - Returns: false where the client is gone, or `cancellation` came while it waited; the piece is then not sent.
  public func send(_ piece: ByteBuffer, cancellation: Cancellation) -> Bool {
    var hasRoom: Bool?
    while hasRoom == nil {
      hasRoom = state.wait(until: MonotonicClock.nanoseconds + Self.patience) { state in
        state.isBroken ? false : state.onTheWay < Self.window ? true : nil
      }
      if cancellation.isCancelled { return false }
    }
    guard hasRoom == true else { return false }
    hand(piece, isLast: false)
    return true
  }

  /// Sends the last piece, which may be empty.
  public func end(_ last: ByteBuffer) { hand(last, isLast: true) }

  private func hand(_ piece: ByteBuffer, isLast: Bool) {
    let bytes = piece.readableBytes
    state.update { $0.onTheWay += bytes }
    eventLoop.execute { [self] in
      carrier(piece, isLast) { [state] isTaken in
        state.update { state in
          state.onTheWay -= bytes
          if !isTaken { state.isBroken = true }
        }
      }
    }
  }
}
