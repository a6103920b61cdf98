import Concurrency
import Cryptography
import JSON
import Primitives

/// Who may call the methods that are not public: whoever shows a token in `Authorization: Bearer …` (RFC 6750), with the
/// request or with the one that opens a WebSocket.
public struct RPCAuthorization: Sendable {
  /// What a client has shown.
  public enum Credentials: Sendable, Equatable {
    case none
    case valid
    /// Why they are not.
    case invalid(String)
  }

  /// A text that is a token by itself; `nil` for none.
  private let token: [UInt8]?
  /// What tokens are signed with, as on geth's engine API (execution-apis, `src/engine/authentication.md`): a JWT (RFC
  /// 7519) by HMAC with SHA-256, with the time of its issue in `iat`.
  private let secret: [UInt8]?
  private let time: TimeSource

  /// Seconds that the time of issue may be off.
  private static let tolerance: UInt64 = 60

  /// - Parameter secret: 32 bytes.
  public init(token: String?, secret: [UInt8]?, time: TimeSource = .system) {
    self.token = token.map { Array($0.utf8) }
    self.secret = secret
    self.time = time
  }

  /// What the header of a request says.
  public func check(_ header: String?) -> Credentials {
    guard let header else { return .none }
    let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return .invalid("it is no bearer token") }
    let given = Array(parts[1].utf8)
    if let token, Self.areEqual(given, token) { return .valid }
    guard let secret else { return .invalid("the token is another") }
    if let fault = fault(of: given, signedWith: secret) { return .invalid(fault) }
    return .valid
  }

  /// What is wrong with a JWT; `nil` for nothing.
  private func fault(of token: [UInt8], signedWith secret: [UInt8]) -> String? {
    let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
      let signature = Self.bytes(parts[2])
    else { return "the token is no JWT" }
    guard header["alg"]?.string == "HS256" else { return "the algorithm of the token is not HS256" }
    let signed = Array(token[..<parts[1].endIndex])
    guard Self.areEqual(signature, HMACSHA256.code(of: signed, key: secret).bytes) else {
      return "the signature of the token is not by the secret"
    }
    let now = time.unixSeconds()
    guard let issued = claims["iat"]?.unsignedInteger else { return "the token does not say when it was issued (iat)" }
    guard max(now, issued) - min(now, issued) <= Self.tolerance else {
      return "the token was not issued within \(Self.tolerance) seconds of now"
    }
    if let end = claims["exp"]?.unsignedInteger, end <= now { return "the token has expired" }
    return nil
  }

  private static func object(_ part: ArraySlice<UInt8>) -> JSONValue? {
    guard let text = bytes(part), let value = try? JSONValue(parsing: text), value.kind == .object else { return nil }
    return value
  }

  /// Base64 with the alphabet for URLs and without padding (RFC 7515, §2).
  private static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var standard = text.map { byte in
      switch byte {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): UInt8(ascii: "!")
      default: byte
      }
    }
    while !standard.count.isMultiple(of: 4) { standard.append(UInt8(ascii: "=")) }
    return standard.withUnsafeBufferPointer { try? Base64.decode($0) }
  }

  /// Takes as long for a wrong text as for the right one, so that nobody finds it byte by byte.
  private static func areEqual(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
    var difference = given.count ^ expected.count
    for index in expected.indices { difference |= Int(expected[index] ^ (index < given.count ? given[index] : 0)) }
    return difference == 0
  }
}
