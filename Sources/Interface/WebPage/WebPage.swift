import HTTP
import JSON
import Primitives

/// A page about a node, for a browser: what the chain is doing, live, and on a development chain a way to do something
/// with it.
///
/// Everything comes from one port: the files of the page, which are part of the program; a WebSocket with the JSON-RPC of
/// the node; the stages of the node as JSON; and, where the node has an L1 of its own, JSON-RPC of that L1 by POST on
/// `/l1`. So the browser need not be allowed to talk to anybody else, and is told so (Content-Security-Policy).
public struct WebPage: HTTPService {
  /// What the page is told of the node before it asks.
  public struct Facts: Sendable {
    public var version: String
    public var chainID: UInt64
    /// Of the L1 in the node's process; `nil` where there is none, or one whose contracts are not known.
    public var bridgehub: Address?

    public init(version: String, chainID: UInt64, bridgehub: Address? = nil) {
      self.version = version
      self.chainID = chainID
      self.bridgehub = bridgehub
    }
  }

  /// What there is beside a development L1: services of JSON-RPC that send for accounts whose keys everybody knows.
  public struct Development: Sendable {
    public var l1: any HTTPService
    public var signer: any HTTPService

    /// - Parameters:
    ///   - l1: JSON-RPC of the L1, which signs for its accounts.
    ///   - signer: JSON-RPC of who signs on L2 (``DevelopmentSigner``).
    public init(l1: any HTTPService, signer: any HTTPService) {
      self.l1 = l1
      self.signer = signer
    }
  }

  private let rpc: any HTTPService
  private let development: Development?
  private let pipeline: @Sendable () -> String
  private let settlement: @Sendable () -> String
  private let files: [String: PageFile]

  /// - Parameters:
  ///   - rpc: who serves JSON-RPC of the chain over WebSockets.
  ///   - development: `nil` where nobody is to send anything by the page.
  ///   - pipeline: the stages of the node, as JSON.
  ///   - settlement: the metrics of what is sent to L1, as Prometheus reads them.
  public init(
    _ facts: Facts, rpc: any HTTPService, development: Development? = nil,
    pipeline: @escaping @Sendable () -> String, settlement: @escaping @Sendable () -> String
  ) {
    self.rpc = rpc
    self.development = development
    self.pipeline = pipeline
    self.settlement = settlement
    var files = PageFile.all
    files["/facts.json"] = PageFile(Self.json(facts, isDevelopment: development != nil), type: "application/json")
    files["/signatures.json"] = PageFile(KnownSignatures.json, type: "application/json")
    self.files = files
  }

  private static func json(_ facts: Facts, isDevelopment: Bool) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("version")
    writer.string(facts.version)
    writer.key("chainId")
    writer.number(facts.chainID)
    writer.key("bridgehub")
    if isDevelopment, let bridgehub = facts.bridgehub { writer.string("\(bridgehub)") } else { writer.null() }
    writer.endObject()
    return Array(writer.bytes)
  }

  // MARK: HTTPService

  public func respond(to request: HTTPRequest, reply: HTTPReply) {
    if request.method == .POST, let service = sender(at: request.path) {
      // Another page could send something here, with whatever its author wants done.
      guard Self.isOfThisPage(request) else { return reply.send(Self.guarded(.text(.forbidden, "foreign origin\n"))) }
      return service.respond(to: request, reply: reply)
    }
    guard request.method == .GET || request.method == .HEAD else {
      return reply.send(Self.guarded(.text(.methodNotAllowed, "method not allowed\n")))
    }
    switch request.path {
    case "/status/pipeline": reply.send(Self.guarded(Self.fresh("application/json", pipeline())))
    case "/settlement": reply.send(Self.guarded(Self.fresh("text/plain; charset=utf-8", settlement())))
    default:
      guard let file = files[request.path] else { return reply.send(Self.guarded(.text(.notFound, "not found\n"))) }
      reply.send(Self.guarded(file.response(to: request)))
    }
  }

  private func sender(at path: String) -> (any HTTPService)? {
    switch path {
    case "/l1": development?.l1
    case "/l2": development?.signer
    default: nil
    }
  }

  public var offersWebSocket: Bool { rpc.offersWebSocket }

  public func openSession(on socket: WebSocket) -> (any WebSocketSession)? { rpc.openSession(on: socket) }

  /// Browsers say where a POST comes from; programs that say nothing are none.
  private static func isOfThisPage(_ request: HTTPRequest) -> Bool {
    guard let origin = request.headers.first(name: "origin") else { return true }
    guard let host = request.headers.first(name: "host") else { return false }
    return origin == "http://\(host)" || origin == "https://\(host)"
  }

  // MARK: Headers

  /// What is true only now, and not to be kept.
  private static func fresh(_ type: String, _ text: String) -> HTTPResponse {
    var response = HTTPResponse(.ok, contentType: type, body: ByteBuffer(string: text))
    response.headers.append(("cache-control", "no-store"))
    return response
  }

  /// Scripts and styles are the files of the page and nothing else; nobody shows the page in a frame of theirs.
  private static let policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].joined(separator: "; ")

  private static func guarded(_ response: HTTPResponse) -> HTTPResponse {
    var response = response
    response.headers += [
      ("content-security-policy", policy), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
      ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
    ]
    return response
  }
}
