extension NodeConfiguration {
  /// Where the replay records are kept beside the node.
  public struct Archive: OptionSection {
    static let title = "Archive"

    /// Empty for no archive.
    public var path: String
    public var segmentBlocks: UInt64
    /// Bytes.
    public var segmentBytes: Int
    public var maxAge: Duration
    /// Whether batches wait for their blocks to be archived before they go to L1.
    public var gatesSettlement: Bool

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      path = try read(
        "archive_path", default: "", .optionalPath,
        "folder, on whatever is mounted there, to which the records of all blocks are written in segments; empty for none"
      )
      segmentBlocks = try read(
        "archive_segment_blocks", default: "4096", .unsigned(1...1_000_000), "blocks in a segment, at most")
      segmentBytes = try read(
        "archive_segment_bytes", default: "67108864", .integer(1 << 10...(256 << 20)),
        "bytes of records in a segment before they are compressed")
      maxAge = try read(
        "archive_max_age", default: "60s", .positiveDuration,
        "time after which a block is archived though its segment is not full")
      gatesSettlement = try read(
        "archive_gates_settlement", default: "false", .boolean,
        "whether a batch goes to L1 only once its blocks are in the archive")
    }
  }
}
