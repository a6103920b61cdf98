import HTTP
import JSON
import Logging
import NIOCore

/// JSON-RPC 2.0 over HTTP and WebSocket, as a service of ``HTTPServer``.
///
/// HTTP: POST on any path with a JSON content type. Success and every error of a method give status 200. A GET without a
/// query gives an empty 200, which load balancers take as a sign of life, and 503 while methods are missing that there will be.
public struct RPCService: HTTPService {
  public let dispatcher: RPCDispatcher
  /// Subscriptions that one WebSocket connection may hold.
  public let subscriptionLimit: Int
  private let authorization: RPCAuthorization?
  private let budgets: RPCBudgets?
  private let log: Logger

  /// - Parameters:
  ///   - authorization: who may call methods that are not public; `nil` where nobody needs to show anything.
  ///   - budgets: what clients may use; `nil` for as much as they like. Trusted clients always do.
  public init(
    _ dispatcher: RPCDispatcher, subscriptionLimit: Int = 32, authorization: RPCAuthorization? = nil,
    budgets: RPCBudgets? = nil, log: Logger
  ) {
    self.dispatcher = dispatcher
    self.subscriptionLimit = subscriptionLimit
    self.authorization = authorization
    self.budgets = budgets
    self.log = log
  }

  public func respond(to request: HTTPRequest, reply: HTTPReply) {
    guard request.method == .POST else {
      let isProbe = request.method == .GET && request.query == nil && request.body.readableBytes == 0
      return reply.send(
        isProbe
          ? HTTPResponse(dispatcher.methods.isPartial ? .serviceUnavailable : .ok)
          : .text(.methodNotAllowed, "Used HTTP Method is not allowed. POST is required\n"))
    }
    guard let type = request.mediaType, type == "application/json" || type == "application/json-rpc" else {
      return reply.send(
        .text(
          .unsupportedMediaType, "Supplied content type is not allowed. Content-Type: application/json is required\n"))
    }
    let context = RPCContext(
      session: nil, client: request.client, credentials: credentials(request.headers), purse: purse(request, reply))
    let work = dispatcher.handle(
      Array(request.body.readableBytesView), context, memory: reply.memory,
      stream: { reply.stream(.json(ByteBuffer())) }
    ) { answer in
      // After a stream this is the second response, which is dropped.
      var response = HTTPResponse.json(answer?.text ?? ByteBuffer())
      response.keeps = answer?.claim
      reply.send(response)
    }
    if let work { reply.whenAbandoned(after: work.timeLimit) { work.cancel($0) } }
  }

  private func credentials(_ headers: HTTPHeaders) -> RPCAuthorization.Credentials {
    authorization?.check(headers.first(name: "authorization")) ?? .none
  }

  /// What the sender of a request has left; `nil` where nothing is limited.
  private func purse(_ request: HTTPRequest, _ reply: HTTPReply) -> RPCPurse? {
    guard let budgets, !request.isTrusted else { return nil }
    let connection = reply.note as? RPCAllowance ?? budgets.connection()
    reply.note = connection
    return RPCPurse([connection, budgets.address(request.client)], of: budgets)
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
    var purse: RPCPurse?
    if let budgets, !socket.isTrusted {
      purse = RPCPurse([budgets.connection(), budgets.address(socket.client)], of: budgets)
    }
    return RPCSession(
      socket: socket, dispatcher: dispatcher, subscriptionLimit: subscriptionLimit,
      credentials: credentials(socket.headers), purse: purse, log: log)
  }
}
