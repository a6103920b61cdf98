import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Calls as text messages of a WebSocket, one after the other. Nothing is subscribed to: whatever comes is the answer to
/// the one request that is on its way.
final class WebSocketClientConnection: ChannelInboundHandler, ClientConnection, @unchecked Sendable {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  let channel: any Channel
  private let pool: ClientConnectionPool
  private var request: ClientConnectionPool.Request?

  private init(channel: any Channel, pool: ClientConnectionPool) {
    self.channel = channel
    self.pool = pool
  }

  /// Has a new channel ask for a WebSocket; `ready` when the server has agreed.
  static func add(
    to channel: any Channel, endpoint: RPCEndpoint, responseBytes: Int, pool: ClientConnectionPool,
    ready: EventLoopPromise<any ClientConnection>
  ) throws {
    let connection = WebSocketClientConnection(channel: channel, pool: pool)
    let upgrader = NIOWebSocketClientUpgrader(maxFrameSize: responseBytes) { channel, _ in
      channel.eventLoop.makeCompletedFuture {
        // However small its parts, a message is not more than so many.
        try channel.pipeline.syncOperations.addHandler(
          NIOWebSocketFrameAggregator(
            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 65_536, maxAccumulatedFrameSize: responseBytes))
        try channel.pipeline.syncOperations.addHandler(connection)
        ready.succeed(connection)
      }
    }
    let handshake = WebSocketHandshake(endpoint: endpoint, ready: ready)
    try channel.pipeline.syncOperations.addHTTPClientHandlers(
      withClientUpgrade: (
        upgraders: [upgrader],
        completionHandler: { $0.pipeline.syncOperations.removeHandler(handshake, promise: nil) }
      ))
    try channel.pipeline.syncOperations.addHandler(handshake)
  }

  func send(_ request: ClientConnectionPool.Request) {
    self.request = request
    write(.text, request.body)
  }

  /// Clients mask what they send (RFC 6455, §5.3).
  private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
    channel.writeAndFlush(WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .text, .binary:
      // Without a request nothing was asked for.
      guard let request = request.take() else { return context.close(promise: nil) }
      request.complete(.success(Array(frame.unmaskedData.readableBytesView)))
      pool.release(self)
    case .ping: write(.pong, frame.unmaskedData)
    case .connectionClose: context.close(promise: nil)
    default: break
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    pool.closed(self)
    request.take()?.complete(.failure(.disconnected("connection closed by the server")))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    request.take()?.complete(.failure(.disconnected("\(error)")))
    context.close(promise: nil)
  }
}

/// Asks the server to turn an HTTP connection into a WebSocket. Gone once it has agreed.
private final class WebSocketHandshake: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let endpoint: RPCEndpoint
  private let ready: EventLoopPromise<any ClientConnection>

  init(endpoint: RPCEndpoint, ready: EventLoopPromise<any ClientConnection>) {
    self.endpoint = endpoint
    self.ready = ready
  }

  func channelActive(context: ChannelHandlerContext) {
    // The upgrader adds what the handshake wants.
    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: endpoint.path, headers: endpoint.headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // What arrives here is an answer that does not agree.
    if case .head(let head) = unwrapInboundIn(data) { fail(.status(head.status.code), context) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    ready.fail(RPCClientError.disconnected("connection closed by the server"))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(.disconnected("\(error)"), context) }

  private func fail(_ error: RPCClientError, _ context: ChannelHandlerContext) {
    ready.fail(error)
    context.close(promise: nil)
  }
}
