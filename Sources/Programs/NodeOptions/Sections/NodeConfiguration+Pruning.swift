extension NodeConfiguration {
  /// What is let go of when nobody needs it any more. By default everything stays: the node is an archive.
  public struct Pruning: OptionSection {
    static let title = "Pruning"

    /// 0 for all.
    public var keptProofs: UInt64

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      keptProofs = try read(
        "pruning_kept_proofs", default: "0", .unsigned(0...1_000_000_000),
        "of how many of the newest batches that are final on L1 the proofs stay; 0 for all. Nothing is let go of that L1 has "
          + "not executed")
    }
  }
}
