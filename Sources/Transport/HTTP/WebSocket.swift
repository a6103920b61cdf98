import NIOCore
import NIOWebSocket
import Synchronization

/// What a service keeps for one WebSocket client. All functions are called on the connection's event loop and must not
/// block it.
public protocol WebSocketSession: AnyObject, Sendable {
  /// A whole message has come. `done` must be called once, from any thread, when it has been worked off; until then it
  /// counts against the requests and the memory that the client may have in work.
  func receive(_ message: ByteBuffer, done: @escaping @Sendable () -> Void)

  /// What the client is told before it is disconnected because there is no memory for the rest of its message.
  var refusalForMemory: ByteBuffer { get }

  /// The client did not take what it was sent, and is disconnected with `reason`.
  func dropped(_ reason: String)

  /// The connection is gone. Called once; nothing that is sent afterwards arrives.
  func closed()
}

/// A text message in two parts: `body` may be shared by many messages and is not copied.
public struct WebSocketMessage: Sendable {
  let head: ByteBuffer
  let body: ByteBuffer
  /// As ``HTTPResponse/keeps``: such a message does not make its client too slow either.
  let keeps: (any Sendable)?

  public init(head: ByteBuffer = ByteBuffer(), body: ByteBuffer, keeps: (any Sendable)? = nil) {
    self.head = head
    self.body = body
    self.keeps = keeps
  }

  var count: Int { head.readableBytes + body.readableBytes }

  /// The bytes that count against the backlog of the client and the memory of the server.
  var counted: Int { keeps == nil ? count : 0 }
}

/// The way to a WebSocket client, from any thread.
///
/// A client that does not take its messages as fast as they come is disconnected, and told why: nothing is dropped
/// silently, and nothing piles up.
///
/// `@unchecked Sendable`: what is not atomic or constant is touched on the event loop only.
public final class WebSocket: @unchecked Sendable {
  public let eventLoop: any EventLoop
  let channel: any Channel
  /// Who the client is, as far as proxies that are trusted tell.
  public let client: IPAddress
  /// Whether that is one for whom no limits of a single client hold.
  public let isTrusted: Bool
  /// The headers of the request with which the client asked for the WebSocket.
  public let headers: HTTPHeaders
  /// What the server may hold.
  public let memory: MemoryBudget
  private let limits: HTTPServer.Limits
  /// Messages, and their bytes, handed over by other threads that the event loop has not yet seen.
  private let handedOver = Atomic<Int>(0), handedOverBytes = Atomic<Int>(0)

  /// Where frames are written as they are; `nil` until the connection is a WebSocket, and when it is gone.
  var wire: ChannelHandlerContext? {
    didSet { if wire == nil { release() } }
  }
  weak var session: (any WebSocketSession)?
  /// Whether a close frame was sent: nothing follows it.
  private(set) var isClosing = false
  /// Messages, and their bytes, that the client has not taken.
  private var waiting = 0, waitingBytes = 0

  /// What comes while a message goes out in pieces, between which no other may stand (RFC 6455, §5.4).
  private enum Held {
    case messages([WebSocketMessage])
    case piece(ByteBuffer, isLast: Bool, of: UInt64, taken: @Sendable (Bool) -> Void)
  }
  private var held: [Held] = []
  /// The message that goes out in pieces.
  private var current: UInt64?
  private let lastStream = Atomic<UInt64>(0)

  /// How long a slow client has to take what waits and learn why it is dropped.
  static let farewellTime = TimeAmount.seconds(1)

  init(
    channel: any Channel, headers: HTTPHeaders, client: IPAddress, isTrusted: Bool, memory: MemoryBudget,
    limits: HTTPServer.Limits
  ) {
    self.channel = channel
    self.headers = headers
    self.client = client
    self.isTrusted = isTrusted
    self.memory = memory
    self.limits = limits
    eventLoop = channel.eventLoop
  }

  public var isOpen: Bool { channel.isActive }

  /// Sends a text message.
  public func send(_ text: ByteBuffer, keeping keeps: (any Sendable)? = nil) {
    send([WebSocketMessage(body: text, keeps: keeps)])
  }

  /// Sends text messages: from another thread with one turn of the event loop for all of them.
  public func send(_ messages: [WebSocketMessage]) {
    guard !eventLoop.inEventLoop else { return write(messages) }
    let bytes = messages.reduce(0) { $0 + $1.counted }
    let isTooMany =
      handedOver.add(messages.count, ordering: .relaxed).newValue > limits.webSocketBacklogMessages
    let isTooMuch =
      handedOverBytes.add(bytes, ordering: .relaxed).newValue > limits.webSocketBacklogBytes
    eventLoop.execute {
      self.handedOver.subtract(messages.count, ordering: .relaxed)
      self.handedOverBytes.subtract(bytes, ordering: .relaxed)
      if !isTooMany, !isTooMuch { self.write(messages) } else { self.drop("messages come faster than they are sent") }
    }
  }

  private func write(_ messages: [WebSocketMessage]) {
    guard let wire, channel.isActive, !isClosing, !messages.isEmpty else { return }
    guard current == nil else {
      let bytes = messages.reduce(0) { $0 + $1.counted }
      held.append(.messages(messages))
      (waiting, waitingBytes) = (waiting + messages.count, waitingBytes + bytes)
      memory.take(bytes)
      return dropIfSlow()
    }
    var bytes = 0
    let taken = eventLoop.makePromise(of: Void.self)
    for (index, message) in messages.enumerated() {
      bytes += message.counted
      wire.write(NIOAny(Self.beginning(of: message)), promise: nil)
      wire.write(NIOAny(message.body), promise: index == messages.count - 1 ? taken : nil)
    }
    let count = messages.count, total = bytes
    waiting += count
    waitingBytes += total
    memory.take(total)
    let kept = messages.compactMap(\.keeps)
    taken.futureResult.whenComplete { _ in
      withExtendedLifetime(kept) {}
      self.waiting -= count
      self.waitingBytes -= total
      self.memory.giveBack(total)
    }
    wire.flush()
    dropIfSlow()
  }

  private func dropIfSlow() {
    if waiting > limits.webSocketBacklogMessages {
      drop("slow consumer: \(waiting) messages wait")
    } else if waitingBytes > limits.webSocketBacklogBytes {
      drop("slow consumer: \(waitingBytes) bytes wait")
    } else if waitingBytes > MemoryBudget.untouched, !memory.hasRoom() {
      drop("slow consumer, and the server's memory is spent")
    }
  }

  // MARK: Messages in pieces

  /// Begins a text message that goes out in pieces. Other messages wait for its end.
  public func stream() -> OutgoingStream {
    let number = lastStream.add(1, ordering: .relaxed).newValue
    return OutgoingStream(on: eventLoop) { piece, isLast, taken in
      self.carry(piece, isLast: isLast, of: number, taken)
    }
  }

  private func carry(
    _ piece: ByteBuffer, isLast: Bool, of number: UInt64, _ taken: @escaping @Sendable (Bool) -> Void
  ) {
    guard let wire, channel.isActive, !isClosing else { return taken(false) }
    guard current == nil || current == number else {
      return held.append(.piece(piece, isLast: isLast, of: number, taken: taken))
    }
    let opcode: UInt8 = current == nil ? 0x1 : 0x0
    current = number
    let bytes = piece.readableBytes, memory = self.memory
    memory.take(bytes)
    wire.write(NIOAny(Self.header(isLast ? 0x80 | opcode : opcode, count: bytes, more: 0)), promise: nil)
    let written = eventLoop.makePromise(of: Void.self)
    written.futureResult.whenComplete { result in
      memory.giveBack(bytes)
      taken((try? result.get()) != nil)
    }
    wire.writeAndFlush(NIOAny(piece), promise: written)
    if isLast {
      current = nil
      release()
    }
  }

  /// Sends what was held back. Where the connection is gone nothing is sent, and whoever waits is told.
  private func release() {
    let items = held
    held = []
    for item in items {
      switch item {
      case .messages(let messages):
        let bytes = messages.reduce(0) { $0 + $1.counted }
        (waiting, waitingBytes) = (waiting - messages.count, waitingBytes - bytes)
        memory.giveBack(bytes)
        write(messages)
      case .piece(let piece, let isLast, let number, let taken): carry(piece, isLast: isLast, of: number, taken)
      }
    }
  }

  /// The header of a frame with the whole message, and the message's own head.
  private static func beginning(of message: WebSocketMessage) -> ByteBuffer {
    var buffer = header(0x81, count: message.count, more: message.head.readableBytes)
    buffer.writeImmutableBuffer(message.head)
    return buffer
  }

  /// The header of a frame (RFC 6455, §5.2), in a buffer with room for `more` bytes.
  private static func header(_ first: UInt8, count: Int, more: Int) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: 10 + more)
    buffer.writeInteger(first)
    switch count {
    case ..<126: buffer.writeInteger(UInt8(count))
    case ..<65_536:
      buffer.writeInteger(126 as UInt8)
      buffer.writeInteger(UInt16(count))
    default:
      buffer.writeInteger(127 as UInt8)
      buffer.writeInteger(UInt64(count))
    }
    return buffer
  }

  /// Says goodbye with `code` and closes, after `time` even if the client has not taken all of it. On the event loop.
  func close(_ code: WebSocketErrorCode, _ reason: String = "", within time: TimeAmount? = nil) {
    guard !isClosing else { return }
    isClosing = true
    var data = ByteBuffer()
    data.write(webSocketErrorCode: code)
    // A control frame has room for 125 bytes.
    data.writeString(String(reason.prefix(100)))
    let channel = self.channel
    channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)).whenComplete { _ in
      channel.close(promise: nil)
    }
    if let time { eventLoop.scheduleTask(in: time) { channel.close(promise: nil) } }
  }

  private func drop(_ reason: String) {
    guard !isClosing else { return }
    session?.dropped(reason)
    close(.policyViolation, reason, within: Self.farewellTime)
  }
}
