import HTTP
import JSON
import NIOCore
import NodeOptions

/// What operators tell a running node, over HTTP with JSON:
///
/// - `POST /admin/checkpoint` with `{"folder": "/backup/1"}` begins a checkpoint: 202, or 409 while another is being made.
/// - `GET /admin/checkpoint` says how the last one is: `running`, `done` with what it holds, `failed` with the reason, `none`.
struct AdminAPI: HTTPService {
  private let router: HTTPRouter

  init(_ checkpoints: NodeCheckpoints) {
    var router = HTTPRouter()
    router.on(.GET, "/admin/checkpoint") { call in
      call.reply.send(.json(ByteBuffer(bytes: checkpoints.statusJSON)))
    }
    router.on(.POST, "/admin/checkpoint") { call in
      // A page in a browser cannot send this type without asking first, which is not answered.
      let type = call.request.headers.first(name: "content-type") ?? ""
      guard type.lowercased().hasPrefix("application/json") else {
        return call.reply.send(.text(.unsupportedMediaType, "the body must be application/json\n"))
      }
      let body = Array(call.request.body.readableBytesView)
      guard let folder = (try? JSONValue(parsing: body))?["folder"]?.string, folder.hasPrefix("/") else {
        return call.reply.send(.text(.badRequest, "the body must be {\"folder\": \"/an/absolute/path\"}\n"))
      }
      guard checkpoints.begin(folder) else {
        return call.reply.send(.text(.conflict, "a checkpoint is being made, or the node stops\n"))
      }
      call.reply.send(
        HTTPResponse(.accepted, contentType: "application/json", body: ByteBuffer(bytes: checkpoints.statusJSON)))
    }
    self.router = router
  }

  func respond(to request: HTTPRequest, reply: HTTPReply) { router.respond(to: request, reply: reply) }

  /// Where it is served; `nil` where an operator wants it nowhere.
  static func listener(
    _ options: NodeConfiguration.Admin, _ checkpoints: NodeCheckpoints, on loops: EventLoops
  ) -> HTTPListener? {
    guard options.isEnabled else { return nil }
    var limits = HTTPServer.Limits()
    limits.connections = 16
    limits.bodyBytes = 64 << 10
    // A page whose own name was made to lead here is not let in (DNS rebinding).
    let access = HTTPAccess(hosts: Exposure.isLoopback(options.address) ? ["localhost"] : [])
    var service: any HTTPService = AdminAPI(checkpoints)
    if !options.token.isEmpty {
      service = TokenGate(service, token: options.token, refusal: "this needs the token of admin_token")
    }
    return HTTPListener("admin", service, at: options.address, limits: limits, access: access, on: loops.operations)
  }
}
