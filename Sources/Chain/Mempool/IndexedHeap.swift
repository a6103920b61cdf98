/// A binary heap over small integers, each with a priority, in which any of them can be moved or removed: the greatest
/// priority is on top. Every change takes O(log n), and finding the top O(1).
package struct IndexedHeap<Priority: Comparable> {
  private var items: [(id: Int, priority: Priority)] = []
  /// Where each integer stands in `items`; -1 for those that are not in the heap.
  private var positions: [Int] = []

  package init() {}

  package var count: Int { items.count }

  /// The integer with the greatest priority.
  package var top: (id: Int, priority: Priority)? { items.first }

  /// Puts `id` in, moves it to its new place, or takes it out where the priority is `nil`.
  package mutating func set(_ id: Int, _ priority: Priority?) {
    while positions.count <= id { positions.append(-1) }
    let position = positions[id]
    guard let priority else {
      if position >= 0 { remove(at: position) }
      return
    }
    if position >= 0 {
      items[position].priority = priority
      settle(position)
    } else {
      items.append((id, priority))
      positions[id] = items.count - 1
      settle(items.count - 1)
    }
  }

  private mutating func remove(at position: Int) {
    positions[items[position].id] = -1
    let last = items.removeLast()
    guard position < items.count else { return }
    items[position] = last
    positions[last.id] = position
    settle(position)
  }

  /// Moves an item up or down to where it belongs.
  private mutating func settle(_ start: Int) {
    var position = start
    while position > 0, case let parent = (position - 1) / 2, items[parent].priority < items[position].priority {
      swap(position, parent)
      position = parent
    }
    while true {
      var greatest = position
      for child in (2 * position + 1)...(2 * position + 2) where child < items.count {
        if items[greatest].priority < items[child].priority { greatest = child }
      }
      if greatest == position { return }
      swap(position, greatest)
      position = greatest
    }
  }

  private mutating func swap(_ a: Int, _ b: Int) {
    items.swapAt(a, b)
    positions[items[a].id] = a
    positions[items[b].id] = b
  }
}
