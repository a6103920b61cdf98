/// A bounded map that forgets what has not been used for a while.
///
/// Two dictionaries: new and used entries are in the young one; when that is full it becomes the old one, and what was
/// old and not used since is dropped. Every operation takes constant time, and no list has to be kept in order.
struct GenerationalCache<Key: Hashable, Value> {
  private var young: [Key: Value] = [:]
  private var old: [Key: Value] = [:]
  private var youngWeight = 0
  /// The weight of one generation; both together may reach twice as much.
  let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { young.count + old.count }

  /// The value of `key`, which counts as a use.
  mutating func value(_ key: Key, weight: (Value) -> Int = { _ in 1 }) -> Value? {
    if let value = young[key] { return value }
    guard let value = old.removeValue(forKey: key) else { return nil }
    insert(key, value, weight: weight(value))
    return value
  }

  mutating func insert(_ key: Key, _ value: Value, weight: Int = 1) {
    if youngWeight + weight > capacity {
      old = young
      young = [:]
      youngWeight = 0
    }
    if young.updateValue(value, forKey: key) == nil { youngWeight += weight }
    old[key] = nil
  }

  /// Forgets `key`.
  mutating func remove(_ key: Key, weight: (Value) -> Int = { _ in 1 }) {
    if let value = young.removeValue(forKey: key) { youngWeight -= weight(value) } else { old[key] = nil }
  }
}
