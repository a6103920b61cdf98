import NIOCore

/// A service of few routes with raw bodies, for the prover's interface and for metrics.
///
/// A route is a method and a path whose segments are fixed or, written `:name`, free. An unknown path gives 404, a known
/// path with another method 405.
public struct HTTPRouter: HTTPService {
  /// What a handler gets to see: the request and the values of the free segments.
  public struct Call: Sendable {
    public let request: HTTPRequest
    /// The values of the free segments in their order.
    public let segments: [String]
    public let reply: HTTPReply
  }

  public typealias Handler = @Sendable (Call) -> Void

  private struct Route: Sendable {
    let method: HTTPMethod
    let pattern: [String]
    let handler: Handler

    /// The values of the free segments, where the path fits.
    func match(_ path: [Substring]) -> [String]? {
      guard path.count == pattern.count else { return nil }
      var free: [String] = []
      for (segment, expected) in zip(path, pattern) {
        if expected.hasPrefix(":") {
          free.append(String(segment))
        } else if segment != expected {
          return nil
        }
      }
      return free
    }
  }

  private var routes: [Route] = []

  public init() {}

  /// Adds a route. The handler runs on the event loop and must not block; it replies once, from any thread.
  public mutating func on(_ method: HTTPMethod, _ path: String, _ handler: @escaping Handler) {
    routes.append(Route(method: method, pattern: path.split(separator: "/").map(String.init), handler: handler))
  }

  public func respond(to request: HTTPRequest, reply: HTTPReply) {
    let path = request.path.split(separator: "/")
    var isKnown = false
    for route in routes {
      guard let segments = route.match(path) else { continue }
      isKnown = true
      guard route.method == request.method else { continue }
      return route.handler(Call(request: request, segments: segments, reply: reply))
    }
    reply.send(isKnown ? .text(.methodNotAllowed, "method not allowed\n") : .text(.notFound, "not found\n"))
  }
}
