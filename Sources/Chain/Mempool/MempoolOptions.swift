import Primitives
import Transactions

/// What the pool admits and how much of it. The defaults are those of the Rust server, whose pool is reth's.
public struct MempoolOptions: Sendable {
  public var chainID: UInt64
  /// Wei per gas, of the next block.
  public var baseFee: UInt256 = 1000
  /// The most gas that one transaction may ask for.
  public var gasLimit: UInt64 = 100_000_000
  /// Transactions in the whole pool: ten thousand executable ones and as many parked ones in reth.
  public var maxCount = 20_000
  /// Bytes of memory of all transactions.
  public var maxBytes = 40 << 20
  public var maxCountPerSender = 4_096
  public var maxBytesPerSender = 10 << 20
  /// Bytes of calldata or init code of one transaction.
  public var maxInputBytes = 134_217_728
  /// Wei that one transaction may pay for gas; `nil` for no limit.
  public var maxFee: UInt256? = 1_000_000_000_000_000_000
  /// By how many percent a replacement has to raise the fees.
  public var priceBump: UInt64 = 10
  /// Milliseconds that a transaction may stay parked.
  public var lifetime: UInt64 = 3 * 60 * 60 * 1000
  /// A transaction whose trial run takes more nanoseconds than that is long.
  public var longNanoseconds: UInt64 = 10_000_000
  /// A transaction that is refused after more nanoseconds than that counts against its sender and the code it calls.
  public var strikeNanoseconds: UInt64 = 250_000
  /// Whether somebody develops, who wants the log to tell of refused transactions.
  public var isForDeveloper = false

  /// Calls that the virtual machine is known to refuse, whoever makes them.
  public var refusedCalls: [RefusedCall] = []

  public init(chainID: UInt64) { self.chainID = chainID }
}

/// A shape of transactions that no block can contain.
public struct RefusedCall: Sendable {
  public var to: Address
  /// The first four bytes of the input; any where it is `nil`.
  public var selector: UInt32?
  /// In the words that the client gets.
  public var reason: String

  public init(to: Address, selector: UInt32? = nil, reason: String) {
    self.to = to
    self.selector = selector
    self.reason = reason
  }

  func covers(_ transaction: SignedTransaction) -> Bool {
    guard transaction.to == to else { return false }
    guard let selector else { return true }
    return transaction.input.count >= 4
      && transaction.input.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } == selector
  }
}

/// What the pool has to know of an account.
public struct AccountState: Sendable, Equatable {
  public var nonce: UInt64
  /// Wei.
  public var balance: UInt256
  /// Whether it has code, so that it cannot be the sender of a transaction (EIP-3607).
  public var isContract: Bool

  public init(nonce: UInt64, balance: UInt256, isContract: Bool = false) {
    self.nonce = nonce
    self.balance = balance
    self.isContract = isContract
  }
}

/// Gives the pool the accounts as the newest executed block left them.
public protocol AccountReader: Sendable {
  /// The account; one that does not exist has nonce 0 and balance 0. Called from many threads.
  func account(_ address: Address) throws(MempoolError) -> AccountState
}
