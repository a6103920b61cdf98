import HTTP
import JSON
import NIOCore
import Synchronization

/// One WebSocket client: its calls and its subscriptions.
public final class RPCSession: WebSocketSession {
  private struct State {
    var subscriptions: [String: Subscription] = [:]
    var isClosed = false
  }

  private let socket: WebSocket
  private let dispatcher: RPCDispatcher
  private let subscriptionLimit: Int
  private let state = Mutex(State())

  init(socket: WebSocket, dispatcher: RPCDispatcher, subscriptionLimit: Int) {
    self.socket = socket
    self.dispatcher = dispatcher
    self.subscriptionLimit = subscriptionLimit
  }

  public func receive(_ message: ByteBuffer, done: @escaping @Sendable () -> Void) {
    let socket = self.socket
    dispatcher.handle(Array(message.readableBytesView), context: RPCContext(session: self)) { reply in
      if let reply { socket.send(reply) }
      done()
    }
  }

  public func closed() {
    let subscriptions = state.withLock { state in
      state.isClosed = true
      return state.subscriptions.takeAll()
    }
    for subscription in subscriptions.values { subscription.end() }
  }

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
    return subscription
  }

  /// Ends a subscription; whether there was one.
  public func unsubscribe(_ id: String) -> Bool {
    let subscription = state.withLock { $0.subscriptions.removeValue(forKey: id) }
    subscription?.end()
    return subscription != nil
  }
}

/// A stream of notifications to one client. Publishers keep it and look at ``isOpen``.
public final class Subscription: Sendable {
  /// A random number of 128 bits in hexadecimal.
  public let id: String
  private let socket: WebSocket
  private let method: StaticString
  private let open = Atomic<Bool>(true)

  init(socket: WebSocket, method: StaticString) {
    self.socket = socket
    self.method = method
    id = "0x" + String(UInt128.random(in: .min ... .max), radix: 16)
  }

  public var isOpen: Bool { open.load(ordering: .acquiring) && socket.isOpen }

  func end() { open.store(false, ordering: .releasing) }

  /// Sends an item, which is JSON already, from any thread.
  public func send(result: [UInt8]) { notify("result", result) }

  /// Tells the client that there will be no item, and why, and ends.
  public func fail(_ error: RPCError) {
    var writer = JSONWriter()
    error.write(to: &writer)
    notify("error", writer.bytes)
    end()
  }

  private func notify(_ key: StaticString, _ json: [UInt8]) {
    guard isOpen else { return }
    var writer = JSONWriter(capacity: json.count + 160)
    writer.beginObject()
    writer.key("jsonrpc")
    writer.string("2.0" as StaticString)
    writer.key("method")
    writer.string(method)
    writer.key("params")
    writer.beginObject()
    writer.key("subscription")
    writer.string(id)
    writer.key(key)
    writer.raw(json)
    writer.endObject()
    writer.endObject()
    let text = writer.withUnsafeBytes { ByteBuffer(bytes: $0) }
    // Never straight from here on the event loop: the reply that names the subscription must come first.
    if socket.eventLoop.inEventLoop {
      socket.eventLoop.execute { [socket] in socket.send(text) }
    } else {
      socket.send(text)
    }
  }
}

extension Dictionary {
  fileprivate mutating func takeAll() -> Self {
    defer { self = [:] }
    return self
  }
}
