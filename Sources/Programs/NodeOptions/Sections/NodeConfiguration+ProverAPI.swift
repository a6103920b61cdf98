extension NodeConfiguration {
  /// Where provers find their jobs, and how long the node waits for them.
  public struct ProverAPI: OptionSection {
    static let title = "Prover API"

    public var isEnabled: Bool
    public var address: Endpoint
    public var jobTimeout: Duration
    public var maxUnprovedBlocks: Int
    public var fakeProvers: Int
    public var fakeComputeTime: Duration
    public var fakeMinimumAge: Duration
    /// What provers must show; empty where they need not.
    public var token: String
    public var isOpen: Bool
    public var maxJobsPerProver: Int
    public var maxKeptInputBytes: Int

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      isEnabled = try read(
        "prover_api_component_enabled", default: "false", .boolean, "whether blocks are batched and handed to provers")
      address = try read("prover_api_address", default: "127.0.0.1:3124", .endpoint, "where provers find their jobs")
      jobTimeout = try read(
        "prover_api_job_timeout", default: "180s", .duration, "a job is given to another prover after this time")
      maxUnprovedBlocks = try read(
        "prover_api_max_unproved_blocks", default: "1000", .integer(1...1_000_000),
        "unproved batches at which no more are made; blocks go on for some 100")
      fakeProvers = try read(
        "prover_api_fake_provers", default: "0", .integer(0...64),
        "provers that send fake proofs, for chains without GPU")
      fakeComputeTime = try read(
        "prover_api_fake_compute_time", default: "2s", .duration, "time that each of them takes for a proof")
      fakeMinimumAge = try read(
        "prover_api_fake_min_age", default: "3s", .duration, "younger batches they leave to real provers")
      token = try read(
        "prover_api_token", default: "", .text,
        "what provers must show, as Authorization: Bearer; needed where the address is not of this machine alone")
      isOpen = try read(
        "prover_api_open", default: "false", .boolean,
        "let everybody who reaches the address take jobs and store proofs, as the reference does")
      maxJobsPerProver = try read(
        "prover_api_max_jobs_per_prover", default: "64", .integer(1...1_000_000),
        "jobs that one prover, by its id, holds at a time; those without id count as one")
      maxKeptInputBytes = try read(
        "prover_api_max_kept_input_bytes", default: "10737418240", .integer(0...(1 << 50)),
        "prover inputs kept for batches whose proof nobody has verified; the oldest go first")
    }
  }
}
