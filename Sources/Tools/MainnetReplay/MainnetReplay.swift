import Cryptography
import Primitives
import Transactions
import ZKsyncOS

/// Runs a block of Ethereum through the state transition of ZKsync OS, without its system contracts, and compares what
/// can be compared: status, logs and gas of every transaction, and the state after the block.
///
/// ZKsync OS differs from Ethereum in two ways that show here. It refunds nothing for cleared storage, and it gives the
/// base fee to the coinbase instead of burning it. Neither is overlooked: the refund that Ethereum grants is computed
/// beside the execution (``RefundCounter``), gas must agree once it is subtracted, and balances must agree to the wei
/// once refunds and base fees are.
public struct MainnetReplay {
  /// What the replay compared, and where it found differences.
  public struct Report: Sendable {
    public fileprivate(set) var transactions = 0
    public fileprivate(set) var skipped = 0
    public fileprivate(set) var succeeded = 0
    public fileprivate(set) var logs = 0
    public fileprivate(set) var gasUsed: UInt64 = 0
    public fileprivate(set) var nativeUsed: UInt64 = 0
    /// Transactions that Ethereum refunds gas, and how much.
    public fileprivate(set) var refunded = 0
    public fileprivate(set) var refunds: UInt64 = 0
    public fileprivate(set) var accounts = 0
    public fileprivate(set) var slots = 0
    /// One line each.
    public fileprivate(set) var mismatches: [String] = []

    public var summary: String {
      """
      \(transactions) transactions (\(succeeded) successful, \(transactions - succeeded) failed, \(skipped) skipped), \
      \(logs) logs, \(gasUsed) gas of which Ethereum refunds \(refunds) in \(refunded) transactions, \
      \(nativeUsed) native, \(accounts) accounts and \(slots) slots compared: \(mismatches.count) mismatches
      """
    }
  }

  private let block: MainnetBlock
  private let version: ProtocolVersion
  private let state: TracedState
  private var report = Report()
  /// What a balance here lacks (or has) compared with Ethereum's: refunds of the senders, base fees of the miner.
  private var shortfall: [Address: UInt256] = [:]

  /// Replays `block` under the rules of `version`.
  public static func run(_ block: MainnetBlock, _ version: ProtocolVersion) throws(BlockError) -> Report {
    var replay = MainnetReplay(block, version)
    try replay.run()
    return replay.report
  }

  private init(_ block: MainnetBlock, _ version: ProtocolVersion) {
    self.block = block
    self.version = version
    state = TracedState(block, version)
  }

  /// The context in which matter-labs' `eth_runner` replays: pubdata free, native at a hundredth of the base fee.
  private var context: BlockContext {
    BlockContext(
      protocolVersion: version, chainID: 1, number: block.number, timestamp: block.timestamp,
      blockHashes: BlockHashes(newestFirst: [block.parentHash]), baseFee: block.baseFee, gasPerPubdata: .zero,
      nativePrice: block.baseFee / UInt256(UInt64(100)), coinbase: block.miner, gasLimit: block.gasLimit,
      mixHash: block.mixHash)
  }

  private mutating func run() throws(BlockError) {
    report.skipped = block.skipped
    var executor = try BlockExecutor(
      context: context, state: state, features: BlockFeatures(hasSystemContracts: false))
    for item in block.items {
      report.transactions += 1
      guard let recovered = recover(item) else { continue }
      var refunds = RefundCounter()
      switch try executor.execute(recovered, tracer: &refunds) {
      case .included(let result): compare(item, result, refunds)
      case .rejected(let reason): mismatch(item, "rejected: \(reason)")
      case .exceeded(let resource): mismatch(item, "exceeded a limit of \(resource) that there is not")
      }
    }
    compare(try executor.seal())
  }

  private mutating func mismatch(_ item: MainnetBlock.Item, _ text: String) {
    report.mismatches.append("transaction \(item.index) \(item.hash): \(text)")
  }

  /// The transaction with the sender that its signature names.
  private mutating func recover(_ item: MainnetBlock.Item) -> RecoveredTransaction? {
    guard let recovered = try? RecoveredTransaction(.signed(item.transaction)) else {
      mismatch(item, "the signature does not recover")
      return nil
    }
    if recovered.sender != item.sender { mismatch(item, "sender \(recovered.sender), expected \(item.sender)") }
    if recovered.hash != item.hash { mismatch(item, "hash \(recovered.hash)") }
    return recovered
  }

  // MARK: Transactions

  private mutating func compare(_ item: MainnetBlock.Item, _ result: TransactionResult, _ counter: RefundCounter) {
    if result.succeeded { report.succeeded += 1 }
    report.logs += result.logs.count
    report.gasUsed += result.gasUsed
    report.nativeUsed += result.nativeUsed
    if result.succeeded != item.succeeded {
      mismatch(item, "status \(result.succeeded ? 1 : 0), expected \(item.succeeded ? 1 : 0)")
    }
    let refund = result.succeeded ? counter.refund(ofGasUsed: result.gasUsed) : 0
    if refund > 0 {
      report.refunded += 1
      report.refunds += refund
    }
    if result.gasUsed - refund != item.gasUsed {
      mismatch(item, "gas \(result.gasUsed) - refund \(refund), expected \(item.gasUsed)")
    }
    if result.logs != item.logs {
      let first = zip(result.logs, item.logs).enumerated().first { $1.0 != $1.1 }?.offset
      mismatch(
        item,
        "\(result.logs.count) logs, expected \(item.logs.count); log \(first ?? min(result.logs.count, item.logs.count)) differs"
      )
    }
    let price = item.transaction.effectiveGasPrice(baseFee: block.baseFee)
    shortfall[item.sender] = shortfall[item.sender, default: .zero] &+ price &* UInt256(refund)
    // The miner has all that was paid here, and only the tip of the refunded amount there.
    let here = price &* UInt256(result.gasUsed)
    let there = (price &- block.baseFee) &* UInt256(item.gasUsed)
    shortfall[block.miner] = shortfall[block.miner, default: .zero] &- (here &- there)
  }

  // MARK: State

  private mutating func compare(_ output: BlockOutput) {
    compareAccounts(output)
    compareSlots(output)
    // Whoever reads what Ethereum did not has taken another path. Fees pass through the bootloader's address.
    let expected = FlatKey.ofAccount(SystemAddress.bootloader)
    for slot in output.touchedSlots where slot.isNew && slot.flatKey != expected {
      report.mismatches.append("leaf \(slot.flatKey): touched here only")
    }
  }

  private mutating func compareAccounts(_ output: BlockOutput) {
    var after = state.accounts
    for diff in output.accountDiffs { after[diff.address] = diff.after }
    for address in Set(after.keys).union(block.changes.keys).sorted() {
      report.accounts += 1
      let found = after[address] ?? .empty
      let before = block.before[address], change = block.changes[address]
      let nonce = change?.nonce ?? before?.nonce ?? 0
      if found.nonce != nonce { report.mismatches.append("\(address): nonce \(found.nonce), expected \(nonce)") }
      let balance = (change?.balance ?? before?.balance ?? .zero) &- shortfall[address, default: .zero]
      if found.balance != balance {
        report.mismatches.append("\(address): balance \(found.balance), expected \(balance)")
      }
      let code = change?.code ?? before?.code ?? []
      let hash = code.isEmpty ? Bytes32.zero : Keccak256.hash(code)
      let emptied = found.codeLength == 0 && code.isEmpty
      if found.observableBytecodeHash != hash && !emptied {
        report.mismatches.append("\(address): code \(found.observableBytecodeHash), expected \(hash)")
      }
    }
  }

  private mutating func compareSlots(_ output: BlockOutput) {
    var after: [Bytes32: Bytes32] = [:]
    var names: [Bytes32: String] = [:]
    for write in output.storageWrites where write.address != SystemAddress.accountProperties {
      after[write.flatKey] = write.value
      names[write.flatKey] = "\(write.address) slot \(write.key)"
    }
    var expected: [Bytes32: Bytes32] = [:]
    for (address, trace) in block.before.merging(
      block.changes,
      uniquingKeysWith: { before, change in
        var both = before
        both.storage.merge(change.storage) { _, last in last }
        return both
      })
    {
      for (key, value) in trace.storage {
        let flatKey = FlatKey.of(address, key)
        expected[flatKey] = value
        names[flatKey] = "\(address) slot \(key)"
      }
    }
    for (flatKey, name) in names.sorted(by: { $0.value < $1.value }) {
      report.slots += 1
      let found = after[flatKey] ?? state.memory.slots[flatKey] ?? .zero
      let value = expected[flatKey] ?? .zero
      if found != value { report.mismatches.append("\(name): \(found), expected \(value)") }
    }
  }
}
