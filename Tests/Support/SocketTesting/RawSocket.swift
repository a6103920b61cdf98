// A TCP client that does exactly what it is told, byte by byte: what no well-behaved HTTP library lets a test do.

import Glibc

public enum SocketError: Error, Equatable {
  case cannotConnect(Int32)
  /// The peer closed or reset the connection.
  case closed
  case timedOut
  case malformed(String)
}

/// A blocking socket to 127.0.0.1. Reading gives up after the time given at the start.
///
/// `@unchecked Sendable`: a test uses a socket from one thread at a time.
public final class RawSocket: @unchecked Sendable {
  private var descriptor: Int32
  /// Bytes received and not yet taken.
  private var buffer: [UInt8] = []

  /// - Parameter source: the address of this machine from which to connect, any of 127.0.0.0/8.
  public init(
    port: Int, timeout: Double = 10, receiveBuffer: Int32? = nil, source: String = "127.0.0.1"
  ) throws(SocketError) {
    // A process that another test starts meanwhile must not keep the connection open.
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .cannotConnect(errno) }
    var time = timeval(tv_sec: Int(timeout), tv_usec: Int(timeout.truncatingRemainder(dividingBy: 1) * 1e6))
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    if var receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
    }
    guard Self.call(bind, descriptor, source, 0) == 0, Self.call(connect, descriptor, "127.0.0.1", port) == 0 else {
      throw .cannotConnect(errno)
    }
  }

  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ descriptor: Int32, _ host: String, _ port: Int
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = inet_addr(host)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  deinit { close() }

  /// Closes at once (RST): the peer hears of it even while it does not read what was sent before, as it would have to
  /// for a FIN that does not fit into its window.
  public func reset() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  public func close() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Writes everything.
  public func write(_ bytes: [UInt8]) throws(SocketError) {
    var offset = 0
    while offset < bytes.count {
      let sent = bytes[offset...].withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { throw errno == EAGAIN ? .timedOut : .closed }
      offset += sent
    }
  }

  public func write(_ text: String) throws(SocketError) { try write(Array(text.utf8)) }

  /// Reads what there is into the buffer, at least a byte.
  private func fill() throws(SocketError) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let received = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
    if received > 0 {
      buffer += chunk[..<received]
    } else {
      throw received < 0 && errno == EAGAIN ? .timedOut : .closed
    }
  }

  /// Exactly `count` bytes.
  public func read(_ count: Int) throws(SocketError) -> [UInt8] {
    while buffer.count < count { try fill() }
    defer { buffer.removeFirst(count) }
    return Array(buffer[..<count])
  }

  /// A line without its end.
  public func readLine() throws(SocketError) -> String {
    while true {
      if let end = buffer.firstIndex(of: 0x0a) {
        let line = String(decoding: buffer[..<end].filter { $0 != 0x0d }, as: UTF8.self)
        buffer.removeFirst(end + 1)
        return line
      }
      try fill()
    }
  }

  /// Everything until the peer closes the connection.
  public func readToEnd() throws(SocketError) -> [UInt8] {
    while true {
      do throws(SocketError) { try fill() } catch {
        guard error == .closed else { throw error }
        defer { buffer = [] }
        return buffer
      }
    }
  }

  /// Whether the peer closes the connection in time; what it still sends is dropped.
  public func isClosedByPeer() -> Bool {
    while true {
      do throws(SocketError) {
        try fill()
        buffer.removeAll()
      } catch {
        return error == .closed
      }
    }
  }

  // MARK: HTTP

  public struct Response: Sendable {
    public let status: Int
    /// Names in lower case.
    public let headers: [String: String]
    public let body: String
  }

  public func post(_ body: String, path: String = "/", contentType: String = "application/json") throws(SocketError) {
    try write(Self.postText(body, path: path, contentType: contentType))
  }

  public static func postText(_ body: String, path: String = "/", contentType: String = "application/json") -> String {
    "POST \(path) HTTP/1.1\r\nHost: test\r\nContent-Type: \(contentType)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  public func readResponse() throws(SocketError) -> Response {
    let statusLine = try readLine().split(separator: " ")
    guard statusLine.count >= 2, statusLine[0].hasPrefix("HTTP/1."), let status = Int(statusLine[1]) else {
      throw .malformed(statusLine.joined(separator: " "))
    }
    var headers: [String: String] = [:]
    while true {
      let line = try readLine()
      if line.isEmpty { break }
      guard let colon = line.firstIndex(of: ":") else { throw .malformed(line) }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      headers[line[..<colon].lowercased()] = String(value)
    }
    var body: [UInt8] = []
    if headers["transfer-encoding"] == "chunked" {
      while let size = Int(try readLine(), radix: 16), size > 0 {
        body += try read(size)
        _ = try readLine()
      }
      _ = try readLine()
    } else {
      body = try read(headers["content-length"].flatMap { Int($0) } ?? 0)
    }
    return Response(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
  }

  // MARK: WebSocket (RFC 6455)

  /// Asks for the upgrade and checks that it is granted, with the key of the RFC's own example.
  public func upgrade(path: String = "/", headers: String = "") throws(SocketError) {
    try write(
      "GET \(path) HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\(headers)"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
    let response = try readResponse()
    guard response.status == 101, response.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
      throw .malformed("status \(response.status)")
    }
  }

  public enum Opcode: UInt8, Sendable {
    case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10
  }

  /// - Parameters:
  ///   - key: what the payload is masked with; zeros leave it as it is, and `nil` is what a client must not do.
  ///   - reserved: the three reserved bits.
  public func writeFrame(
    _ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true, key: [UInt8]? = [0x37, 0xfa, 0x21, 0x3d],
    reserved: UInt8 = 0
  ) throws(SocketError) {
    var frame: [UInt8] = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode.rawValue]
    let mask: UInt8 = key == nil ? 0 : 0x80
    switch payload.count {
    case ..<126: frame.append(mask | UInt8(payload.count))
    case ..<65_536: frame += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: frame += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    frame += key ?? []
    if let key, key != [0, 0, 0, 0] {
      frame += payload.enumerated().map { $1 ^ key[$0 & 3] }
    } else {
      frame += payload
    }
    try write(frame)
  }

  public func writeText(_ text: String) throws(SocketError) { try writeFrame(.text, Array(text.utf8)) }

  public func readFrame() throws(SocketError) -> (opcode: Opcode?, payload: [UInt8]) {
    let frame = try readFragment()
    return (frame.opcode, frame.payload)
  }

  /// A frame, and whether it is the last one of its message.
  public func readFragment() throws(SocketError) -> (opcode: Opcode?, payload: [UInt8], isFinal: Bool) {
    let header = try read(2)
    var length = Int(header[1] & 0x7f)
    if length == 126 {
      length = try read(2).reduce(0) { $0 << 8 | Int($1) }
    } else if length == 127 {
      length = try read(8).reduce(0) { $0 << 8 | Int($1) }
    }
    return (Opcode(rawValue: header[0] & 0x0f), try read(length), header[0] & 0x80 != 0)
  }

  /// The next text message, in however many fragments; pings on the way are passed over.
  public func readText() throws(SocketError) -> String {
    var text: [UInt8] = []
    var expected = Opcode.text
    while true {
      let (opcode, payload, isFinal) = try readFragment()
      if opcode == .ping { continue }
      guard opcode == expected else { throw .malformed("\(String(describing: opcode)): \(payload.prefix(100))") }
      text += payload
      if isFinal { return String(decoding: text, as: UTF8.self) }
      expected = .continuation
    }
  }

  /// The status code of the close frame that comes next.
  public func readCloseCode() throws(SocketError) -> Int {
    while true {
      let (opcode, payload) = try readFrame()
      if opcode == .close { return payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } }
    }
  }
}
