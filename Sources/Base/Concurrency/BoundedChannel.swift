import Synchronization

/// A queue of bounded length between two stages, each with a thread of its own.
///
/// Sending to a full channel waits: a slow stage slows down those before it instead of filling the memory. Nothing in a
/// channel survives the process; a stage resumes from its own last block by reading the replay log.
public final class BoundedChannel<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    /// Elements at the front that are already taken.
    var head = 0
    var isClosed = false

    var count: Int { elements.count - head }

    mutating func popFirst() -> Element? {
      guard head < elements.count else { return nil }
      let element = elements[head]
      head += 1
      if head == elements.count || head > 64 {
        elements.removeFirst(head)
        head = 0
      }
      return element
    }
  }

  private enum Attempt {
    case done(Element?)
    case mustWait
  }

  public let capacity: Int
  private let state = Mutex(State())
  private let changed = Signal()

  public init(capacity: Int) {
    precondition(capacity > 0, "a channel without room would never let anything through")
    self.capacity = capacity
  }

  /// How many elements wait.
  public var count: Int { state.withLock { $0.count } }

  /// Waits for room and puts the element in; false where the channel is closed.
  @discardableResult
  public func send(_ element: Element) -> Bool {
    while true {
      let generation = changed.generation
      let sent = state.withLock { state -> Bool? in
        if state.isClosed { return false }
        guard state.count < capacity else { return nil }
        state.elements.append(element)
        return true
      }
      if let sent {
        if sent { changed.notify() }
        return sent
      }
      changed.wait(after: generation)
    }
  }

  /// Waits for an element; `nil` once the channel is closed and empty.
  public func receive() -> Element? {
    while true {
      let generation = changed.generation
      let attempt = state.withLock { state -> Attempt in
        if let element = state.popFirst() { return .done(element) }
        return state.isClosed ? .done(nil) : .mustWait
      }
      if case .done(let element) = attempt {
        if element != nil { changed.notify() }
        return element
      }
      changed.wait(after: generation)
    }
  }

  /// Waits for an element, and gives all that there are, at least one, without taking them: they keep their room until
  /// ``remove(_:)``. `nil` once the channel is closed and empty. For a channel with one receiver.
  public func waitForAll() -> [Element]? {
    while true {
      let generation = changed.generation
      let seen = state.withLock { state -> [Element]?? in
        if state.count > 0 { return .some(Array(state.elements[state.head...])) }
        return state.isClosed ? .some(nil) : nil
      }
      if let seen { return seen }
      changed.wait(after: generation)
    }
  }

  /// Takes the first elements, of which there are at least as many.
  public func remove(_ count: Int) {
    state.withLock { state in for _ in 0..<count { _ = state.popFirst() } }
    changed.notify()
  }

  /// Ends the channel: what is in it can still be received, nothing more can be sent.
  public func close() {
    state.withLock { $0.isClosed = true }
    changed.notify()
  }
}
