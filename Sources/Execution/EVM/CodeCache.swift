// Analysed code shared between executions and threads.

import Primitives
import Synchronization

/// A bounded cache of analysed code by its hash.
///
/// Any collision-free hash of the bytes serves as the key; a state that names code by several kinds of hash uses one
/// cache per kind. When the byte budget is exceeded, entries go in the order in which they came, except that one used
/// since it was last looked at gets a second round (the CLOCK policy). Safe to use from several threads.
public final class CodeCache: Sendable {
  private struct Entry {
    var code: Code
    var wasUsed: Bool
  }

  private struct Content {
    var entries: [Bytes32: Entry] = [:]
    var queue: [Bytes32] = []
    /// Index in `queue` of the oldest key.
    var head = 0
    var bytes = 0
  }

  private let content = Mutex(Content())
  private let capacity: Int
  private let translations: TranslationBudget

  /// - Parameter capacity: bytes of code, of its analysis (a byte for each, and a constant) and of its translations, that the
  ///   cache may hold.
  public init(capacity: Int = 64 << 20) {
    self.capacity = capacity
    translations = TranslationBudget(limit: capacity)
  }

  /// The code with that hash; `load` is asked for its bytes if the cache does not have it.
  public func code<E: Error>(_ hash: Bytes32, load: () throws(E) -> [UInt8]) throws(E) -> Code {
    if let code = lookup(hash) { return code }
    // Loading happens outside of the lock: two threads may analyse the same code, and the first to store it wins.
    return store(Code(try load(), .standard, budget: translations), hash)
  }

  /// Bytes that the translations of the codes held occupy.
  package var translationBytes: Int { translations.used }

  /// Number of codes held.
  public var count: Int { content.withLock { $0.entries.count } }

  private func lookup(_ hash: Bytes32) -> Code? {
    content.withLock { content in
      guard let index = content.entries.index(forKey: hash) else { return nil }
      content.entries.values[index].wasUsed = true
      let code = content.entries.values[index].code
      evict(&content)
      return code
    }
  }

  private func store(_ code: Code, _ hash: Bytes32) -> Code {
    content.withLock { content in
      if let known = content.entries[hash] { return known.code }
      content.entries[hash] = Entry(code: code, wasUsed: false)
      content.queue.append(hash)
      content.bytes += CodeCache.size(code)
      evict(&content)
      return code
    }
  }

  /// Drops entries until the budget suffices.
  private func evict(_ content: inout Content) {
    while content.bytes + translations.used > capacity && content.entries.count > 1 {
      CodeCache.evictOldest(&content)
    }
  }

  /// Drops the oldest entry, unless it was used since it was last looked at.
  private static func evictOldest(_ content: inout Content) {
    let hash = content.queue[content.head]
    content.head += 1
    if content.head * 2 > content.queue.count {
      content.queue.removeFirst(content.head)
      content.head = 0
    }
    guard let entry = content.entries[hash] else { return }
    if entry.wasUsed {
      content.entries[hash]?.wasUsed = false
      content.queue.append(hash)
    } else {
      content.entries[hash] = nil
      content.bytes -= size(entry.code)
    }
  }

  private static func size(_ code: Code) -> Int { 2 * code.count + 256 }
}
