import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The frames of one WebSocket connection: messages to the session, control frames answered, pings sent.
///
/// `@unchecked Sendable`: everything here happens on the connection's event loop.
final class WebSocketConnection: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = WebSocketFrame
  typealias OutboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let socket: WebSocket
  private let limits: HTTPServer.Limits
  private let memory: MemoryBudget
  private var session: (any WebSocketSession)?
  /// Messages that the session has, and their bytes.
  private var inWork = 0, inWorkBytes = 0
  private var awaitsPong = false
  private var pings: RepeatedTask?

  // What has come of a message that is not whole.
  private var counter = WebSocketFrameCounter()
  /// Since when it comes; moved on where it was not the client who paused.
  private var partialSince: NIODeadline?
  private var partialTimer: Scheduled<Void>?

  private var isReadHeld = false
  private var memoryTicket: UInt64?
  private var memoryTimer: Scheduled<Void>?
  /// Since when it waits for memory, and how long the message had waited before.
  private var memoryWaitSince = NIODeadline.now()
  private var memoryWaited = TimeAmount.zero

  private init(socket: WebSocket, session: any WebSocketSession, limits: HTTPServer.Limits) {
    self.socket = socket
    self.session = session
    self.limits = limits
    memory = socket.memory
  }

  /// Turns an HTTP connection into a WebSocket one, on any path.
  static func upgrader(
    service: any HTTPService, limits: HTTPServer.Limits, access: HTTPAccess, memory: MemoryBudget
  ) -> NIOWebSocketServerUpgrader {
    NIOWebSocketServerUpgrader(
      maxFrameSize: limits.bodyBytes, automaticErrorHandling: true,
      shouldUpgrade: { channel, head in
        // What is refused goes on to the HTTP connection, which says why.
        let isRefused = HTTPRules.refusal(of: head, offersWebSocket: true, access: access) != nil
        return channel.eventLoop.makeSucceededFuture(isRefused ? nil : HTTPHeaders())
      },
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          let connection = try pipeline.handler(type: HTTPConnection.self)
          guard connection.identify(head.headers) else { return channel.close(promise: nil) }
          pipeline.removeHandler(context: try pipeline.context(handlerType: HTTPConnection.self), promise: nil)
          let socket = WebSocket(
            channel: channel, headers: head.headers, client: connection.client, isTrusted: connection.isTrusted,
            memory: memory, limits: limits)
          guard let session = service.openSession(on: socket) else { return channel.close(promise: nil) }
          socket.session = session
          let frames = WebSocketConnection(socket: socket, session: session, limits: limits)
          try pipeline.addHandler(WebSocketWire(frames), position: .first)
          try pipeline.addHandler(
            NIOWebSocketFrameAggregator(
              minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1_024, maxAccumulatedFrameSize: limits.bodyBytes))
          try pipeline.addHandler(frames)
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
    guard let session else { return }
    self.session = nil
    pings?.cancel()
    pings = nil
    partialTimer?.cancel()
    stopWaitingForMemory()
    memory.giveBack(counter.partial)
    counter = WebSocketFrameCounter()
    session.closed()
  }

  private func ping() {
    if awaitsPong { return socket.channel.close(promise: nil) }
    awaitsPong = true
    socket.channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()), promise: nil)
  }

  // MARK: Bytes

  fileprivate func wireIsUp(_ context: ChannelHandlerContext) { socket.wire = context }

  fileprivate func wireIsDown() { socket.wire = nil }

  /// Bytes have come, before they are frames; whether they are to become any.
  fileprivate func received(_ bytes: ByteBuffer) -> Bool {
    guard session != nil, !socket.isClosing else { return true }
    let (before, messages) = (counter.partial, counter.messages)
    counter.count(bytes.readableBytesView)
    if counter.messages != messages { memoryWaited = .zero }
    let more = counter.partial - before
    if more > 0 { memory.take(more) } else { memory.giveBack(-more) }
    if counter.isBroken {
      socket.close(.protocolError, within: WebSocket.farewellTime)
      return false
    }
    if counter.partial == 0 {
      partialSince = nil
    } else if partialSince == nil || counter.messages != messages {
      partialSince = .now()
      if partialTimer == nil { startPartialTimer(in: limits.requestTime) }
    }
    return true
  }

  /// Sees to it that a message is whole in time: its beginning holds memory. One timer is enough, which looks at what is
  /// there when it fires.
  private func startPartialTimer(in time: TimeAmount) {
    partialTimer = socket.eventLoop.scheduleTask(in: time) {
      self.partialTimer = nil
      guard self.session != nil, let since = self.partialSince else { return }
      let left = since + self.limits.requestTime - .now()
      if self.isReadHeld {
        self.startPartialTimer(in: self.limits.requestTime)
      } else if left > .zero {
        self.startPartialTimer(in: left)
      } else {
        self.socket.close(.policyViolation, "the message took too long to come", within: WebSocket.farewellTime)
      }
    }
  }

  // MARK: Frames

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .text, .binary:
      guard !socket.isClosing, let session else { return }
      let bytes = frame.length, message = frame.unmaskedData
      guard frame.opcode == .binary || message.isUTF8 else {
        return socket.close(.dataInconsistentWithMessage, "the text is not UTF-8", within: WebSocket.farewellTime)
      }
      inWork += 1
      inWorkBytes += bytes
      memory.take(bytes)
      let loop = context.eventLoop
      session.receive(message) {
        if loop.inEventLoop { self.workDone(bytes) } else { loop.execute { self.workDone(bytes) } }
      }
    case .ping:
      guard !socket.isClosing else { return }
      context.writeAndFlush(
        wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
    case .pong: awaitsPong = false
    case .connectionClose:
      guard !socket.isClosing else { return context.close(promise: nil) }
      socket.close(Self.answer(toClose: frame.unmaskedData))
    default: break
    }
  }

  /// The code with which a close frame is answered (RFC 6455, §5.5.1 and §7.4): its own, unless it must not be sent.
  private static func answer(toClose payload: ByteBuffer) -> WebSocketErrorCode {
    guard payload.readableBytes > 0 else { return .normalClosure }
    var payload = payload
    guard let code = payload.readInteger(as: UInt16.self) else { return .protocolError }
    switch code {
    case 1_000...1_003, 1_007...1_014, 3_000...4_999: break
    default: return .protocolError
    }
    guard payload.isUTF8 else { return .dataInconsistentWithMessage }
    return WebSocketErrorCode(codeNumber: Int(code))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Errors of the frame decoder are answered by NIO's own handler, which then closes.
    guard !(error is NIOWebSocketError) else { return }
    let isTooLarge = (error as? NIOWebSocketFrameAggregator.Error) == .accumulatedFrameSizeIsTooLarge
    socket.close(isTooLarge ? .messageTooLarge : .protocolError)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent { socket.close(.goingAway) }
    context.fireUserInboundEventTriggered(event)
  }

  // MARK: Back-pressure

  /// What comes after a close frame is not kept.
  private var hasMemory: Bool {
    socket.isClosing || counter.partial + inWorkBytes <= MemoryBudget.untouched || memory.hasRoom()
  }

  func read(context: ChannelHandlerContext) {
    guard inWork < limits.webSocketRequestsInWork, socket.channel.isWritable, hasMemory else {
      isReadHeld = true
      if !hasMemory { waitForMemory() }
      return
    }
    context.read()
  }

  private func workDone(_ bytes: Int) {
    inWork -= 1
    inWorkBytes -= bytes
    memory.giveBack(bytes)
    resumeReading()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    resumeReading()
    context.fireChannelWritabilityChanged()
  }

  private func resumeReading() {
    guard isReadHeld, session != nil, inWork < limits.webSocketRequestsInWork, socket.channel.isWritable else { return }
    guard hasMemory else { return waitForMemory() }
    stopWaitingForMemory()
    isReadHeld = false
    if partialSince != nil { partialSince = .now() }
    socket.channel.read()
  }

  private func waitForMemory() {
    guard memoryTicket == nil else { return }
    memoryTicket = memory.wait(on: socket.eventLoop) {
      self.memoryTicket = nil
      self.resumeReading()
    }
    guard memoryTimer == nil else { return }
    memoryWaitSince = .now()
    memoryTimer = socket.eventLoop.scheduleTask(in: limits.memoryWait - memoryWaited) { self.refuseForMemory() }
  }

  private func stopWaitingForMemory() {
    if memoryTimer != nil { memoryWaited = memoryWaited + (.now() - memoryWaitSince) }
    memoryTimer?.cancel()
    memoryTimer = nil
    if let memoryTicket { memory.cancel(memoryTicket) }
    memoryTicket = nil
  }

  /// Gives up half a message for whose rest there is no memory. Whole ones are in work and will be answered.
  private func refuseForMemory() {
    memoryTimer = nil
    guard let session, counter.partial > 0, !socket.isClosing else { return }
    // Whoever was refused just before may have made room.
    guard !hasMemory else { return resumeReading() }
    socket.send(session.refusalForMemory)
    socket.close(.tryAgainLater, "server is busy: its memory is spent", within: WebSocket.farewellTime)
    memory.giveBack(counter.partial)
    counter = WebSocketFrameCounter()
    resumeReading()
  }
}

/// Next to the socket: counts the bytes that come, and lets frames be written as they are.
private final class WebSocketWire: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let connection: WebSocketConnection

  init(_ connection: WebSocketConnection) { self.connection = connection }

  func handlerAdded(context: ChannelHandlerContext) { connection.wireIsUp(context) }

  func handlerRemoved(context: ChannelHandlerContext) { connection.wireIsDown() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if connection.received(unwrapInboundIn(data)) { context.fireChannelRead(data) }
  }
}

extension ByteBuffer {
  fileprivate var isUTF8: Bool {
    withUnsafeReadableBytes { bytes in
      // JSON is ASCII, mostly, which needs no second look; eight bytes at a time.
      let words = bytes.count / 8
      var seen: UInt64 = 0
      for index in 0..<words { seen |= bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self) }
      for byte in bytes[(8 * words)...] { seen |= UInt64(byte) }
      return seen & 0x8080_8080_8080_8080 == 0 || String(validating: bytes, as: UTF8.self) != nil
    }
  }
}

extension WebSocketErrorCode {
  /// Registered by IANA after RFC 6455: the server is overloaded.
  static let tryAgainLater = WebSocketErrorCode.unknown(1013)
}
