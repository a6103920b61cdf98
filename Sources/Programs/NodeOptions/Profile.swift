/// What a node is for, as a set of defaults: what nobody sets is as the profile says.
public enum Profile: String, Sendable, CaseIterable {
  /// A whole rollup on one machine: an L1 of its own, and proofs that are none but let batches settle.
  case development
  /// A chain with value on it: nothing that everybody knows the key of, no proof that nobody verified.
  case production

  /// By the names of options.
  var settings: [String: String] {
    switch self {
    case .development:
      [
        "development_l1_enabled": "true",
        "development_methods_enabled": "true",
        "development_contracts_enabled": "true",
        "web_page_enabled": "true",
        "prover_api_fake_provers": "1",
        "prover_api_fake_compute_time": "0s",
        "prover_api_fake_min_age": "0s",
      ]
    case .production:
      ["prover_api_require_verified_proofs": "true"]
    }
  }
}
