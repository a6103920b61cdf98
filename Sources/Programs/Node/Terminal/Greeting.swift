import Cryptography
import Primitives
import Telemetry

/// What somebody who starts a local chain wants to know: where everything is, and who has money.
public struct Greeting: Sendable {
  /// A chain, and where it is reached.
  public struct Chain: Sendable {
    public var id: UInt64
    /// `host:port`, each.
    public var addresses: [String]

    public init(id: UInt64, addresses: [String]) {
      self.id = id
      self.addresses = addresses
    }
  }

  /// An account whose key everybody knows.
  public struct Account: Sendable {
    public var address: Address
    public var key: Secp256k1.PrivateKey
    /// Ether, in words.
    public var balance: String

    public init(address: Address, key: Secp256k1.PrivateKey, balance: String) {
      self.address = address
      self.key = key
      self.balance = balance
    }
  }

  public var version: String
  public var l2: Chain
  public var l2Accounts: [Account]
  /// `nil` where the node has no L1 of its own.
  public var l1: Chain?
  public var l1Accounts: [Account] = []
  /// The entrance to the contracts on L1; `nil` where they are not ours.
  public var bridgehub: Address?
  public var databasePath: String
  public var statusPage: String
  /// Where a browser finds the page about the chain; `nil` where there is none.
  public var page: String?

  public init(
    version: String, l2: Chain, l2Accounts: [Account], databasePath: String, statusPage: String
  ) {
    self.version = version
    self.l2 = l2
    self.l2Accounts = l2Accounts
    self.databasePath = databasePath
    self.statusPage = statusPage
  }

  /// The lines, without the last line end.
  public func text(_ style: TerminalStyle) -> String {
    var lines = ["", style.bold("zksync-os-sequencer \(version)"), ""]
    func row(_ name: String, _ value: String) {
      lines.append("  " + name + String(repeating: " ", count: max(1, 12 - name.count)) + value)
    }
    func rows(_ name: String, _ chain: Chain) {
      row(name, "chain id \(chain.id)")
      for address in chain.addresses {
        row("", style.place("http://\(address)") + "  " + style.place("ws://\(address)"))
      }
    }
    rows("L2", l2)
    if let l1 { rows("L1", l1) }
    if let bridgehub { row("Bridgehub", bridgehub.checksummed) }
    row("Database", databasePath)
    if let page { row("Page", style.place(page)) }
    row("Status", style.place(statusPage))
    func accounts(_ title: String, _ accounts: [Account]) {
      guard !accounts.isEmpty else { return }
      lines += ["", style.bold(title)]
      for (index, account) in accounts.enumerated() {
        lines.append("  (\(index)) \(account.address.checksummed)  \(account.balance) ETH")
        lines.append("      \(style.faint(account.key.bytes.description))")
      }
    }
    accounts("Accounts on L2", l2Accounts)
    accounts("Accounts on L1", l1Accounts)
    lines += [
      "", style.warning("Everybody knows these keys: whatever they hold on a real chain is lost at once."), "",
    ]
    return lines.joined(separator: "\n")
  }
}
