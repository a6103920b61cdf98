import NodeOptions
import ZKsyncOS

/// To whom the node is open.
enum Exposure {
  /// Characters of a token that cannot be guessed.
  static let minTokenLength = 16

  /// Refuses to give jobs, and to take proofs, from whoever comes by, unless an operator wants it so.
  static func check(_ options: NodeConfiguration.ProverAPI) throws(StartError) {
    guard options.isEnabled else { return }
    if !options.token.isEmpty, options.token.count < minTokenLength { throw .shortToken("prover_api_token") }
    if options.token.isEmpty, !options.isOpen, !isLoopback(options.address) { throw .openProverAPI(options.address) }
  }

  /// Refuses to take orders from other machines without a token.
  static func check(_ options: NodeConfiguration.Admin) throws(StartError) {
    guard options.isEnabled else { return }
    if !options.token.isEmpty, options.token.count < minTokenLength { throw .shortToken("admin_token") }
    if options.token.isEmpty, !isLoopback(options.address) { throw .openAdmin(options.address) }
  }

  /// Refuses to feed whoever comes by, unless an operator wants it so.
  static func check(_ options: NodeConfiguration.Replication) throws(StartError) {
    guard options.isFeedEnabled else { return }
    if !options.feedToken.isEmpty, options.feedToken.count < minTokenLength { throw .shortToken("replay_feed_token") }
    if options.feedToken.isEmpty, !options.isFeedOpen, !isLoopback(options.feedAddress) {
      throw .openFeed(options.feedAddress)
    }
  }

  /// Refuses to store what is no proof beyond doubt, where an operator wants nothing else.
  static func checkVerification(_ options: NodeConfiguration.ProverAPI) throws(StartError) {
    guard options.requiresVerifiedProofs else { return }
    if options.isEnabled, options.verifierImage.isEmpty {
      throw .unverifiedProofs(cause: "prover_api_verifier_image is empty")
    }
    if options.isEnabled, options.allowedPrograms == .any {
      throw .unverifiedProofs(cause: "prover_api_allowed_programs is any")
    }
    if options.fakeProvers > 0 { throw .unverifiedProofs(cause: "prover_api_fake_provers is not 0") }
  }

  /// What an operator should know of who can do what.
  static func warnings(_ configuration: NodeConfiguration, isRoot: Bool) -> [String] {
    var warnings: [String] = []
    if isRoot {
      warnings.append("the node runs as root: it needs no privilege, and a user of its own could do less harm")
    }
    if !isLoopback(configuration.rpc.address) {
      warnings.append(
        "the key of \(Genesis.richAccount), which this chain funds, is known to everybody, and JSON-RPC listens on "
          + "\(configuration.rpc.address): whoever reaches it can spend from that account")
    }
    if configuration.development.hasMethods, !isLoopback(configuration.rpc.address) {
      warnings.append(
        "JSON-RPC at \(configuration.rpc.address) has methods for development: whoever reaches it makes blocks, moves the "
          + "chain's time and is given funds (development_methods_enabled)")
    }
    let provers = configuration.proverAPI
    if provers.isEnabled, provers.isOpen, provers.token.isEmpty, !isLoopback(provers.address) {
      warnings.append("the prover API at \(provers.address) takes proofs from whoever reaches it (prover_api_open)")
    }
    if provers.isEnabled, provers.verifierImage.isEmpty {
      warnings.append(
        "proofs are not verified: there is no prover_api_verifier_image. Whatever has the form of a proof is stored, as "
          + "fri_unverified")
    }
    if provers.isEnabled, provers.allowedPrograms == .any {
      warnings.append(
        "proofs of any program are accepted (prover_api_allowed_programs): of one, too, that only ends with the right words"
      )
    }
    let l1 = configuration.developmentL1
    if l1.isEnabled, !isLoopback(l1.address) {
      warnings.append(
        "the development L1 at \(l1.address) does what whoever reaches it wants: it signs for its accounts and sets "
          + "balances (development_l1_address)")
    }
    if configuration.webPage.isEnabled, l1.isEnabled, !isLoopback(configuration.webPage.address) {
      warnings.append(
        "the page at \(configuration.webPage.address) sends for the accounts whose keys are known: whoever reaches it can "
          + "(web_page_address)")
    }
    return warnings
  }

  /// Whether only processes of this machine reach an address.
  static func isLoopback(_ address: Endpoint) -> Bool {
    address.host == "localhost" || address.host == "::1" || address.host.hasPrefix("127.")
  }
}
