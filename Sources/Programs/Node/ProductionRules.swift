import Cryptography
import L1Contracts
import NodeOptions

/// What a node with the profile for production does not start with: settings that are right for tests only.
enum ProductionRules {
  /// Why a configuration is none for production; `nil` where it is, or does not say that it is one.
  static func objection(_ configuration: NodeConfiguration) -> StartError? {
    guard configuration.profile == .production else { return nil }
    if configuration.developmentL1.isEnabled {
      return .notForProduction(option: "development_l1_enabled", reason: "its L1 is as safe as this one machine")
    }
    if configuration.development.hasMethods {
      return .notForProduction(
        option: "development_methods_enabled", reason: "whoever reaches the port could set the time")
    }
    if configuration.development.hasContracts {
      return .notForProduction(option: "development_contracts_enabled", reason: "whoever asks gets tokens")
    }
    if configuration.proverAPI.fakeProvers > 0 {
      return .notForProduction(option: "prover_api_fake_provers", reason: "their proofs prove nothing")
    }
    let settles = !configuration.l1Sender.endpoints.isEmpty && configuration.l1Sender.commandLimit > 0
    let keys = [
      ("l1_sender_operator_private_key", configuration.l1Sender.operatorKey),
      ("l1_sender_prove_private_key", configuration.l1Sender.proveKey),
      ("l1_sender_execute_private_key", configuration.l1Sender.executeKey),
    ]
    for (option, text) in keys where settles {
      guard let key = Secp256k1.PrivateKey(hex: text), isKnownToEverybody(key) else { continue }
      return .notForProduction(option: option, reason: "everybody knows this key")
    }
    return nil
  }

  private static func isKnownToEverybody(_ key: Secp256k1.PrivateKey) -> Bool {
    guard let account = DevelopmentAccount(key) else { return false }
    let operatorOfTests = Secp256k1.PrivateKey(hex: NodeConfiguration.L1Sender.defaultOperatorKey)
      .flatMap { DevelopmentAccount($0) }
    let known = DevelopmentAccount.wellKnown + [DevelopmentAccount.rich, .deployer, operatorOfTests].compactMap(\.self)
    return known.contains { $0.address == account.address }
  }
}
