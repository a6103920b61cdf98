import NIOCore
import NIOHTTP1
import NIOPosix

/// The connections of a client and the requests that wait for one. Everything happens on one event loop.
final class ClientConnectionPool: @unchecked Sendable {
  typealias Completion = @Sendable (Result<[UInt8], RPCClientError>) -> Void

  /// A request on its way. It completes once: with its answer, an error, or when its time is up.
  final class Request: @unchecked Sendable {
    let body: ByteBuffer
    private var completion: Completion?
    private var timer: Scheduled<Void>?

    init(body: ByteBuffer, completion: @escaping Completion) {
      self.body = body
      self.completion = completion
    }

    var isOver: Bool { completion == nil }

    func expire(in timeout: TimeAmount, on loop: any EventLoop) {
      timer = loop.scheduleTask(in: timeout) { self.complete(.failure(.timedOut)) }
    }

    func complete(_ result: Result<[UInt8], RPCClientError>) {
      timer?.cancel()
      completion.take()?(result)
    }
  }

  let loop: any EventLoop
  private let endpoint: JSONRPCClient.Endpoint
  private let limit: Int
  private var idle: [ClientConnection] = []
  private var open: [ObjectIdentifier: ClientConnection] = [:]
  private var connecting = 0
  private var waiting = CircularBuffer<Request>()
  private var isShutDown = false

  init(endpoint: JSONRPCClient.Endpoint, limit: Int, loop: any EventLoop) {
    self.endpoint = endpoint
    self.limit = limit
    self.loop = loop
  }

  func submit(_ body: ByteBuffer, timeout: TimeAmount, _ completion: @escaping Completion) {
    let request = Request(body: body, completion: completion)
    if loop.inEventLoop { begin(request, timeout) } else { loop.execute { self.begin(request, timeout) } }
  }

  func shutdown() -> EventLoopFuture<Void> {
    loop.flatSubmit {
      self.isShutDown = true
      while let request = self.waiting.popFirst() { request.complete(.failure(.disconnected("shut down"))) }
      let closed = self.open.values.map { $0.channel.closeFuture }
      for connection in self.open.values { connection.channel.close(promise: nil) }
      return EventLoopFuture.andAllComplete(closed, on: self.loop)
    }
  }

  private func begin(_ request: Request, _ timeout: TimeAmount) {
    guard !isShutDown else { return request.complete(.failure(.disconnected("shut down"))) }
    request.expire(in: timeout, on: loop)
    if let connection = idle.popLast() { return connection.send(request) }
    waiting.append(request)
    if open.count + connecting < limit, connecting < waiting.count { connect() }
  }

  private func connect() {
    connecting += 1
    let endpoint = self.endpoint
    ClientBootstrap(group: loop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connectTimeout(.seconds(10))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(
            ClientConnection(channel: channel, endpoint: endpoint, pool: self))
        }
      }
      .connect(host: endpoint.host, port: endpoint.port)
      .hop(to: loop)
      .whenComplete { result in
        self.connecting -= 1
        switch result {
        case .success(let channel):
          if self.isShutDown { channel.close(promise: nil) }
        case .failure(let error):
          // With other connections open the requests wait for those; with none there is nothing to wait for.
          guard self.open.isEmpty, self.connecting == 0 else { return }
          while let request = self.waiting.popFirst() { request.complete(.failure(.disconnected("\(error)"))) }
        }
      }
  }

  // MARK: Told by the connections

  func opened(_ connection: ClientConnection) {
    open[ObjectIdentifier(connection)] = connection
    release(connection)
  }

  /// The connection is free: the next request in line takes it.
  func release(_ connection: ClientConnection) {
    while let request = waiting.popFirst() {
      if !request.isOver { return connection.send(request) }
    }
    idle.append(connection)
  }

  func closed(_ connection: ClientConnection) {
    open[ObjectIdentifier(connection)] = nil
    idle.removeAll { $0 === connection }
    if !waiting.isEmpty, !isShutDown, open.count + connecting < limit { connect() }
  }
}

/// One connection of the client with at most one request on it.
final class ClientConnection: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  /// Bytes of a response that the client takes.
  private static let responseLimit = 64 << 20

  let channel: any Channel
  private let endpoint: JSONRPCClient.Endpoint
  private let pool: ClientConnectionPool
  private var request: ClientConnectionPool.Request?
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []

  init(channel: any Channel, endpoint: JSONRPCClient.Endpoint, pool: ClientConnectionPool) {
    self.channel = channel
    self.endpoint = endpoint
    self.pool = pool
  }

  func send(_ request: ClientConnectionPool.Request) {
    self.request = request
    var headers = HTTPHeaders()
    headers.add(name: "host", value: "\(endpoint.host):\(endpoint.port)")
    headers.add(name: "content-type", value: "application/json")
    headers.add(name: "content-length", value: String(request.body.readableBytes))
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: endpoint.path, headers: headers)
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    channel.write(HTTPClientRequestPart.body(.byteBuffer(request.body)), promise: nil)
    channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
  }

  func channelActive(context: ChannelHandlerContext) {
    pool.opened(self)
    context.fireChannelActive()
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

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.removeAll(keepingCapacity: true)
    case .body(let part):
      guard body.count + part.readableBytes <= Self.responseLimit else {
        request.take()?.complete(.failure(.malformed("more than \(Self.responseLimit) bytes")))
        return context.close(promise: nil)
      }
      body.append(contentsOf: part.readableBytesView)
    case .end:
      guard let head = head.take(), let request = request.take() else { return context.close(promise: nil) }
      request.complete(head.status == .ok ? .success(body) : .failure(.status(head.status.code)))
      if head.isKeepAlive { pool.release(self) } else { context.close(promise: nil) }
    }
  }
}
