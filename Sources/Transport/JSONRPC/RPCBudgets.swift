import Concurrency
import Synchronization

/// What clients may use: by connection, and by address whatever the number of connections.
public final class RPCBudgets: Sendable {
  /// Units a second; 0 for as many as one likes.
  public struct Rates: Sendable, Equatable {
    public var gas: UInt64, bytes: UInt64

    public init(gas: UInt64 = 0, bytes: UInt64 = 0) {
      self.gas = gas
      self.bytes = bytes
    }

    var isUnlimited: Bool { gas == 0 && bytes == 0 }
  }

  /// Addresses of which something is known. Who has used nothing for a while need not be.
  private static let mostAddresses = 16_384

  private let perConnection: Rates, perAddress: Rates
  /// For how many seconds a client may save what it does not use.
  private let seconds: UInt64
  private let time: TimeSource
  private let addresses = Mutex<[RPCClient: RPCAllowance]>([:])
  /// Shared by those for whom there is no place among the addresses.
  private let others: RPCAllowance

  /// - Parameter seconds: for how many seconds a client may save what it does not use.
  public init(
    perConnection: Rates = Rates(), perAddress: Rates = Rates(), seconds: UInt64 = 10, time: TimeSource = .system
  ) {
    self.perConnection = perConnection
    self.perAddress = perAddress
    self.seconds = seconds
    self.time = time
    others = RPCAllowance(.address, perAddress, seconds: seconds, now: time.monotonicNanoseconds())
  }

  var now: UInt64 { time.monotonicNanoseconds() }

  /// What a new connection may use; `nil` for as much as it likes.
  func connection() -> RPCAllowance? {
    perConnection.isUnlimited ? nil : RPCAllowance(.connection, perConnection, seconds: seconds, now: now)
  }

  /// What an address may use; `nil` for as much as it likes.
  func address(_ client: RPCClient) -> RPCAllowance? {
    guard !perAddress.isUnlimited else { return nil }
    let now = now
    return addresses.withLock { addresses in
      if let known = addresses[client] { return known }
      if addresses.count >= Self.mostAddresses { addresses = addresses.filter { !$0.value.isFull(now) } }
      guard addresses.count < Self.mostAddresses else { return others }
      let new = RPCAllowance(.address, perAddress, seconds: seconds, now: now)
      addresses[client] = new
      return new
    }
  }
}

/// What the sender of a message has left, where anything of it is limited.
struct RPCPurse: Sendable {
  private let allowances: [RPCAllowance]
  private let budgets: RPCBudgets

  init?(_ allowances: [RPCAllowance?], of budgets: RPCBudgets) {
    self.allowances = allowances.compactMap(\.self)
    self.budgets = budgets
    if self.allowances.isEmpty { return nil }
  }

  /// Throws where something is used up.
  func check() throws(RPCError) {
    let now = budgets.now
    for allowance in allowances {
      if let refusal = allowance.refusal(now) { throw .overBudget(refusal) }
    }
  }

  func spend(gas: UInt64 = 0, bytes: Int = 0) {
    for allowance in allowances { allowance.spend(gas: gas, bytes: UInt64(bytes)) }
  }
}
