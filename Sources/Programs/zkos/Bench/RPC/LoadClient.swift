import Concurrency
import Glibc

/// Sends the same HTTP request over and over on some connections, each as soon as the answer to the last is there. One
/// thread, and as little work as that can be: what a measurement shows should be the server.
final class LoadClient {
  /// What a slice of time has brought.
  struct Slice {
    var requests = 0
    /// Nanoseconds: of the clock, of this thread's processor time, and of that of all threads of the process.
    var time: UInt64 = 0, ownTime: UInt64 = 0, processTime: UInt64 = 0

    var perSecond: Double { Double(requests) * 1e9 / Double(max(1, time)) }
    /// Processor time of the server for a request, in nanoseconds.
    var serverTime: Double { Double(processTime - min(processTime, ownTime)) / Double(max(1, requests)) }
    /// The share of all processor time that was the client's.
    var ownShare: Double { Double(ownTime) / Double(max(1, processTime)) }
  }

  enum Failure: Error { case cannotConnect, closed, refused(String) }

  private struct Connection {
    let socket: Int32
    /// What has come of the answer.
    var received: [UInt8] = []
    /// Bytes that the answer will have; `nil` while its head is not whole, and for one in chunks.
    var length: Int?
    var isChunked = false
  }

  private var connections: [Connection] = []
  private var piece = [UInt8](repeating: 0, count: 1 << 18)

  init(port: Int, connections count: Int) throws {
    for _ in 0..<count {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(UInt16(port).bigEndian)
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      connections.append(Connection(socket: descriptor))
      guard descriptor >= 0, result == 0 else { throw Failure.cannotConnect }
      var one: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  deinit { for connection in connections where connection.socket >= 0 { close(connection.socket) } }

  static func request(_ body: String) -> [UInt8] {
    Array(
      "POST / HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        .utf8)
  }

  /// The body of the answer to one request.
  func answer(to request: [UInt8]) throws -> [UInt8] {
    try send(request, 0)
    while true {
      if try receive(0), let body = Self.body(of: connections[0].received) {
        reset(0)
        return body
      }
    }
  }

  /// Sends `request` for a while, on all connections.
  func slice(_ request: [UInt8], nanoseconds: UInt64) throws -> Slice {
    var slice = Slice()
    let start = MonotonicClock.nanoseconds
    let own = ProcessorClock.threadNanoseconds, process = ProcessorClock.processNanoseconds
    let end = start + nanoseconds
    for index in connections.indices { try send(request, index) }
    var open = connections.count
    var polled = connections.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
    while open > 0 {
      guard poll(&polled, nfds_t(polled.count), 30_000) > 0 else { throw Failure.closed }
      let isOver = MonotonicClock.nanoseconds >= end
      for index in polled.indices where polled[index].revents != 0 {
        guard try receive(index) else { continue }
        reset(index)
        slice.requests += 1
        if isOver { open -= 1 } else { try send(request, index) }
      }
    }
    slice.time = MonotonicClock.nanoseconds - start
    slice.ownTime = ProcessorClock.threadNanoseconds - own
    slice.processTime = ProcessorClock.processNanoseconds - process
    return slice
  }

  private func send(_ request: [UInt8], _ index: Int) throws {
    var offset = 0
    while offset < request.count {
      let sent = request[offset...].withUnsafeBytes {
        Glibc.send(connections[index].socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { throw Failure.closed }
      offset += sent
    }
  }

  private func reset(_ index: Int) {
    connections[index].received.removeAll(keepingCapacity: true)
    connections[index].length = nil
    connections[index].isChunked = false
  }

  /// Takes what has come; whether the answer is whole.
  private func receive(_ index: Int) throws -> Bool {
    let count = piece.withUnsafeMutableBytes { recv(connections[index].socket, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { throw Failure.closed }
    connections[index].received += piece[..<count]
    if connections[index].length == nil, !connections[index].isChunked {
      guard let head = Self.head(of: connections[index].received) else { return false }
      connections[index].length = head.length.map { $0 + head.end }
      connections[index].isChunked = head.length == nil
    }
    if let length = connections[index].length { return connections[index].received.count >= length }
    return connections[index].received.suffix(7).elementsEqual("\r\n0\r\n\r\n".utf8)
  }

  /// Where the head of an answer ends, and the length that it announces.
  private static func head(of text: [UInt8]) -> (end: Int, length: Int?)? {
    guard let end = end(of: "\r\n\r\n", in: text[...]) else { return nil }
    var length: Int?
    if let start = Self.end(of: "content-length: ", in: text[..<end]) {
      length = 0
      for digit in text[start...].prefix(while: { $0 >= 0x30 && $0 <= 0x39 }) {
        length = (length ?? 0) * 10 + Int(digit - 0x30)
      }
    }
    return (end, length)
  }

  /// What follows the first `pattern` in a text begins here.
  private static func end(of pattern: StaticString, in text: ArraySlice<UInt8>) -> Int? {
    let count = pattern.utf8CodeUnitCount
    return text.withUnsafeBytes { bytes -> Int? in
      guard let base = bytes.baseAddress, bytes.count >= count else { return nil }
      for start in 0...(bytes.count - count) where memcmp(base + start, pattern.utf8Start, count) == 0 {
        return text.startIndex + start + count
      }
      return nil
    }
  }

  /// The body of an answer that is not in chunks.
  private static func body(of text: [UInt8]) -> [UInt8]? {
    head(of: text).map { Array(text[$0.end...]) }
  }
}
