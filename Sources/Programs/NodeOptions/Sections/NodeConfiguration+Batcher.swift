extension NodeConfiguration {
  /// Whether and how fast batches are made.
  public struct Batcher: OptionSection {
    static let title = "Batcher"

    public var isEnabled: Bool
    public var maxInFlightBlocks: Int

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      isEnabled = try read(
        "batcher_component_enabled", default: "true", .boolean, "make batches and proof jobs, where there are provers")
      maxInFlightBlocks = try read(
        "batcher_maximum_in_flight_blocks", default: "10", .integer(1...1_000), "prover inputs made at the same time")
    }
  }
}
