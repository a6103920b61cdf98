import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A server for one service on one port: HTTP/1.1 with keep-alive and pipelining, and WebSocket where the service has it.
///
/// Everything that a stranger can make large is bounded: connections, headers, bodies, the time to send a request, the
/// time to take a response, and what waits to be written.
public final class HTTPServer: Sendable {
  public struct Limits: Sendable {
    /// HTTP and WebSocket connections together. One more takes the place of another, see ``ConnectionRegistry``, or is
    /// answered with 429 and closed.
    public var connections = 1_000
    /// The same for those of one address (IPv6: of one /64 network).
    public var connectionsPerAddress = 500
    /// How long a connection must have waited for its client before one that has no better right may take its place.
    public var displacedAfter = TimeAmount.milliseconds(100)
    /// Clients for which the limits of one address do not hold, and who need not make room for others.
    public var trustedAddresses: [IPAddressRange] = []
    /// Proxies that say in `X-Forwarded-For` for whom they ask.
    public var trustedProxies: [IPAddressRange] = []
    /// Bytes of a request body or a WebSocket message.
    public var bodyBytes = 10_485_760
    /// A connection without a request is closed after this time.
    public var idleTime = TimeAmount.seconds(120)
    /// A request must be complete this long after its head, a WebSocket message after its beginning.
    public var requestTime = TimeAmount.seconds(30)
    /// What was written must be taken in this time.
    public var responseTime = TimeAmount.seconds(30)
    /// Bytes that all clients together may make the server hold, see ``MemoryBudget``.
    public var memoryBytes = 192 << 20
    /// How long a connection waits for memory for the rest of a request before the request is refused.
    public var memoryWait = TimeAmount.seconds(2)
    /// Bytes that may wait for a WebSocket client before it is disconnected as too slow.
    public var webSocketBacklogBytes = 16 << 20
    /// Messages that may wait for a WebSocket client before it is disconnected as too slow.
    public var webSocketBacklogMessages = 16_384
    /// Messages of one WebSocket client that may be in work before no more is read from it.
    public var webSocketRequestsInWork = 64
    /// Time between pings; a WebSocket client that has not answered one by the next is gone.
    public var pingInterval = TimeAmount.seconds(30)

    public init() {}
  }

  public let limits: Limits
  public let memory: MemoryBudget
  private let connections: ConnectionRegistry
  private let listener: any Channel

  /// Where the server listens; the port is the real one where 0 was asked for.
  public var address: SocketAddress? { listener.localAddress }

  public var port: Int { listener.localAddress?.port ?? 0 }

  /// Open connections of both kinds.
  public var connectionCount: Int { connections.count }

  /// Connections for which there was no room: none at all, or none for more of their address.
  public var refusedConnections: (full: Int, address: Int) {
    (connections.refusedAsFull.load(ordering: .relaxed), connections.refusedForAddress.load(ordering: .relaxed))
  }

  /// Connections that had to make room for others.
  public var displacedConnections: Int { connections.displaced.load(ordering: .relaxed) }

  private init(listener: any Channel, connections: ConnectionRegistry, memory: MemoryBudget, limits: Limits) {
    self.memory = memory
    self.listener = listener
    self.connections = connections
    self.limits = limits
  }

  /// Starts to listen.
  ///
  /// - Parameter access: from where the service may be called.
  public static func start(
    _ service: any HTTPService, host: String, port: Int, limits: Limits = Limits(), access: HTTPAccess = HTTPAccess(),
    on group: any EventLoopGroup
  ) async throws(ListenError) -> HTTPServer {
    let connections = ConnectionRegistry(limits)
    let memory = MemoryBudget(limit: limits.memoryBytes)
    let upgraders =
      service.offersWebSocket
      ? [WebSocketConnection.upgrader(service: service, limits: limits, access: access, memory: memory)] : []
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4_096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptBackoff()) }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      // One piece at a time, after each of which the memory is looked at.
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          guard let place = connections.admit(channel) else { return try pipeline.addHandler(ConnectionRefusal()) }
          let handler = HTTPConnection(
            service: service, limits: limits, memory: memory, access: access, channel: channel, place: place)
          if upgraders.isEmpty {
            try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
          } else {
            try pipeline.configureHTTPServerPipeline(
              withPipeliningAssistance: true,
              withServerUpgrade: (upgraders: upgraders, completionHandler: { _ in }), withErrorHandling: true)
          }
          try pipeline.addHandler(handler)
        }
      }
    let listener: any Channel
    do { listener = try await bootstrap.bind(host: host, port: port).get() } catch { throw ListenError(error) }
    return HTTPServer(listener: listener, connections: connections, memory: memory, limits: limits)
  }

  /// Stops listening, lets every request that has begun get its response, and closes the rest. What is in work after
  /// `patience` is cancelled; what is still open after `grace` is closed as it is.
  public func shutdown(grace: TimeAmount = .seconds(3), patience: TimeAmount = .seconds(1)) async {
    try? await listener.close().get()
    await connections.drain(grace: grace, patience: patience, on: listener.eventLoop)
  }
}

/// Tells a client that there is no room for it.
private final class ConnectionRefusal: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private static let response = ByteBuffer(
    string: """
      HTTP/1.1 429 Too Many Requests\r
      content-type: text/plain\r
      content-length: 47\r
      connection: close\r
      \r
      Too many connections. Please try again later.\r

      """)

  /// The answer waits for the request, or the client would see its request fail instead; but not for long.
  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(Self.response)).whenComplete { _ in channel.close(promise: nil) }
  }
}

/// Pauses accepting while the process has no file descriptor left, where the loop would otherwise spin on the error.
private final class AcceptBackoff: ChannelInboundHandler {
  typealias InboundIn = Channel

  private static let pause = TimeAmount.milliseconds(100)
  private var isPaused = false

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard error is IOError, !isPaused else { return }
    isPaused = true
    // Ending the automatic reading is what takes the listening socket off the selector.
    let channel = context.channel
    try? channel.syncOptions?.setOption(.autoRead, value: false)
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
      self.isPaused = false
      try? channel.syncOptions?.setOption(.autoRead, value: true)
    }
  }
}
