import Logging
import Synchronization

/// Says in the log how far the state tree is behind the chain: when it begins to be noticeable, each time it doubles, and
/// when it is over.
final class TreeLag: Sendable {
  /// Blocks behind that nobody needs to hear of: a few seconds' worth.
  static let noticeable: UInt64 = 64

  private let log: Logger
  /// The lag from which the log hears of it next.
  private let threshold = Mutex(TreeLag.noticeable)

  init(_ log: Logger) { self.log = log }

  func observe(tree: UInt64, head: UInt64) {
    let lag = head > tree ? head - tree : 0
    threshold.withLock { threshold in
      if lag >= threshold {
        threshold = lag * 2
        log.warning("the state tree is behind", metadata: ["blocks": "\(lag)", "tree": "\(tree)", "head": "\(head)"])
      } else if lag == 0, threshold > Self.noticeable {
        threshold = Self.noticeable
        log.info("the state tree has caught up", metadata: ["block": "\(tree)"])
      }
    }
  }
}
