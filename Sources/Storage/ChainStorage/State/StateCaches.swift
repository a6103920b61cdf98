import Primitives
import Synchronization

/// The newest values of hot slots, and hot preimages, in front of the database.
///
/// A slot's entry says since which block it holds, so that views of older blocks can use it too. Readers insert what
/// they found in the database only if no block was applied meanwhile: otherwise they might bring back an old value.
final class StateCaches: Sendable {
  struct SlotEntry {
    /// `nil` where no block has written the slot.
    var value: Bytes32?
    /// The block that wrote the value; 0 where none did.
    var since: UInt64
  }

  enum Lookup {
    case hit(SlotEntry)
    /// With the last block that the shard has seen, which ``insert(_:_:seen:)`` asks for.
    case miss(seen: UInt64)
  }

  private final class SlotShard: Sendable {
    let state: Mutex<(cache: GenerationalCache<Bytes32, SlotEntry>, seen: UInt64)>

    init(capacity: Int, seen: UInt64) { state = Mutex((GenerationalCache(capacity: capacity), seen)) }
  }

  private final class PreimageShard: Sendable {
    let cache: Mutex<GenerationalCache<Bytes32, [UInt8]>>

    init(capacity: Int) { cache = Mutex(GenerationalCache(capacity: capacity)) }
  }

  private static let shardCount = 16
  private let slots: [SlotShard]
  private let preimages: [PreimageShard]

  /// - Parameters:
  ///   - slotCount: slots kept at least; up to twice as many.
  ///   - preimageBytes: bytes of preimages kept at least; up to twice as many.
  init(slotCount: Int, preimageBytes: Int, seen: UInt64) {
    let shards = Self.shardCount
    slots = (0..<shards).map { _ in SlotShard(capacity: max(1, slotCount / shards), seen: seen) }
    preimages = (0..<shards).map { _ in PreimageShard(capacity: max(1, preimageBytes / shards)) }
  }

  /// Keys are hashes, so that any of their bits spread them evenly.
  private static func shard(_ key: Bytes32) -> Int { Int(key.w3 >> 60) }

  func slot(_ key: Bytes32) -> Lookup {
    slots[Self.shard(key)].state.withLock { state in
      state.cache.value(key).map { .hit($0) } ?? .miss(seen: state.seen)
    }
  }

  func insert(_ key: Bytes32, _ entry: SlotEntry, seen: UInt64) {
    slots[Self.shard(key)].state.withLock { state in
      if state.seen == seen { state.cache.insert(key, entry) }
    }
  }

  /// Forgets the values of all slots; the database has `block` as its newest.
  func forgetSlots(seen block: UInt64) {
    for shard in slots {
      shard.state.withLock { $0 = (GenerationalCache(capacity: $0.cache.capacity), block) }
    }
  }

  func preimage(_ hash: Bytes32) -> [UInt8]? {
    preimages[Self.shard(hash)].cache.withLock { $0.value(hash) { Self.weight($0) } }
  }

  func insert(_ hash: Bytes32, _ bytes: [UInt8]) {
    preimages[Self.shard(hash)].cache.withLock { $0.insert(hash, bytes, weight: Self.weight(bytes)) }
  }

  private static func weight(_ bytes: [UInt8]) -> Int { bytes.count + 64 }

  /// The database has the block now: its values are the newest.
  func apply(_ block: StateChange) {
    var byShard = [[(Bytes32, Bytes32)]](repeating: [], count: Self.shardCount)
    for (key, value) in block.slots { byShard[Self.shard(key)].append((key, value)) }
    // What an account's slot held before is the hash of properties that only older views still ask for. Without taking
    // them out, the cache would fill with the past of the accounts that change most.
    var replaced: [Bytes32] = []
    for (shard, writes) in zip(slots, byShard) {
      shard.state.withLock { state in
        state.seen = block.number
        for (key, value) in writes {
          if let before = state.cache.value(key)?.value, before != value { replaced.append(before) }
          state.cache.insert(key, SlotEntry(value: value, since: block.number))
        }
      }
    }
    for hash in replaced {
      preimages[Self.shard(hash)].cache.withLock { $0.remove(hash) { Self.weight($0) } }
    }
    for (hash, bytes) in block.preimages { insert(hash, bytes) }
  }
}
