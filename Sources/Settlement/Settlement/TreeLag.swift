import Logging
import Synchronization
import Telemetry

/// Says in the log how far the state tree is behind the chain: when it begins to be noticeable, each time it doubles, how it
/// catches up, and when it is over.
final class TreeLag: Sendable {
  /// Blocks behind that nobody needs to hear of: a few seconds' worth.
  static let noticeable: UInt64 = 64

  private let log: Logger
  private let state = Mutex(State())

  private struct State {
    /// The lag from which the log hears of it next.
    var threshold = TreeLag.noticeable
    /// The block from which the tree began to catch up, and how it does.
    var catchingUp: (from: UInt64, to: UInt64, line: ProgressLog)?
  }

  init(_ log: Logger) { self.log = log }

  func observe(tree: UInt64, head: UInt64) {
    let lag = head > tree ? head - tree : 0
    state.withLock { state in
      if lag >= state.threshold {
        state.threshold = lag * 2
        log.warning("the state tree is behind", metadata: ["blocks": "\(lag)", "tree": "\(tree)", "head": "\(head)"])
        // Counted to where the chain is now; under load there is more to do by then.
        state.catchingUp = (
          tree, head, ProgressLog(log, "the state tree catches up", unit: "blocks", total: head - tree)
        )
      } else if lag == 0, state.threshold > Self.noticeable {
        state.threshold = Self.noticeable
        state.catchingUp?.line.finish()
        state.catchingUp = nil
        log.info("the state tree has caught up", metadata: ["block": "\(tree)"])
      } else if let from = state.catchingUp?.from, tree > from {
        state.catchingUp?.line.advance(to: tree - from)
      }
    }
  }
}
