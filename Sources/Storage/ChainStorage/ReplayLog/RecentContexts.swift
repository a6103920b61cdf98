import Primitives
import ZKsyncOS

/// The contexts of some blocks, by the blocks' hashes: a block that takes the place of another has a context of its own.
struct RecentContexts {
  /// Each has up to 256 hashes.
  private static let most = 32
  private var contexts: [Bytes32: BlockContext] = [:]
  /// The one that was kept first at the beginning.
  private var order: [Bytes32] = []

  func value(_ hash: Bytes32) -> BlockContext? { contexts[hash] }

  mutating func keep(_ context: BlockContext, of hash: Bytes32) {
    if contexts.updateValue(context, forKey: hash) == nil { order.append(hash) }
    if order.count > Self.most { contexts[order.removeFirst()] = nil }
  }
}
