import JSON
import NIOCore
import NIOHTTP1

/// Calls as HTTP requests, one after the other on a connection that is kept.
final class HTTPClientConnection: ChannelInboundHandler, ClientConnection, @unchecked Sendable {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  let channel: any Channel
  private let endpoint: RPCEndpoint
  private let pool: ClientConnectionPool
  private let responseBytes: Int
  private let ready: EventLoopPromise<any ClientConnection>
  private var request: ClientConnectionPool.Request?
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []

  private init(
    channel: any Channel, endpoint: RPCEndpoint, responseBytes: Int, pool: ClientConnectionPool,
    ready: EventLoopPromise<any ClientConnection>
  ) {
    self.channel = channel
    self.endpoint = endpoint
    self.responseBytes = responseBytes
    self.pool = pool
    self.ready = ready
  }

  /// Makes a new channel such a connection.
  static func add(
    to channel: any Channel, endpoint: RPCEndpoint, responseBytes: Int, pool: ClientConnectionPool,
    ready: EventLoopPromise<any ClientConnection>
  ) throws {
    try channel.pipeline.syncOperations.addHTTPClientHandlers()
    try channel.pipeline.syncOperations.addHandler(
      HTTPClientConnection(
        channel: channel, endpoint: endpoint, responseBytes: responseBytes, pool: pool, ready: ready))
  }

  func send(_ request: ClientConnectionPool.Request) {
    self.request = request
    var headers = endpoint.headers
    headers.add(name: "content-type", value: "application/json")
    headers.add(name: "content-length", value: String(request.body.readableBytes))
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: endpoint.path, headers: headers)
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    channel.write(HTTPClientRequestPart.body(.byteBuffer(request.body)), promise: nil)
    channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
  }

  func channelActive(context: ChannelHandlerContext) {
    ready.succeed(self)
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
      guard body.count + part.readableBytes <= responseBytes else {
        request.take()?.complete(.failure(.malformed("more than \(responseBytes) bytes")))
        return context.close(promise: nil)
      }
      body.append(contentsOf: part.readableBytesView)
    case .end:
      guard let head = head.take(), let request = request.take() else { return context.close(promise: nil) }
      request.complete(Self.result(head.status, body))
      if head.isKeepAlive { pool.release(self) } else { context.close(promise: nil) }
    }
  }

  /// Some servers say with a status of its own what the error object in the body says, too.
  private static func result(_ status: HTTPResponseStatus, _ body: [UInt8]) -> Result<[UInt8], RPCClientError> {
    if status == .ok { return .success(body) }
    if case .failure(.refused) = JSONRPCClient.result(of: body) { return .success(body) }
    return .failure(.status(status.code))
  }
}

extension RPCEndpoint {
  /// What every request has.
  var headers: HTTPHeaders {
    var headers = HTTPHeaders()
    headers.add(name: "host", value: authority)
    if let authorization { headers.add(name: "authorization", value: authorization) }
    return headers
  }
}
