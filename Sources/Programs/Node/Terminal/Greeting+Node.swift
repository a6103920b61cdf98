import Cryptography
import L1Contracts
import NodeOptions
import Primitives

extension Greeting {
  /// The parts of a node that know where they are reached, once they have started.
  struct Place: Sendable {
    var rpc: RPCServer
    var status: HTTPListener
    var page: HTTPListener?
    var l1: EmbeddedL1?
  }

  /// The greeting of a node that runs.
  init(_ configuration: NodeConfiguration, _ place: Place) {
    let rich = DevelopmentAccount.rich
    self.init(
      version: Version.current,
      l2: Chain(
        id: configuration.rpc.chainID, addresses: [Self.local(configuration.rpc.address.host, place.rpc.port)]),
      l2Accounts: rich.map { [Account(address: $0.address, key: $0.key, balance: "100000000000")] } ?? [],
      databasePath: configuration.sequencer.databasePath,
      statusPage: "http://"
        + Self.local(configuration.operations.metricsAddress.host, place.status.port) + "/status")
    page = place.page.map { "http://" + Self.local(configuration.webPage.address.host, $0.port) + "/" }
    guard let l1 = place.l1 else { return }
    self.l1 = Chain(id: configuration.developmentL1.chainID, addresses: l1.server.endpoints)
    bridgehub = l1.bridgehub
    l1Accounts = DevelopmentAccount.wellKnown.map { Account(address: $0.address, key: $0.key, balance: "10000") }
  }

  /// An address that somebody on this machine can open: not the one that means all of them.
  private static func local(_ host: String, _ port: Int) -> String {
    let host = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
    return (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
  }
}
