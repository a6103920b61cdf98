import NIOHTTP1

/// Finds out who the client behind a connection is, by whom limits are counted.
struct ClientIdentity: Sendable {
  /// Where the connection comes from.
  let peer: IPAddress
  private let proxies: [IPAddressRange]
  private let isProxy: Bool

  init(peer: IPAddress, proxies: [IPAddressRange]) {
    self.peer = peer
    self.proxies = proxies
    isProxy = !proxies.isEmpty && proxies.contains(peer)
  }

  /// Who sent a request with these headers: the peer, or where that is a trusted proxy, the last address in
  /// `X-Forwarded-For` that is no trusted proxy. What stands before that one is hearsay: the client can have written it.
  func client(_ headers: HTTPHeaders) -> IPAddress {
    guard isProxy else { return peer }
    var client = peer
    for entry in headers[canonicalForm: "x-forwarded-for"].reversed() {
      guard let address = Self.address(String(entry)) else { break }
      client = address
      if !proxies.contains(address) { break }
    }
    return client
  }

  /// An address as proxies write it: some add a port, and brackets around IPv6.
  private static func address(_ text: String) -> IPAddress? {
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      return IPAddress(String(text[text.index(after: text.startIndex)..<end]))
    }
    if let address = IPAddress(text) { return address }
    guard let colon = text.firstIndex(of: ":"), !text[text.index(after: colon)...].contains(":") else { return nil }
    return IPAddress(String(text[..<colon]))
  }
}
