/// Lets through who knows the token: `Authorization: Bearer TOKEN` (RFC 6750). Everybody else gets 401 and nothing is done.
public struct TokenGate: HTTPService {
  private let service: any HTTPService
  private let token: [UInt8]
  private let refusal: String

  /// - Parameter refusal: what those are told who do not know it.
  public init(_ service: any HTTPService, token: String, refusal: String) {
    self.service = service
    self.token = Array(token.utf8)
    self.refusal = refusal
  }

  public func respond(to request: HTTPRequest, reply: HTTPReply) {
    guard isAuthorized(request) else {
      var response = HTTPResponse.text(.unauthorized, refusal + "\n")
      response.headers.append(("WWW-Authenticate", "Bearer"))
      return reply.send(response)
    }
    service.respond(to: request, reply: reply)
  }

  private func isAuthorized(_ request: HTTPRequest) -> Bool {
    guard let value = request.headers.first(name: "authorization") else { return false }
    let parts = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
    return Self.areEqual(Array(parts[1].utf8), token)
  }

  /// Takes as long for a wrong token as for the right one, so that nobody finds it byte by byte.
  private static func areEqual(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
    var difference = given.count ^ expected.count
    for index in expected.indices { difference |= Int(expected[index] ^ (index < given.count ? given[index] : 0)) }
    return difference == 0
  }
}
