import Dispatch
import Glibc
import HTTP
import JSONRPC
import NIOPosix

/// The server that strangers talk to, over a real socket: whatever bytes come, it answers in its protocol, ends the
/// connection, and goes on.
enum ServerTarget {
  private static let port: UInt16 = {
    let started = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var server: HTTPServer?
    Task {
      server = try? await HTTPServer.start(
        RPCService(FuzzAPI.dispatcher, log: FuzzAPI.log), host: "127.0.0.1", port: 0,
        on: MultiThreadedEventLoopGroup(numberOfThreads: 1))
      started.signal()
    }
    started.wait()
    running = server
    return UInt16(server?.port ?? 0)
  }()
  nonisolated(unsafe) private static var running: HTTPServer?

  private static let upgrade = Array(
    """
    GET / HTTP/1.1\r\nHost: fuzz\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n
    """.utf8)

  /// The bytes are requests.
  static func http(_ input: UnsafeRawBufferPointer) {
    let client = Client(port)
    client.send(Array(input))
    let answer = client.readToEnd()
    promise(answer.isEmpty || answer.starts(with: Array("HTTP/1.".utf8)), "the answer is HTTP")
  }

  /// The bytes are frames.
  static func webSocket(_ input: UnsafeRawBufferPointer) {
    let client = Client(port)
    client.send(upgrade)
    var answer: [UInt8] = []
    while !answer.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) {
      guard let more = client.read(1) else { return promise(false, "the head of the answer ends") }
      answer += more
    }
    promise(answer.starts(with: Array("HTTP/1.1 101".utf8)), "a WebSocket is had for the asking")
    client.send(Array(input))
    checkFrames(client.readToEnd()[...])
  }

  private static func checkFrames(_ answer: ArraySlice<UInt8>) {
    var rest = answer, isClosed = false
    while rest.count >= 2, let first = rest.first {
      promise(!isClosed, "nothing follows a close frame")
      promise([0x81, 0x88, 0x89, 0x8a].contains(first), "frames are whole, of a kind that is known")
      let short = rest[rest.startIndex + 1]
      promise(short & 0x80 == 0, "a server does not mask")
      let width = short == 126 ? 2 : short == 127 ? 8 : 0
      guard rest.count >= 2 + width else { return }
      let length = width == 0 ? Int(short) : rest.dropFirst(2).prefix(width).reduce(0) { $0 << 8 | Int($1) }
      isClosed = first == 0x88
      rest = rest.dropFirst(2 + width + length)
    }
  }
}

/// A connection to the server.
private final class Client {
  private let descriptor: Int32

  init(_ port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    promise(connected == 0, "the server goes on")
    var time = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) {
    // What the server has heard enough of it resets.
    _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  /// Up to `count` bytes; `nil` at the end of the connection.
  func read(_ count: Int) -> [UInt8]? {
    var chunk = [UInt8](repeating: 0, count: count)
    let received = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
    promise(received >= 0 || errno != EAGAIN, "the connection ends")
    return received > 0 ? Array(chunk[..<received]) : nil
  }

  /// Says no more, and gives what comes until the server ends the connection.
  func readToEnd() -> [UInt8] {
    shutdown(descriptor, Int32(SHUT_WR))
    var answer: [UInt8] = []
    while let more = read(65_536) { answer += more }
    return answer
  }
}
