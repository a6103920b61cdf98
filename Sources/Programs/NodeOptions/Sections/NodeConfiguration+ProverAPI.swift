extension NodeConfiguration {
  /// Where provers find their jobs, and how long the node waits for them.
  public struct ProverAPI: OptionSection {
    static let title = "Prover API"

    public var isEnabled: Bool
    public var address: Endpoint
    public var jobTimeout: Duration
    public var maxUnprovedBlocks: Int
    public var fakeProvers: Int

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      isEnabled = try read(
        "prover_api_component_enabled", default: "false", .boolean, "whether blocks are batched and handed to provers")
      address = try read("prover_api_address", default: "0.0.0.0:3124", .endpoint, "where provers find their jobs")
      jobTimeout = try read(
        "prover_api_job_timeout", default: "180s", .duration, "a job is given to another prover after this time")
      maxUnprovedBlocks = try read(
        "prover_api_max_unproved_blocks", default: "1000", .integer(1...1_000_000),
        "unproved batches at which no more are made; blocks go on for some 100")
      fakeProvers = try read(
        "prover_api_fake_provers", default: "0", .integer(0...64),
        "provers that send fake proofs, for chains without GPU")
    }
  }
}
