import HTTP
import JSON
import Logging
import NIOCore

/// JSON-RPC 2.0 over HTTP and WebSocket, as a service of ``HTTPServer``.
///
/// HTTP: POST on any path with a JSON content type. Success and every error of a method give status 200. A GET without a
/// query gives an empty 200, which load balancers take as a sign of life.
public struct RPCService: HTTPService {
  public let dispatcher: RPCDispatcher
  /// Subscriptions that one WebSocket connection may hold.
  public let subscriptionLimit: Int
  private let log: Logger

  public init(_ dispatcher: RPCDispatcher, subscriptionLimit: Int = 32, log: Logger) {
    self.dispatcher = dispatcher
    self.subscriptionLimit = subscriptionLimit
    self.log = log
  }

  public func respond(to request: HTTPRequest, reply: HTTPReply) {
    guard request.method == .POST else {
      let isProbe = request.method == .GET && request.query == nil && request.body.readableBytes == 0
      return reply.send(
        isProbe
          ? HTTPResponse(.ok) : .text(.methodNotAllowed, "Used HTTP Method is not allowed. POST is required\n"))
    }
    guard let type = request.mediaType, type == "application/json" || type == "application/json-rpc" else {
      return reply.send(
        .text(
          .unsupportedMediaType, "Supplied content type is not allowed. Content-Type: application/json is required\n"))
    }
    let work = dispatcher.handle(
      Array(request.body.readableBytesView), client: request.client, memory: reply.memory,
      stream: { reply.stream(.json(ByteBuffer())) }
    ) {
      // After a stream this is the second response, which is dropped.
      reply.send(.json($0 ?? ByteBuffer()))
    }
    if let work { reply.whenAbandoned(after: work.timeLimit) { work.cancel($0) } }
  }

  public var offersWebSocket: Bool { true }

  public func refusal(ofBodyBeyond limit: Int) -> HTTPResponse {
    var response = HTTPResponse.json(RPCDispatcher.reply(.requestTooBig(limit)))
    response.status = .payloadTooLarge
    return response
  }

  public var refusalForMemory: HTTPResponse {
    dispatcher.metrics.refusedAsBusy(.memory)
    var response = HTTPResponse.json(RPCDispatcher.reply(.busy(.memory)))
    response.status = .serviceUnavailable
    return response
  }

  public func openSession(on socket: WebSocket) -> (any WebSocketSession)? {
    RPCSession(socket: socket, dispatcher: dispatcher, subscriptionLimit: subscriptionLimit, log: log)
  }
}
