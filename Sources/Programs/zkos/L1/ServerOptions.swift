import ArgumentParser
import DevelopmentL1

/// Where the chain is reached.
struct ServerOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Port of JSON-RPC, HTTP and WebSocket; 0 lets the system choose.")
  var port: UInt16 = 8545

  @Option(help: "Addresses to listen on, with commas between them. (default: 127.0.0.1 and ::1)")
  var host: [String] = []

  @Flag(name: [.customLong("silent"), .customLong("quiet"), .customShort("q")], help: "Print nothing.")
  var silent = false

  func addresses() throws -> [L1Server.Address] {
    let hosts = host.flatMap { $0.split(separator: ",").map(String.init) }
    guard !host.isEmpty else { return L1Server.Address.loopback }
    guard !hosts.isEmpty else { throw ValidationError("--host names no address") }
    return hosts.map { L1Server.Address($0) }
  }
}
