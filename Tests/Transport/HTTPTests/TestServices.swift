import HTTP
import NIOPosix
import SocketTesting
import Synchronization

let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
let workers = NIOThreadPool.singleton

/// Answers with what it was sent. `/later` answers from another thread, `/never` not at all, `/big` with a million bytes,
/// `/twice` twice, `/client` with who asks.
final class EchoService: HTTPService {
  /// Texts that a session was sent after it was gone would be counted here; a session that ends is.
  let closedSessions = Atomic<Int>(0)
  /// Requests that have arrived.
  let requests = Atomic<Int>(0)

  func respond(to request: HTTPRequest, reply: HTTPReply) {
    requests.add(1, ordering: .relaxed)
    switch request.path {
    case "/later": workers.submit { _ in reply.send(HTTPResponse(.ok, body: request.body)) }
    case "/slow":
      reply.eventLoop.scheduleTask(in: .milliseconds(200)) { reply.send(HTTPResponse(.ok, body: request.body)) }
    case "/never": break
    case "/client": reply.send(.text(.ok, "\(request.client)"))
    case "/big": reply.send(HTTPResponse(.ok, body: ByteBuffer(repeating: 0x61, count: 1_000_000)))
    case "/twice":
      reply.send(.text(.ok, "first"))
      reply.send(.text(.ok, "second"))
    default: reply.send(HTTPResponse(.ok, body: request.body))
    }
  }

  var offersWebSocket: Bool { true }

  func openSession(on socket: WebSocket) -> (any WebSocketSession)? { EchoSession(socket: socket, service: self) }
}

/// Echoes; `flood N` sends N messages of 100 kB, `hold` is never done with.
final class EchoSession: WebSocketSession {
  let socket: WebSocket
  let service: EchoService

  init(socket: WebSocket, service: EchoService) {
    self.socket = socket
    self.service = service
  }

  func receive(_ message: ByteBuffer, done: @escaping @Sendable () -> Void) {
    let text = String(buffer: message)
    if text == "hold" { return }
    if text.hasPrefix("flood "), let count = Int(text.dropFirst(6)) {
      let socket = self.socket
      workers.submit { _ in
        for _ in 0..<count where socket.isOpen { socket.send(ByteBuffer(repeating: 0x61, count: 100_000)) }
        done()
      }
      return
    }
    socket.send(message)
    done()
  }

  var refusalForMemory: ByteBuffer { ByteBuffer(string: "busy") }

  func dropped(_ reason: String) {}

  func closed() { service.closedSessions.add(1, ordering: .relaxed) }
}

/// Runs `body` against a server of its own on a free port.
func withServer<R>(
  _ service: any HTTPService = EchoService(), access: HTTPAccess = HTTPAccess(),
  _ adjust: (inout HTTPServer.Limits) -> Void = { _ in }, _ body: (HTTPServer) async throws -> R
) async throws -> R {
  var limits = HTTPServer.Limits()
  adjust(&limits)
  let server = try await HTTPServer.start(
    service, host: "127.0.0.1", port: 0, limits: limits, access: access, on: group)
  do {
    let result = try await body(server)
    await server.shutdown(grace: .milliseconds(50))
    return result
  } catch {
    await server.shutdown(grace: .milliseconds(50))
    throw error
  }
}

/// Waits until `condition` holds, for twenty seconds at most; whether it does.
func eventually(_ condition: () -> Bool) async -> Bool {
  for _ in 0..<4_000 {
    if condition() { return true }
    try? await Task.sleep(for: .milliseconds(5))
  }
  return condition()
}
