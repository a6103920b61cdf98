extension NodeConfiguration {
  /// What memory and disk the state tree may take.
  public struct StateTree: OptionSection {
    static let title = "State tree"

    public var cacheBytes: Int
    public var retainedBlocks: UInt64

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      cacheBytes = try read(
        "tree_cache_bytes", default: "268435456", .integer(16 << 20...(1 << 40)), "memory for pages of the state tree")
      retainedBlocks = try read(
        "tree_retained_blocks", default: "1000", .unsigned(1_000...UInt64(Int64.max)),
        "blocks behind the newest whose state can be proven, at least")
    }
  }
}
