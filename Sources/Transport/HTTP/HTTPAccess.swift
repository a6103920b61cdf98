import NIOHTTP1

/// From where a server may be called: by whose pages in a browser, and under which names.
public struct HTTPAccess: Sendable {
  /// Whose pages may call from a browser. Programs that are no browsers send no origin and are not asked for one.
  public enum Origins: Sendable, Equatable {
    /// Nobody's: the server does not speak of origins at all.
    case none
    case any
    /// Those of these origins, written as browsers do: `https://app.example`.
    case listed(Set<String>)

    func allow(_ origin: String) -> Bool {
      switch self {
      case .none: false
      case .any: true
      case .listed(let origins): origins.contains(origin.lowercased())
      }
    }
  }

  public var origins = Origins.none
  /// Names, in lower case and without a port, that a `Host` header may give beside addresses; any where it is empty. It keeps
  /// out pages whose own name was made to lead to this server (DNS rebinding): for the browser they are of the same origin.
  public var hosts: Set<String> = []

  public init(origins: Origins = .none, hosts: Set<String> = []) {
    self.origins = origins
    self.hosts = hosts
  }

  // MARK: Hosts

  /// Whether a request for `host`, the value of its header, is served.
  func serves(host: String) -> Bool {
    guard !hosts.isEmpty, !host.isEmpty else { return true }
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      return IPAddress(String(host[host.index(after: host.startIndex)..<end])) != nil
    }
    var name = host.prefix { $0 != ":" }.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    // No name leads to an address: whoever writes one knows where it goes.
    return hosts.contains(name) || IPAddress(name) != nil
  }

  // MARK: Origins

  /// Whether a page may open a WebSocket: browsers ask nobody first, but say whose page it is (RFC 6455, §10.2).
  func opensWebSocket(_ headers: HTTPHeaders) -> Bool {
    guard case .listed = origins, let origin = headers.first(name: "origin") else { return true }
    return origins.allow(origin)
  }

  /// Says in `response` who may read it, where `request` asks.
  func add(to response: inout HTTPHeaders, for request: HTTPHeaders) {
    switch origins {
    case .none: break
    case .any: response.add(name: "access-control-allow-origin", value: "*")
    case .listed:
      response.add(name: "vary", value: "origin")
      guard let origin = request.first(name: "origin"), origins.allow(origin) else { return }
      response.add(name: "access-control-allow-origin", value: origin)
    }
  }

  /// The most of a list of header names that is repeated to who sent it.
  private static let mostNames = 1_024

  /// The answer to a browser that asks before it sends what a page wants to (WHATWG Fetch, CORS-preflight fetch). Whatever
  /// headers wallets and libraries add are allowed: none of them gives a right that the sender has not.
  func preflight(_ request: HTTPHeaders) -> HTTPResponse {
    if let origin = request.first(name: "origin"), !origins.allow(origin) {
      return .text(.forbidden, "pages of this origin may not call\n")
    }
    var names = "content-type, authorization"
    if let asked = request.first(name: "access-control-request-headers"), asked.utf8.count <= Self.mostNames,
      asked.utf8.allSatisfy(Self.belongsToNames)
    {
      names = asked
    }
    var response = HTTPResponse(.noContent)
    response.headers = [
      ("access-control-allow-methods", "POST, GET, OPTIONS"), ("access-control-allow-headers", names),
      ("access-control-max-age", "86400"),
    ]
    // A page from elsewhere asks for a server in the network at home, or on the same machine.
    if request.first(name: "access-control-request-private-network") == "true" {
      response.headers.append(("access-control-allow-private-network", "true"))
    }
    return response
  }

  /// What names of headers consist of (RFC 9110, §5.6.2), as far as any do, and what stands between them.
  private static func belongsToNames(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ","), UInt8(ascii: " "):
      true
    default: false
    }
  }
}
