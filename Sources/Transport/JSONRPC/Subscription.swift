import HTTP
import JSON
import NIOCore
import Synchronization

/// A stream of notifications to one client. Publishers keep it until ``whenEnded(_:)``.
public final class Subscription: Sendable {
  /// A random number of 128 bits in hexadecimal.
  public let id: String
  let socket: WebSocket
  /// All of a notification that comes before the item.
  private let head: ByteBuffer
  private let open = Atomic<Bool>(true)
  private let whenEnded = Mutex<(@Sendable () -> Void)?>(nil)

  init(socket: WebSocket, method: StaticString) {
    self.socket = socket
    // Without leading zeros, and always as long as those of geth mostly are.
    id = "0x" + String(UInt128.random(in: 1 << 124 ... .max), radix: 16)
    var writer = JSONWriter(capacity: 160)
    writer.beginObject()
    writer.key("jsonrpc")
    writer.string("2.0" as StaticString)
    writer.key("method")
    writer.string(method)
    writer.key("params")
    writer.beginObject()
    writer.key("subscription")
    writer.string(id)
    writer.key("result")
    head = writer.withUnsafeBytes { ByteBuffer(bytes: $0) }
  }

  public var isOpen: Bool { open.load(ordering: .acquiring) && socket.isOpen }

  func end() {
    open.store(false, ordering: .releasing)
    whenEnded.withLock { $0.take() }?()
  }

  /// Calls `body`, once, when the subscription has ended: at once where it has already.
  public func whenEnded(_ body: @escaping @Sendable () -> Void) {
    whenEnded.withLock { $0 = body }
    // Who ended it a moment ago found nobody to tell.
    if !open.load(ordering: .acquiring) { whenEnded.withLock { $0.take() }?() }
  }

  /// A notification of `item`, whose text is not copied.
  func message(_ item: NotificationItem) -> WebSocketMessage { WebSocketMessage(head: head, body: item.tail) }
}

/// What subscribers are notified of: written once, shared by all notifications of it.
public struct NotificationItem: Sendable {
  /// The item and what closes the notification around it.
  let tail: ByteBuffer

  /// - Parameter json: one JSON value.
  public init(json: [UInt8]) {
    var tail = ByteBuffer()
    tail.reserveCapacity(json.count + 2)
    tail.writeBytes(json)
    tail.writeString("}}")
    self.tail = tail
  }
}

/// Notifications for any number of subscriptions. They are gathered first and then sent, so that each connection needs one
/// turn of its event loop, and one write, for all of them.
public struct Notifications: Sendable {
  private var messages: [ObjectIdentifier: (socket: WebSocket, messages: [WebSocketMessage])] = [:]

  public init() {}

  /// Adds a notification of `item`; nothing where the subscription is over. Those of one connection keep their order.
  public mutating func add(_ item: NotificationItem, to subscription: Subscription) {
    guard subscription.isOpen else { return }
    let socket = subscription.socket
    messages[ObjectIdentifier(socket), default: (socket, [])].messages.append(subscription.message(item))
  }

  /// Sends all of them, from any thread.
  public consuming func send() {
    for (socket, messages) in messages.values {
      // Never straight from here on the event loop: the reply that names the subscription must come first.
      if socket.eventLoop.inEventLoop {
        socket.eventLoop.execute { socket.send(messages) }
      } else {
        socket.send(messages)
      }
    }
  }
}
