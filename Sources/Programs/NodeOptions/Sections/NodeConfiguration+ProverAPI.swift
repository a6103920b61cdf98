import Primitives

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
    public var maxJobsPerAddress: Int
    public var keepsRefusedJobs: Bool
    public var maxKeptInputBytes: Int
    /// Path of the image that verifies proofs; empty where there is none.
    public var verifierImage: String
    public var allowedPrograms: ProvedPrograms
    public var requiresVerifiedProofs: Bool
    public var verificationJobs: Int
    public var maxWaitingSubmissions: Int
    public var maxWaitingBytes: Int
    public var maxRefusedProofs: Int
    public var maxRefusedBytes: Int

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
        "prover_api_fake_compute_time", default: "2s", .duration, "time that one takes for all batches that there are")
      fakeMinimumAge = try read(
        "prover_api_fake_min_age", default: "3s", .duration, "younger batches they leave to real provers")
      token = try read(
        "prover_api_token", default: "", .secret,
        "what provers must show, as Authorization: Bearer; needed where the address is not of this machine alone")
      isOpen = try read(
        "prover_api_open", default: "false", .boolean,
        "let everybody who reaches the address take jobs and store proofs, as the reference does")
      maxJobsPerProver = try read(
        "prover_api_max_jobs_per_prover", default: "64", .integer(1...1_000_000),
        "jobs that one prover, by its id, holds at a time; those without id count as one")
      maxJobsPerAddress = try read(
        "prover_api_max_jobs_per_address", default: "256", .integer(1...1_000_000),
        "the same for provers of one address, whatever their ids")
      keepsRefusedJobs = try read(
        "prover_api_refused_job_wait", default: "false", .boolean,
        "whether a job whose proof was refused waits for prover_api_job_timeout before others get it, as in the reference"
      )
      maxKeptInputBytes = try read(
        "prover_api_max_kept_input_bytes", default: "10737418240", .integer(0...(1 << 50)),
        "prover inputs kept for batches whose proof nobody has verified; the oldest go first")
      verifierImage = try read(
        "prover_api_verifier_image", default: "", .optionalPath,
        "verifies proofs: recursion_layer.bin of zksync-airbender v0.3.3. Without it they are stored as fri_unverified")
      allowedPrograms = try read(
        "prover_api_allowed_programs", default: "published", .programs,
        "of which programs a proof may be: the published guests of the batch's protocol version, chain hashes separated by "
          + "commas, or any, as in the reference")
      requiresVerifiedProofs = try read(
        "prover_api_require_verified_proofs", default: "false", .boolean,
        "refuse to start where proofs would be stored without being verified, for production")
      verificationJobs = try read(
        "prover_api_verification_jobs", default: "1", .integer(1...64), "proofs that are verified at once")
      maxWaitingSubmissions = try read(
        "prover_api_max_waiting_submissions", default: "64", .integer(1...10_000),
        "proofs that wait to be verified, or are being; more get 503")
      maxWaitingBytes = try read(
        "prover_api_max_waiting_submission_bytes", default: "134217728", .integer(1...(1 << 40)),
        "bytes of their requests")
      maxRefusedProofs = try read(
        "prover_api_max_refused_proofs", default: "64", .integer(0...1_000_000),
        "refused proofs kept in proofs_refused, beside the database; the oldest go first")
      maxRefusedBytes = try read(
        "prover_api_max_refused_proof_bytes", default: "268435456", .integer(0...(1 << 50)), "bytes of them")
    }
  }
}

/// Of which programs a proof may be.
public enum ProvedPrograms: Sendable, Equatable {
  /// The guests that were published for a batch's protocol version.
  case published
  /// Those with these chain hashes.
  case chains([Bytes32])
  case any
}

extension OptionForm<ProvedPrograms> {
  /// A word, or hashes with commas between them.
  static var programs: Self {
    OptionForm("published, any, or a list of chain hashes, each 0x and 64 hexadecimal digits", isList: true) { text in
      switch text.lowercased() {
      case "published": return .published
      case "any": return .any
      default:
        let items = text.split(separator: ",").map(\.trimmingSpaces)
        let hashes = items.compactMap { Bytes32(hex: String($0)) }
        return hashes.isEmpty || hashes.count != items.count ? nil : .chains(hashes)
      }
    }
  }
}
