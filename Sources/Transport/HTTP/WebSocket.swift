import NIOCore
import NIOHTTP1
import NIOWebSocket
import Synchronization

/// What a service keeps for one WebSocket client. Both functions are called on the connection's event loop and must not
/// block it.
public protocol WebSocketSession: AnyObject, Sendable {
  /// A whole message has come. `done` must be called once, from any thread, when it has been worked off; until then it
  /// counts against the requests that the client may have in work.
  func receive(_ message: ByteBuffer, done: @escaping @Sendable () -> Void)

  /// The connection is gone. Called once; nothing that is sent afterwards arrives.
  func closed()
}

/// The way to a WebSocket client, from any thread.
public final class WebSocket: Sendable {
  let channel: any Channel
  private let limits: HTTPServer.Limits
  /// Messages handed over by other threads that the event loop has not yet written.
  private let handedOver = Atomic<Int>(0)
  private static let handedOverLimit = 4_096

  init(channel: any Channel, limits: HTTPServer.Limits) {
    self.channel = channel
    self.limits = limits
  }

  public var eventLoop: any EventLoop { channel.eventLoop }

  public var isOpen: Bool { channel.isActive }

  /// Sends a text message. A client that does not take its messages as fast as they come is disconnected: nothing is
  /// dropped silently, and nothing piles up.
  public func send(_ text: ByteBuffer) {
    if channel.eventLoop.inEventLoop { return write(text) }
    guard handedOver.add(1, ordering: .relaxed).newValue <= Self.handedOverLimit else {
      handedOver.subtract(1, ordering: .relaxed)
      return disconnect()
    }
    channel.eventLoop.execute {
      self.handedOver.subtract(1, ordering: .relaxed)
      self.write(text)
    }
  }

  /// Says goodbye with `code` and closes.
  public func close(_ code: WebSocketErrorCode) {
    var data = ByteBuffer()
    data.write(webSocketErrorCode: code)
    let channel = self.channel
    channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)).whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  private func write(_ text: ByteBuffer) {
    guard channel.isActive else { return }
    channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .text, data: text), promise: nil)
    if backlog > limits.webSocketBacklogBytes { disconnect() }
  }

  /// Bytes that wait for the client. Only on the event loop.
  private var backlog: Int { (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

  private func disconnect() { channel.close(promise: nil) }
}

/// The frames of one WebSocket connection: messages to the session, control frames answered, pings sent.
final class WebSocketConnection: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = WebSocketFrame
  typealias OutboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let socket: WebSocket
  private let limits: HTTPServer.Limits
  private var session: (any WebSocketSession)?
  private var inWork = 0
  private var isReadHeld = false
  private var isClosing = false
  private var awaitsPong = false
  private var pings: RepeatedTask?

  private init(socket: WebSocket, session: any WebSocketSession, limits: HTTPServer.Limits) {
    self.socket = socket
    self.session = session
    self.limits = limits
  }

  /// Turns an HTTP connection into a WebSocket one, on any path.
  static func upgrader(service: any HTTPService, limits: HTTPServer.Limits) -> NIOWebSocketServerUpgrader {
    NIOWebSocketServerUpgrader(
      maxFrameSize: limits.bodyBytes, automaticErrorHandling: true,
      shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
      upgradePipelineHandler: { channel, _ in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          pipeline.removeHandler(context: try pipeline.context(handlerType: HTTPConnection.self), promise: nil)
          let socket = WebSocket(channel: channel, limits: limits)
          guard let session = service.openSession(on: socket) else { return channel.close(promise: nil) }
          try pipeline.addHandler(
            NIOWebSocketFrameAggregator(
              minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1_024, maxAccumulatedFrameSize: limits.bodyBytes))
          try pipeline.addHandler(WebSocketConnection(socket: socket, session: session, limits: limits))
        }
      })
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let interval = limits.pingInterval
    pings = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in self.ping() }
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    pings?.cancel()
    pings = nil
    session.take()?.closed()
  }

  private func ping() {
    if awaitsPong { return socket.channel.close(promise: nil) }
    awaitsPong = true
    socket.channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()), promise: nil)
  }

  // MARK: Frames

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .text, .binary:
      guard !isClosing, let session else { return }
      inWork += 1
      let loop = context.eventLoop
      session.receive(frame.unmaskedData) {
        if loop.inEventLoop { self.workDone() } else { loop.execute { self.workDone() } }
      }
    case .ping:
      context.writeAndFlush(
        wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
    case .pong: awaitsPong = false
    case .connectionClose:
      guard !isClosing else { return context.close(promise: nil) }
      isClosing = true
      var reason = frame.unmaskedData
      socket.close(reason.readWebSocketErrorCode() ?? .normalClosure)
    default: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isClosing else { return }
    isClosing = true
    // Errors of the frame decoder are answered by NIO's own handler, which then closes.
    guard !(error is NIOWebSocketError) else { return }
    let isTooLarge = (error as? NIOWebSocketFrameAggregator.Error) == .accumulatedFrameSizeIsTooLarge
    socket.close(isTooLarge ? .messageTooLarge : .protocolError)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent, !isClosing {
      isClosing = true
      socket.close(.goingAway)
    }
    context.fireUserInboundEventTriggered(event)
  }

  // MARK: Back-pressure

  private var mayRead: Bool { inWork < limits.webSocketRequestsInWork && socket.channel.isWritable }

  func read(context: ChannelHandlerContext) {
    if mayRead { context.read() } else { isReadHeld = true }
  }

  private func workDone() {
    inWork -= 1
    resumeReading()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    resumeReading()
    context.fireChannelWritabilityChanged()
  }

  private func resumeReading() {
    guard isReadHeld, mayRead else { return }
    isReadHeld = false
    socket.channel.read()
  }
}
