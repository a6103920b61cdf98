import DevelopmentL1
import JSONRPC
import Logging
import Telemetry

/// `docs/development-methods.md`.
enum DevelopmentMethodsPage {
  static func text() throws -> String {
    let l1 = try DevelopmentL1(
      DevelopmentL1.Options(), registry: MetricsRegistry(), log: Logger(label: "l1") { _ in SwiftLogNoOpLogHandler() }
    ) { () throws(ChainError) in Genesis(accounts: [:]) }
    // One line for each thing that can be done, under all its names.
    var names: [String: [String]] = [:]
    for method in l1.developmentMethods.documentation { names[method.summary, default: []].append(method.name) }
    var text = Markdown.begin("Methods of the development L1", page: .developmentMethods)
    text += """
      What `zkos l1 serve` and the L1 of `make run` answer besides the methods of any Ethereum node (`eth_`, `net_`, `web3_`,
      `txpool_`, `debug_`, as far as [JSON-RPC](json-rpc.md) lists them, and `eth_getProof`, `eth_createAccessList`,
      `eth_blobBaseFee`, `txpool_content`, `debug_trace*` with geth's tracers): the names and shapes are those of anvil,
      Hardhat and Ganache. [The development L1](development-l1.md) says what the chain is.


      """
    text += Markdown.table(
      ["Methods", "Parameters", "Result", "What it does"],
      l1.developmentMethods.documentation.filter { names[$0.summary]?.first == $0.name }.map { method in
        [
          (names[method.summary] ?? []).map(Markdown.code).joined(separator: ", "),
          method.parameters.map { "\($0.isRequired ? $0.name : "\($0.name)?"): \($0.type)" }.joined(separator: "; "),
          method.result, method.summary,
        ]
      })
    return text
  }
}
