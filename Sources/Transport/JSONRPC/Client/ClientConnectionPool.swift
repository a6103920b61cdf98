import NIOCore
import NIOPosix
import NIOSSL

/// The connections of a client and the requests that wait for one. Everything happens on one event loop.
final class ClientConnectionPool: @unchecked Sendable {
  typealias Completion = @Sendable (Result<[UInt8], RPCClientError>) -> Void

  /// A request on its way. It completes once: with its answer, an error, or when its time is up.
  final class Request: @unchecked Sendable {
    let body: ByteBuffer
    /// Where it is, once it has left the line: whoever gives it up closes that, as its answer would be taken for another's.
    weak var connection: (any ClientConnection)?
    private var completion: Completion?
    private var timer: Scheduled<Void>?
    private(set) var isOver = false

    init(body: ByteBuffer) { self.body = body }

    func begin(_ timeout: TimeAmount, on loop: any EventLoop, _ completion: @escaping Completion) {
      self.completion = completion
      timer = loop.scheduleTask(in: timeout) { self.giveUp(.timedOut) }
    }

    func giveUp(_ error: RPCClientError) {
      complete(.failure(error))
      connection?.channel.close(promise: nil)
    }

    func complete(_ result: Result<[UInt8], RPCClientError>) {
      isOver = true
      timer?.cancel()
      completion.take()?(result)
    }
  }

  let loop: any EventLoop
  private let endpoint: RPCEndpoint
  private let tls: NIOSSLContext?
  private let limits: JSONRPCClient.Limits
  private var idle: [any ClientConnection] = []
  private var open: [ObjectIdentifier: any ClientConnection] = [:]
  private var connecting = 0
  private var waiting = CircularBuffer<Request>()
  private var isShutDown = false

  init(endpoint: RPCEndpoint, tls: NIOSSLContext?, limits: JSONRPCClient.Limits, loop: any EventLoop) {
    self.endpoint = endpoint
    self.tls = tls
    self.limits = limits
    self.loop = loop
  }

  func submit(_ request: Request, timeout: TimeAmount, _ completion: @escaping Completion) {
    if loop.inEventLoop {
      begin(request, timeout, completion)
    } else {
      loop.execute { self.begin(request, timeout, completion) }
    }
  }

  /// Ends a request that nobody waits for any more, submitted or not yet.
  func cancel(_ request: Request) { loop.execute { request.giveUp(.cancelled) } }

  func shutdown() -> EventLoopFuture<Void> {
    loop.flatSubmit {
      self.isShutDown = true
      while let request = self.waiting.popFirst() { request.complete(.failure(.disconnected("shut down"))) }
      let closed = self.open.values.map { $0.channel.closeFuture }
      for connection in self.open.values { connection.channel.close(promise: nil) }
      return EventLoopFuture.andAllComplete(closed, on: self.loop)
    }
  }

  private func begin(_ request: Request, _ timeout: TimeAmount, _ completion: @escaping Completion) {
    guard !isShutDown else { return completion(.failure(.disconnected("shut down"))) }
    guard !request.isOver else { return completion(.failure(.cancelled)) }
    if !idle.isEmpty {
      request.begin(timeout, on: loop, completion)
      return send(request, on: idle.removeLast())
    }
    // Those that are over keep no place.
    if waiting.count >= limits.waiting { waiting.removeAll { $0.isOver } }
    guard waiting.count < limits.waiting else { return completion(.failure(.tooManyWaiting)) }
    request.begin(timeout, on: loop, completion)
    waiting.append(request)
    if open.count + connecting < max(1, limits.connections), connecting < waiting.count { connect() }
  }

  private func send(_ request: Request, on connection: any ClientConnection) {
    request.connection = connection
    connection.send(request)
  }

  private func connect() {
    connecting += 1
    let endpoint = self.endpoint, tls = self.tls, responseBytes = limits.responseBytes
    let ready = loop.makePromise(of: (any ClientConnection).self)
    ClientBootstrap(group: loop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connectTimeout(.seconds(10))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls { try pipeline.addHandler(try endpoint.tlsHandler(tls)) }
          if endpoint.scheme.isWebSocket {
            try WebSocketClientConnection.add(
              to: channel, endpoint: endpoint, responseBytes: responseBytes, pool: self, ready: ready)
          } else {
            try HTTPClientConnection.add(
              to: channel, endpoint: endpoint, responseBytes: responseBytes, pool: self, ready: ready)
          }
        }
      }
      .connect(host: endpoint.host, port: endpoint.port)
      .cascadeFailure(to: ready)
    ready.futureResult.hop(to: loop).whenComplete { result in
      self.connecting -= 1
      switch result {
      case .success(let connection):
        if self.isShutDown { connection.channel.close(promise: nil) } else { self.opened(connection) }
      case .failure(let error): self.failed(error)
      }
    }
  }

  private func opened(_ connection: any ClientConnection) {
    guard connection.channel.isActive else { return failed(ChannelError.ioOnClosedChannel) }
    open[ObjectIdentifier(connection)] = connection
    release(connection)
  }

  private func failed(_ error: any Error) {
    // With other connections open the requests wait for those; with none there is nothing to wait for.
    guard open.isEmpty, connecting == 0 else { return }
    let reason = (error as? RPCClientError) ?? .disconnected(ConnectionFailure.text(of: error))
    while let request = waiting.popFirst() { request.complete(.failure(reason)) }
  }

  // MARK: Told by the connections

  /// The connection is free: the next request in line takes it.
  func release(_ connection: any ClientConnection) {
    while let request = waiting.popFirst() {
      if !request.isOver { return send(request, on: connection) }
    }
    idle.append(connection)
  }

  func closed(_ connection: any ClientConnection) {
    open[ObjectIdentifier(connection)] = nil
    idle.removeAll { $0 === connection }
    if !waiting.isEmpty, !isShutDown, open.count + connecting < max(1, limits.connections) { connect() }
  }
}

/// A connection with at most one request on it. It tells its pool when it is free again, and when it is closed.
protocol ClientConnection: AnyObject, Sendable {
  var channel: any Channel { get }
  func send(_ request: ClientConnectionPool.Request)
}
