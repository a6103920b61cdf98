import Cryptography
import Node
import Primitives

extension ServeCommand {
  /// What the program says once it listens. Whoever starts anvil reads it line by line: the keys stand between `Private
  /// Keys` and the address, one in a line that begins with a bracket; the address stands behind `Listening on`.
  /// Source: alloy's `node-bindings`, `nodes/anvil.rs`.
  func startLines(_ endpoints: [String]) -> String {
    var lines = ["", "zksync-os-sequencer \(Version.current), development L1", ""]
    func section(_ title: String, _ content: [String]) {
      lines += ["", title, "==================", ""] + content
    }
    let accounts = wallet.all
    section(
      "Available Accounts",
      accounts.enumerated().map {
        "(\($0)) \($1.address.checksummed) (\(wallet.balance).000000000000000000 ETH)"
      })
    section("Private Keys", accounts.enumerated().map { "(\($0)) \($1.key.bytes)" })
    section(
      "Wallet",
      ["Mnemonic:          \(wallet.mnemonic)", "Derivation path:   \(wallet.derivationPath)"])
    section("Chain ID", ["\(chainID)"])
    section("Base Fee", ["\(chain.baseFee)"])
    section("Gas Limit", ["\(chain.gasLimit)"])
    if let bridgehub { section("Bridgehub", [bridgehub.checksummed]) }
    lines += ["", "Everybody knows these keys: whatever they hold on a real chain is lost at once.", ""]
    lines += endpoints.map { "Listening on \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }
}
