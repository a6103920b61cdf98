import Cryptography
import Mempool
import Primitives
import Synchronization
import Telemetry
import Transactions

/// Accounts that a test sets, and counts how often they are read.
final class TestAccounts: AccountReader {
  private let accounts = Mutex<[Address: AccountState]>([:])
  let reads = Atomic(0)
  /// Runs inside the next read, once.
  let duringRead = Mutex<(@Sendable () -> Void)?>(nil)

  subscript(address: Address) -> AccountState {
    get { accounts.withLock { $0[address] ?? AccountState(nonce: 0, balance: .zero) } }
    set { accounts.withLock { $0[address] = newValue } }
  }

  func account(_ address: Address) throws(MempoolError) -> AccountState {
    reads.add(1, ordering: .relaxed)
    let account = self[address]
    duringRead.withLock { hook in
      let run = hook
      hook = nil
      return run
    }?()
    return account
  }
}

/// A pool over accounts and a clock that the test moves.
final class TestPool: Sendable {
  let accounts = TestAccounts()
  let clock: ClockBox
  let metrics = MetricsRegistry()
  let pool: Mempool

  init(_ change: (inout MempoolOptions) -> Void = { _ in }) {
    var options = MempoolOptions(chainID: 270)
    change(&options)
    let clock = ClockBox()
    pool = Mempool(options: options, accounts: accounts, metrics: MempoolMetrics(metrics)) {
      clock.now.load(ordering: .relaxed)
    }
    self.clock = clock
  }

  /// Milliseconds.
  final class ClockBox: Sendable {
    let now = Atomic<UInt64>(1_000_000)
  }

  /// A funded sender with this number.
  func sender(_ number: UInt64, nonce: UInt64 = 0, balance: UInt256 = 1_000_000_000_000_000_000) -> Address {
    let address = Address(0x1000 + number)
    accounts[address] = AccountState(nonce: nonce, balance: balance)
    return address
  }

  /// Applies a block with these transactions: nonces go up, balances stay unless given.
  func seal(
    _ transactions: [RecoveredTransaction], changing others: [Address: AccountState] = [:], baseFee: UInt256 = 1000
  ) {
    var changed = others
    for transaction in transactions {
      let before = changed[transaction.sender] ?? accounts[transaction.sender]
      changed[transaction.sender] = AccountState(nonce: transaction.nonce + 1, balance: before.balance)
    }
    for (address, account) in changed { accounts[address] = account }
    pool.apply(ExecutedBlock(baseFee: baseFee, transactions: transactions, accounts: changed))
  }

  /// The best transaction that the pool offers.
  func take(_ lane: Lane? = nil) -> RecoveredTransaction? { pool.take(lane)?.transaction }

  /// Everything that the pool offers to one block.
  func takeAll() -> [RecoveredTransaction] {
    var all: [RecoveredTransaction] = []
    while let next = take() { all.append(next) }
    return all
  }
}

/// A transaction whose sender is taken for granted; in place of a signature it names the sender, so that hashes differ.
func transaction(
  from sender: Address, nonce: UInt64, tip: UInt256 = 100, feeCap: UInt256 = 10_000, value: UInt256 = 0,
  gasLimit: UInt64 = 21_000, chainID: UInt64? = 270, to: Address? = Address(9), input: [UInt8] = [],
  kind: SignedTransaction.Kind = .dynamicFee, accessList: AccessList = AccessList()
) -> RecoveredTransaction {
  RecoveredTransaction(
    .signed(
      SignedTransaction(
        kind: kind, chainID: chainID, nonce: nonce, gasLimit: gasLimit, maxFeePerGas: feeCap,
        maxPriorityFeePerGas: tip, to: to, value: value, input: input, accessList: accessList,
        signature: .init(r: Bytes32(sender), s: .zero, yParity: 0))), sender: sender)
}
