import EthereumAPI
import HTTP
import L1Contracts
import NIOCore
import NodeOptions
import WebPage

/// The page about the node as a part of it.
enum NodePage {
  /// Where it is served.
  ///
  /// - Parameters:
  ///   - l1: the L1 in the process, where there is one: only beside it does the page send for accounts.
  ///   - baseFee: wei per gas of the next block.
  static func listener(
    _ configuration: NodeConfiguration, _ operations: Operations, rpc: RPCServer, l1: EmbeddedL1?,
    submitter: any TransactionSubmitter, baseFee: @escaping @Sendable () -> UInt64, on loops: EventLoops
  ) -> HTTPListener {
    let facts = WebPage.Facts(
      version: Version.current, chainID: configuration.rpc.chainID, bridgehub: l1?.bridgehub)
    var development: WebPage.Development?
    if let l1 {
      let accounts = [DevelopmentAccount.rich].compactMap { $0 } + DevelopmentAccount.wellKnown
      let signer = DevelopmentSigner(
        accounts, chainID: configuration.rpc.chainID, submitter: submitter, baseFee: baseFee)
      development = WebPage.Development(l1: l1.server.httpService, signer: rpc.service(of: signer.methods))
    }
    let page = WebPage(
      facts, rpc: rpc.service, development: development, pipeline: { operations.watch.pipelineJSON },
      settlement: { operations.registry.exposition(of: "l1_sender_") })
    var limits = HTTPServer.Limits()
    limits.connections = 256
    limits.connectionsPerAddress = 128
    limits.memoryBytes = 64 << 20
    // A page whose own name was made to lead here would be of the same origin (DNS rebinding). On another address the names
    // under which it is reached are not known.
    let address = configuration.webPage.address
    let access = HTTPAccess(hosts: Exposure.isLoopback(address) ? ["localhost"] : [])
    return HTTPListener("web_page", page, at: address, limits: limits, access: access, on: loops.rpc)
  }
}
