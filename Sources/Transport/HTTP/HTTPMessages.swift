// What a service sees of HTTP: a whole request, a whole response, and the way to give it.

import Concurrency
import NIOCore
@_exported import struct NIOCore.ByteBuffer
@_exported import struct NIOHTTP1.HTTPHeaders
@_exported import enum NIOHTTP1.HTTPMethod
@_exported import enum NIOHTTP1.HTTPResponseStatus

/// A request, received whole.
public struct HTTPRequest: Sendable {
  public let method: HTTPMethod
  /// The target up to the question mark, percent-encoding left as it is.
  public let path: String
  /// What follows the question mark.
  public let query: String?
  public let headers: HTTPHeaders
  public let body: ByteBuffer
  /// Who sent it, as far as proxies that are trusted tell.
  public let client: IPAddress
  /// Whether that is one for whom no limits of a single client hold.
  public let isTrusted: Bool

  init(
    method: HTTPMethod, target: String, headers: HTTPHeaders, body: ByteBuffer, client: IPAddress, isTrusted: Bool
  ) {
    self.method = method
    self.client = client
    self.isTrusted = isTrusted
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(parts[0])
    query = parts.count > 1 ? String(parts[1]) : nil
    self.headers = headers
    self.body = body
  }

  /// The media type of the body in lower case, without parameters such as the character set.
  public var mediaType: String? {
    headers.first(name: "content-type").map { value in
      // What nearly everybody sends, as it is.
      if value == "application/json" { return value }
      let type = value.prefix { $0 != ";" }
      return type.lowercased().filter { $0 != " " && $0 != "\t" }
    }
  }

  /// The value of a parameter of the query, percent-encoding left as it is.
  public func queryParameter(_ name: String) -> String? {
    for pair in query?.split(separator: "&") ?? [] {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts[0] == name { return parts.count > 1 ? String(parts[1]) : "" }
    }
    return nil
  }
}

/// A response, sent whole.
public struct HTTPResponse: Sendable {
  public var status: HTTPResponseStatus
  public var contentType: String?
  public var body: ByteBuffer
  /// Headers besides content type and length, and those that the server adds.
  public var headers: [(name: String, value: String)] = []
  /// Kept until the client has taken the response, or has gone. A response with it does not count against the memory that
  /// the server may hold: who gives it counts by the life of this.
  public var keeps: (any Sendable)?

  public init(_ status: HTTPResponseStatus, contentType: String? = nil, body: ByteBuffer = ByteBuffer()) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  public static func text(_ status: HTTPResponseStatus, _ text: String) -> HTTPResponse {
    HTTPResponse(status, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text))
  }

  public static func json(_ body: ByteBuffer) -> HTTPResponse {
    HTTPResponse(.ok, contentType: "application/json", body: body)
  }
}

/// The one response that a request gets. It can be given at once or later, from any thread; a response to a connection
/// that has gone, and a second one, are dropped.
public struct HTTPReply: Sendable {
  let connection: HTTPConnection
  let request: UInt64
  /// The loop that serves the connection.
  public let eventLoop: any EventLoop

  /// Calls `body`, on the event loop, where the work on the request is to be given up: when it has taken `limit`, when
  /// the client has gone, or when the server ends; perhaps for more than one of these. A reply is still wanted, except
  /// where the client has gone. To be called on the event loop, before `HTTPService.respond` returns.
  public func whenAbandoned(after limit: TimeAmount?, _ body: @escaping @Sendable (Cancellation.Reason) -> Void) {
    connection.watch(request, for: limit, body)
  }

  /// What the server may hold. A large response must not be sent where there is no room for it.
  public var memory: MemoryBudget { connection.memory }

  /// Begins a response whose body is not there yet, in place of ``send(_:)``. The body of `head` is not looked at.
  public func stream(_ head: HTTPResponse) -> OutgoingStream {
    let connection = self.connection, request = self.request
    eventLoop.execute { connection.beginStream(of: request, head) }
    return OutgoingStream(on: eventLoop) { piece, isLast, taken in
      connection.carry(piece, isLast: isLast, of: request, taken)
    }
  }

  /// What the service keeps for the connection, from one request to the next. On the event loop only.
  public var note: (any Sendable)? {
    get { connection.note }
    nonmutating set { connection.note = newValue }
  }

  public func send(_ response: HTTPResponse) {
    if eventLoop.inEventLoop {
      connection.respond(to: request, with: response)
    } else {
      eventLoop.execute { connection.respond(to: request, with: response) }
    }
  }
}

/// Whatever answers requests. Both functions are called on the connection's event loop and must not block it: work that
/// takes long, or may wait, goes to a thread of its own and sends its reply from there.
public protocol HTTPService: Sendable {
  func respond(to request: HTTPRequest, reply: HTTPReply)

  /// The session that a client gets which upgrades to WebSocket; `nil` where the service has none.
  func openSession(on socket: WebSocket) -> (any WebSocketSession)?

  /// Whether upgrades are offered at all.
  var offersWebSocket: Bool { get }

  /// The response to a request for the rest of which the server has no memory; its status should be 503.
  var refusalForMemory: HTTPResponse { get }

  /// The response to a request whose body is beyond `limit` bytes; its status should be 413.
  func refusal(ofBodyBeyond limit: Int) -> HTTPResponse
}

extension HTTPService {
  public func openSession(on socket: WebSocket) -> (any WebSocketSession)? { nil }

  public var offersWebSocket: Bool { false }

  public var refusalForMemory: HTTPResponse { .text(.serviceUnavailable, "server is busy, try again later\n") }

  public func refusal(ofBodyBeyond limit: Int) -> HTTPResponse {
    .text(.payloadTooLarge, "request body exceeds \(limit) bytes\n")
  }
}
