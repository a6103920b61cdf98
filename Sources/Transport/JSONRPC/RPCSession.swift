import Concurrency
import HTTP
import JSON
import Logging
import NIOCore
import Synchronization

/// One WebSocket client: its calls and its subscriptions.
public final class RPCSession: WebSocketSession {
  private struct State {
    var subscriptions: [String: Subscription] = [:]
    /// Messages in work on a pool, with the time at which they are given up.
    var work: [UInt64: (work: RPCWork, deadline: NIODeadline)] = [:]
    var lastWork: UInt64 = 0
    /// Whether a timer looks at the work.
    var isTimed = false
    var isClosed = false
  }

  private let socket: WebSocket
  private let dispatcher: RPCDispatcher
  private let subscriptionLimit: Int
  private let credentials: RPCAuthorization.Credentials
  private let purse: RPCPurse?
  private let log: Logger
  private let state = Mutex(State())
  private let heavy = Atomic<Int>(0)

  init(
    socket: WebSocket, dispatcher: RPCDispatcher, subscriptionLimit: Int,
    credentials: RPCAuthorization.Credentials, purse: RPCPurse?, log: Logger
  ) {
    self.socket = socket
    self.dispatcher = dispatcher
    self.subscriptionLimit = subscriptionLimit
    self.credentials = credentials
    self.purse = purse
    self.log = log
  }

  public func receive(_ message: ByteBuffer, done: @escaping @Sendable () -> Void) {
    let socket = self.socket
    let number = state.withLock { state in
      state.lastWork += 1
      return state.lastWork
    }
    let text = Array(message.readableBytesView)
    let context = RPCContext(session: self, client: client, credentials: credentials, purse: purse)
    let work = dispatcher.handle(text, context, memory: socket.memory, stream: { socket.stream() }) { reply in
      let finish: @Sendable () -> Void = {
        if let reply { socket.send(reply.text, keeping: reply.claim) }
        self.state.withLock { $0.work[number] = nil }
        done()
      }
      // From a pool it comes in a later turn of the event loop than the note of the work below.
      if socket.eventLoop.inEventLoop { finish() } else { socket.eventLoop.execute(finish) }
    }
    guard let work else { return }
    let startsTimer = state.withLock { state in
      state.work[number] = (work, .now() + work.timeLimit)
      defer { state.isTimed = true }
      return !state.isTimed
    }
    if startsTimer { startTimer(in: work.timeLimit) }
  }

  /// One timer for all the work: it gives up what is late and goes on with what is left.
  private func startTimer(in time: TimeAmount) {
    socket.eventLoop.scheduleTask(in: time) {
      let now = NIODeadline.now()
      let (late, next) = self.state.withLock { state in
        let late = state.work.values.filter { $0.deadline <= now }.map(\.work)
        let next = state.work.values.lazy.map(\.deadline).filter { $0 > now }.min()
        state.isTimed = next != nil
        return (late, next)
      }
      for work in late { work.cancel(.timeLimit) }
      if let next { self.startTimer(in: next - now) }
    }
  }

  public var refusalForMemory: ByteBuffer {
    dispatcher.metrics.refusedAsBusy(.memory)
    return RPCDispatcher.reply(.busy(.memory))
  }

  public func dropped(_ reason: String) {
    dispatcher.metrics.slowClients.increment()
    log.warning(
      "a WebSocket client is dropped",
      metadata: ["reason": "\(reason)", "client": "\(client)", "subscriptions": "\(subscriptionCount)"])
  }

  public var client: RPCClient { socket.client }

  private var subscriptionCount: Int { state.withLock { $0.subscriptions.count } }

  public func closed() {
    let (subscriptions, work) = state.withLock { state in
      state.isClosed = true
      defer { (state.subscriptions, state.work) = ([:], [:]) }
      return (Array(state.subscriptions.values), state.work.values.map(\.work))
    }
    for subscription in subscriptions { end(subscription) }
    for piece in work { piece.cancel(.clientGone) }
  }

  // MARK: Heavy calls

  /// Counts one more message with heavy methods; false where there are `limit` already.
  func beginHeavy(limit: Int) -> Bool {
    guard heavy.add(1, ordering: .relaxed).newValue <= limit else {
      endHeavy()
      return false
    }
    return true
  }

  func endHeavy() { heavy.subtract(1, ordering: .relaxed) }

  // MARK: Subscriptions

  /// Begins a subscription whose items go out as notifications of `method`. Its id is the result of the call, and the reply
  /// must be written before the first item: the call must run on the connection's event loop, which it does unless it
  /// shares a batch with a pooled method.
  public func subscribe(notifying method: StaticString) throws(RPCError) -> Subscription {
    guard socket.eventLoop.inEventLoop else { throw .refused("subscribe in a message of its own") }
    let subscription = Subscription(socket: socket, method: method)
    let isAccepted = state.withLock { state in
      guard !state.isClosed, state.subscriptions.count < subscriptionLimit else { return false }
      state.subscriptions[subscription.id] = subscription
      return true
    }
    guard isAccepted else { throw .tooManySubscriptions(subscriptionLimit) }
    dispatcher.metrics.subscriptionsBegun.increment()
    return subscription
  }

  /// Ends a subscription; whether there was one.
  public func unsubscribe(_ id: String) -> Bool {
    guard let subscription = state.withLock({ $0.subscriptions.removeValue(forKey: id) }) else { return false }
    end(subscription)
    return true
  }

  private func end(_ subscription: Subscription) {
    subscription.end()
    dispatcher.metrics.subscriptionsEnded.increment()
  }
}
