import JSONRPC

/// How much clients make the node hold: bounded for all together and for each.
struct ClientQuota: Sendable {
  let limit: Int, perClient: Int
  private(set) var used = 0
  private var byClient: [RPCClient: Int] = [:]

  init(limit: Int, perClient: Int) {
    self.limit = limit
    self.perClient = min(perClient, limit)
  }

  /// Whether `client` may have `amount` more, as far as its own share goes.
  func allows(_ amount: Int, for client: RPCClient) -> Bool { byClient[client, default: 0] + amount <= perClient }

  /// Whether there is room for `amount` more.
  func hasRoom(for amount: Int) -> Bool { used + amount <= limit }

  mutating func take(_ amount: Int, for client: RPCClient) {
    used += amount
    byClient[client, default: 0] += amount
  }

  mutating func giveBack(_ amount: Int, of client: RPCClient) {
    used -= amount
    let left = byClient[client, default: 0] - amount
    byClient[client] = left > 0 ? left : nil
  }
}
