import Concurrency
import Synchronization

/// How whoever develops moves the chain: when blocks are made, on demand too, and what time they have. Nothing that it does
/// makes a block which could not be proved.
///
/// One who makes blocks asks it what to do next; any number of others tell it.
public final class DevelopmentControl: Sendable {
  private struct State {
    var mode = MiningMode.automatic
    /// In the order in which they came; the first is in work.
    var orders: [(id: Int, order: Order)] = []
    /// What came of orders for which somebody waits still.
    var results: [Int: Result<UInt64, OrderError>] = [:]
    var waiting: Set<Int> = []
    var lastID = 0
    /// On the monotonic clock, when the next block is due.
    var due: UInt64 = 0
    var isClosed = false
  }

  private enum Order {
    case blocks(BlockOrder)
    case pause(Pause)
  }

  /// Something that is done between two blocks, by whoever makes them; its result is that of the order.
  typealias Pause = @Sendable () throws(OrderError) -> UInt64

  /// What the next block is.
  enum Task {
    /// What it is on any chain.
    case live
    case ordered(id: Int, BlockOrder)
    /// One that is due by the clock.
    case timed
    /// None: this is done first.
    case pause(id: Int, Pause)
    /// None before then, unless there is news.
    case none(until: UInt64?)

    /// What a block has that is not made because something waits.
    var content: LiveSource.Ordered? {
      switch self {
      case .live, .none, .pause: nil
      case .ordered(_, let order): order.transactions.map { .these($0) } ?? .pool
      case .timed: .pool
      }
    }

    /// Whether a block without transactions is one, too.
    var allowsEmpty: Bool {
      switch self {
      case .live, .none, .pause: false
      case .ordered(_, let order): order.transactions == nil
      case .timed: true
      }
    }
  }

  public let clock: MovableClock
  private let state = Monitor(State())
  private let news = Mutex<@Sendable () -> Void>({})
  private let blockHandler = Mutex<@Sendable (UInt64) -> Void>({ _ in })

  public init(clock: MovableClock) { self.clock = clock }

  public var mode: MiningMode {
    get { state.read { $0.mode } }
    set {
      state.update { state in
        state.mode = newValue
        if case .interval(let time) = newValue { state.due = MonotonicClock.nanoseconds + time.nanoseconds }
      }
      tell()
    }
  }

  /// Calls `handler` whenever there may be something else to do.
  func onNews(_ handler: @escaping @Sendable () -> Void) { news.withLock { $0 = handler } }

  private func tell() { news.withLock { $0 }() }

  /// Orders blocks and waits for nobody.
  public func order(_ order: BlockOrder) {
    _ = add(.blocks(order), waits: false)
    tell()
  }

  /// Orders blocks; the number of the last, once it is made.
  func perform(_ order: BlockOrder, unless isCancelled: () -> Bool) throws(OrderError) -> UInt64 {
    try perform(.blocks(order), unless: isCancelled)
  }

  /// Does something between two blocks, on the thread of whoever makes them; its result.
  public func betweenBlocks(
    unless isCancelled: () -> Bool, _ body: @escaping @Sendable () throws(OrderError) -> UInt64
  ) throws(OrderError) -> UInt64 {
    try perform(.pause(body), unless: isCancelled)
  }

  /// Calls `handler` with the number of each block that is made, on the thread that made it.
  public func onBlock(_ handler: @escaping @Sendable (UInt64) -> Void) { blockHandler.withLock { $0 = handler } }

  private func perform(_ order: Order, unless isCancelled: () -> Bool) throws(OrderError) -> UInt64 {
    let id = add(order, waits: true)
    tell()
    defer {
      state.update { state in
        state.waiting.remove(id)
        state.results[id] = nil
        state.orders.removeAll { $0.id == id }
      }
    }
    while true {
      if let result = state.wait(until: MonotonicClock.nanoseconds + 50_000_000, { $0.results[id] }) {
        return try result.get()
      }
      if isCancelled() { throw .cancelled }
    }
  }

  private func add(_ order: Order, waits: Bool) -> Int {
    state.update { state in
      state.lastID += 1
      if state.isClosed {
        state.results[state.lastID] = .failure(.stopped)
      } else {
        state.orders.append((state.lastID, order))
      }
      if waits { state.waiting.insert(state.lastID) }
      return state.lastID
    }
  }

  // MARK: Who makes the blocks

  func next(at now: UInt64) -> Task {
    state.read { state in
      switch state.orders.first {
      case (let id, .blocks(let order))?: return .ordered(id: id, order)
      case (let id, .pause(let body))?: return .pause(id: id, body)
      case nil: break
      }
      switch state.mode {
      case .automatic: return .live
      case .manual: return .none(until: nil)
      case .interval: return now >= state.due ? .timed : .none(until: state.due)
      }
    }
  }

  /// A block of the task that was given last has been made, or none could be.
  func ended(_ task: Task, _ result: Result<UInt64, OrderError>) {
    if case .success(let number) = result {
      if case .pause = task {} else { blockHandler.withLock { $0 }(number) }
    }
    state.update { state in
      switch task {
      case .live, .none: break
      case .timed:
        guard case .interval(let time) = state.mode else { return }
        state.due = MonotonicClock.nanoseconds + time.nanoseconds
      case .ordered(let id, let order):
        // Whoever ordered it may have gone meanwhile.
        guard state.orders.first?.id == id else { return }
        if case .success = result, order.count > 1 {
          var rest = order
          rest.count -= 1
          rest.isContinued = true
          state.orders[0].order = .blocks(rest)
        } else {
          state.orders.removeFirst()
          if state.waiting.contains(id) { state.results[id] = result }
        }
      case .pause(let id, _):
        state.orders.removeAll { $0.id == id }
        if state.waiting.contains(id) { state.results[id] = result }
      }
    }
  }

  /// No more blocks are made.
  func close() {
    state.update { state in
      state.isClosed = true
      for (id, _) in state.orders where state.waiting.contains(id) { state.results[id] = .failure(.stopped) }
      state.orders = []
    }
  }
}
