import HTTP
import NIOCore
import NIOPosix
import NodeOptions
import Synchronization
import Telemetry

/// A port on which an HTTP service is reached, as a part of the node.
final class HTTPListener: Service {
  let name: String
  private let service: any HTTPService
  private let address: Endpoint
  private let limits: HTTPServer.Limits
  private let grace: TimeAmount
  private let access: HTTPAccess
  private let loops: MultiThreadedEventLoopGroup
  private let server = Mutex<HTTPServer?>(nil)

  /// - Parameters:
  ///   - grace: what clients have to take their answers when it stops; requests in work are given up after half of it.
  ///   - access: from where the service may be called.
  init(
    _ name: String, _ service: any HTTPService, at address: Endpoint, limits: HTTPServer.Limits = HTTPServer.Limits(),
    grace: Duration = .seconds(1), access: HTTPAccess = HTTPAccess(), on loops: MultiThreadedEventLoopGroup
  ) {
    self.name = name
    self.service = service
    self.address = address
    self.limits = limits
    self.grace = TimeAmount(grace)
    self.access = access
    self.loops = loops
  }

  /// The server, once the port is open.
  var running: HTTPServer? { server.withLock { $0 } }

  /// The real port, once it is open; 0 before.
  var port: Int { running?.port ?? 0 }

  func start() async throws(StartError) {
    let started: HTTPServer
    do throws(ListenError) {
      started = try await HTTPServer.start(
        service, host: address.host, port: address.port, limits: limits, access: access, on: loops)
    } catch {
      throw .cannotListen(address, error)
    }
    server.withLock { $0 = started }
  }

  func stop() async { await running?.shutdown(grace: grace, patience: .nanoseconds(grace.nanoseconds / 2)) }

  var health: Health { .ready }
}
