import Concurrency
import Cryptography
import JSONRPC
import Primitives
import SocketTesting
import Testing
import ThreadTesting

@Suite("Who may call methods that are not public", .serialized, .offTheCooperativePool)
struct AuthorizationTests {
  static let now: UInt64 = 1_700_000_000
  static let secret = [UInt8](repeating: 7, count: 32)
  static let time = TimeSource(unixSeconds: { now }, monotonicNanoseconds: { 0 })
  let both = RPCAuthorization(token: "a token of the operator", secret: secret, time: time)

  static func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    Base64.append(bytes, to: &text)
    return String(decoding: text, as: UTF8.self).replacing("+", with: "-").replacing("/", with: "_").replacing(
      "=", with: "")
  }

  static func token(_ claims: String, algorithm: String = "HS256", secret: [UInt8] = secret) -> String {
    let signed = base64(Array(#"{"alg":"\#(algorithm)","typ":"JWT"}"#.utf8)) + "." + base64(Array(claims.utf8))
    return signed + "." + base64(HMACSHA256.code(of: Array(signed.utf8), key: secret).bytes)
  }

  @Test("The operator's token, and one that is signed and fresh")
  func valid() {
    #expect(both.check(nil) == .none)
    #expect(both.check("Bearer a token of the operator") == .valid)
    for issued in [Self.now, Self.now - 60, Self.now + 60] {
      #expect(both.check("bearer " + Self.token(#"{"iat":\#(issued)}"#)) == .valid)
    }
    #expect(both.check("Bearer " + Self.token(#"{"iat":\#(Self.now),"exp":\#(Self.now + 1),"id":"x"}"#)) == .valid)
  }

  @Test(
    "What is wrong with a token is said",
    arguments: [
      ("Basic dTpw", "it is no bearer token"), ("Bearer", "it is no bearer token"),
      ("Bearer a token of the Operator", "the token is no JWT"), ("Bearer a.b", "the token is no JWT"),
      ("Bearer " + token(#"{"iat":\#(now - 61)}"#), "the token was not issued within 60 seconds of now"),
      ("Bearer " + token(#"{"iat":\#(now + 61)}"#), "the token was not issued within 60 seconds of now"),
      ("Bearer " + token("{}"), "the token does not say when it was issued (iat)"),
      ("Bearer " + token(#"{"iat":-1}"#), "the token does not say when it was issued (iat)"),
      ("Bearer " + token(#"{"iat":\#(now),"exp":\#(now)}"#), "the token has expired"),
      ("Bearer " + token(#"{"iat":\#(now)}"#, algorithm: "none"), "the algorithm of the token is not HS256"),
      (
        "Bearer " + token(#"{"iat":\#(now)}"#, secret: [UInt8](repeating: 8, count: 32)),
        "the signature of the token is not by the secret"
      ),
      ("Bearer " + token(#"{"iat":\#(now)}"#) + "A", "the signature of the token is not by the secret"),
      ("Bearer " + token(#"{"iat":\#(now)}"#) + "=", "the token is no JWT"),
    ])
  func invalid(_ header: String, _ fault: String) { #expect(both.check(header) == .invalid(fault)) }

  @Test("Without a secret only the token counts, and the other way round")
  func oneOfThem() {
    let jwt = "Bearer " + Self.token(#"{"iat":\#(Self.now)}"#)
    let token = RPCAuthorization(token: "a token of the operator", secret: nil, time: Self.time)
    #expect(token.check(jwt) == .invalid("the token is another"))
    let secret = RPCAuthorization(token: nil, secret: Self.secret, time: Self.time)
    #expect(secret.check(jwt) == .valid)
    #expect(secret.check("Bearer a token of the operator") == .invalid("the token is no JWT"))
  }

  @Test("The example of RFC 7515, appendix A.1, is signed by its key")
  func example() throws {
    let text = Array("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow==".utf8)
    let key = try text.withUnsafeBufferPointer { try Base64.decode($0) }
    let authorization = RPCAuthorization(token: nil, secret: key, time: Self.time)
    let token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    // It is as old as the standard, and does not say when it was issued.
    #expect(authorization.check("Bearer " + token) == .invalid("the token does not say when it was issued (iat)"))
  }

  @Test("Protected methods need the token, over HTTP, in a batch and over a WebSocket; others do not")
  func server() async throws {
    let authorization = RPCAuthorization(token: "a token of the operator", secret: nil)
    func call(_ method: String) -> String { #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":["0x1"]}"# }
    try await withRPCServer(authorization: authorization, protected: ["sum", "later"]) { server in
      func answer(_ text: String, _ header: String) throws -> String {
        let client = try RawSocket(port: server.port)
        try client.write(
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(header)Content-Length: \(text.utf8.count)\r\n\r\n\(text)"
        )
        return try client.readResponse().body
      }
      let right = "Authorization: Bearer a token of the operator\r\n"
      #expect(try answer(call("echo"), "") == #"{"jsonrpc":"2.0","result":"0x1","id":1}"#)
      #expect(try answer(call("echo"), "Authorization: Basic eA==\r\n").contains("result"))
      #expect(
        try answer(call("sum"), "")
          == #"{"jsonrpc":"2.0","error":{"code":-40100,"message":"unauthorized: the method needs a token in the header Authorization: Bearer"},"id":1}"#
      )
      #expect(
        try answer(call("sum"), "Authorization: Bearer x\r\n").contains("unauthorized: the token is another"))
      #expect(try answer(call("sum"), right) == #"{"jsonrpc":"2.0","result":"0x1","id":1}"#)
      #expect(try answer(call("later"), "").contains("-40100"))
      #expect(try answer(call("later"), right).contains("result"))
      let batch = try answer("[\(call("echo")),\(call("sum"))]", "")
      #expect(batch.contains("\"result\":\"0x1\"") && batch.contains("-40100"))

      let socket = try RawSocket(port: server.port)
      try socket.upgrade(headers: right)
      try socket.writeText(call("sum"))
      #expect(try socket.readText().contains("result"))
      let stranger = try RawSocket(port: server.port)
      try stranger.upgrade()
      try stranger.writeText(call("sum"))
      #expect(try stranger.readText().contains("-40100"))
    }
  }
}
