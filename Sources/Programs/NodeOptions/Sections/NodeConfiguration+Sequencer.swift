extension NodeConfiguration {
  /// Where the databases are, and when a block is sealed.
  public struct Sequencer: OptionSection {
    static let title = "Sequencer"

    public var databasePath: String
    /// Bytes.
    public var minFreeDisk: UInt64
    public var blockTime: Duration
    public var maxTransactions: Int
    public var maxGas: UInt64
    public var maxPubdata: Int
    public var maxBlockCycles: UInt64
    /// Native units.
    public var maxBlockNative: UInt64
    /// Native units.
    public var maxTransactionNative: UInt64
    /// Percent of the block time.
    public var unpaidShare: Int
    /// Wei per gas.
    public var baseFee: UInt64
    /// Wei per native unit.
    public var nativePrice: UInt64
    public var feeModel: FeeModelName
    public var gasTarget: UInt64
    public var retainedInMemory: Int
    public var maxClockStep: Duration
    public var maxClockGap: Duration
    /// Seconds since 1970.
    public var acceptClock: UInt64
    /// Whether stores that are damaged or missing are made again from the replay log.
    public var repairs: Bool
    /// Hundredths of a processor that look through what is stored.
    public var scrubPercent: Int
    public var scrubPause: Duration

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      databasePath = try read("sequencer_rocks_db_path", default: "./db/node1", .path, "folder of every database")
      minFreeDisk = try read(
        "sequencer_min_free_disk_bytes", default: "268435456", .unsigned(0...(1 << 60)),
        "bytes that must be free in that folder: below, no block is begun, and the node does not start")
      blockTime = try read(
        "sequencer_block_time", default: "100ms", .duration, "a block is sealed this long after its first transaction")
      maxTransactions = try read(
        "sequencer_max_transactions_in_block", default: "1000", .integer(1...1_000_000),
        "transactions that seal a block")
      maxGas = try read(
        "sequencer_max_block_gas", default: "100000000", .unsigned(1_000_000...(1 << 50)), "gas that seals a block")
      maxPubdata = try read(
        "sequencer_max_block_pubdata", default: "110000", .integer(1_000...(1 << 30)), "pubdata bytes that seal a block"
      )
      maxBlockCycles = try read(
        "sequencer_max_block_cycles", default: "1056964608", .unsigned(1 << 24...(1 << 40)),
        "estimated cycles of the proving run that no block exceeds; the default is 2^30 less a reserve")
      maxBlockNative = try read(
        "sequencer_max_block_native", default: "68719476736", .unsigned(1 << 24...(1 << 62)),
        "native units of computation that no block exceeds")
      maxTransactionNative = try read(
        "sequencer_max_transaction_native", default: "1073741824", .unsigned(1 << 24...(1 << 36)),
        "native units of computation that no transaction exceeds; the default takes at most about 0.2 s")
      unpaidShare = try read(
        "sequencer_max_unpaid_percent", default: "10", .integer(1...100),
        "share of the time of blocks that may go to transactions which end up in none and pay nothing")
      baseFee = try read(
        "sequencer_base_fee", default: "1000", .unsigned(0...UInt64.max / 2),
        "wei per gas: of every block, or the least of any with sequencer_fee_model=eip1559")
      nativePrice = try read(
        "sequencer_native_price", default: "1", .unsigned(1...UInt64.max / 2), "wei per native unit of computation")
      feeModel = try read(
        "sequencer_fee_model", default: "fixed", .word,
        "how the base fee follows from the last block: fixed, or eip1559")
      gasTarget = try read(
        "sequencer_gas_target", default: "50000000", .unsigned(1...(1 << 50)),
        "gas of a block at which the base fee of sequencer_fee_model=eip1559 stays as it is")
      retainedInMemory = try read(
        "sequencer_blocks_to_retain_in_memory", default: "64", .integer(0...100_000),
        "blocks answered from memory; older ones, with their state, come from disk")
      maxClockStep = try read(
        "sequencer_max_clock_step", default: "60s", .duration,
        "no block is made once the clock has been set by more than this, or the last block is later than it by more")
      maxClockGap = try read(
        "sequencer_max_clock_gap", default: "30d", .duration,
        "no block is made where more than this lies between the last block and the start of the node")
      acceptClock = try read(
        "sequencer_accept_clock", default: "0", .unsigned(0...UInt64(Int64.max)),
        "block times up to this one, in seconds since 1970, are right, whatever the clock was found to be")
      repairs = try read(
        "sequencer_repair", default: "false", .boolean,
        "check all databases, and make those again that are damaged or missing; on the command line --repair does")
      scrubPercent = try read(
        "sequencer_scrub_percent", default: "2", .integer(0...100),
        "hundredths of one processor that look for damage in what is stored; 0 for none")
      scrubPause = try read(
        "sequencer_scrub_pause", default: "1h", .duration, "time between two looks through everything stored")
    }
  }
}

/// The fee models by their names.
public enum FeeModelName: String, Sendable, CaseIterable {
  case fixed, eip1559
}
