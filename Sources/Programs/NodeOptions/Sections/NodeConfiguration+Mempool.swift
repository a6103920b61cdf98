extension NodeConfiguration {
  /// What the pool of waiting transactions holds.
  public struct Mempool: OptionSection {
    static let title = "Mempool"

    public var maxInputBytes: Int
    public var maxTransactions: Int
    public var maxBytes: Int
    public var maxTransactionsPerSender: Int
    public var maxBytesPerSender: Int
    public var isJournalEnabled: Bool
    /// Empty for the folder `mempool` of the databases.
    public var journalPath: String
    public var maxJournalBytes: Int

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      maxInputBytes = try read(
        "mempool_max_tx_input_bytes", default: "134217728", .integer(0...(1 << 31)), "longest calldata accepted")
      maxTransactions = try read(
        "mempool_max_transactions", default: "100000", .integer(1...10_000_000), "transactions held")
      maxBytes = try read(
        "mempool_max_bytes", default: "268435456", .integer(1 << 20...(1 << 40)), "bytes of the transactions held")
      maxTransactionsPerSender = try read(
        "mempool_max_transactions_per_sender", default: "4096", .integer(1...1_000_000), "transactions of one sender")
      maxBytesPerSender = try read(
        "mempool_max_bytes_per_sender", default: "10485760", .integer(1 << 10...(1 << 40)),
        "bytes of the transactions of one sender")
      isJournalEnabled = try read(
        "mempool_journal_enabled", default: "true", .boolean,
        "whether what waits is written down, and waits again after a restart")
      journalPath = try read(
        "mempool_journal_path", default: "", .optionalPath,
        "folder for that; where it is empty, the folder mempool of the databases")
      maxJournalBytes = try read(
        "mempool_journal_max_bytes", default: "536870912", .integer(1 << 20...(1 << 40)),
        "bytes that it takes at most; half of that must hold what waits")
    }
  }
}
