import Cryptography
import Primitives

/// What proofs L1 is given.
public enum L1Proving: String, Sendable, CaseIterable {
  /// Empty ones, for batches that have a proof here, of whatever kind. Only the verifiers of test chains accept them; a
  /// real one would have to be a SNARK, which nobody here makes.
  case empty
  /// None: batches stay committed.
  case off
}

/// How batches are settled.
public struct SettlerOptions: Sendable {
  public var bridgehub: Address
  /// Of the chain that settles.
  public var chainID: UInt64
  /// Signs commits, and what has no key of its own.
  public var operatorKey: Secp256k1.PrivateKey
  public var proveKey: Secp256k1.PrivateKey?
  public var executeKey: Secp256k1.PrivateKey?
  /// Transactions of one account that may wait to be mined.
  public var commandLimit = 16
  /// Wei per gas; nothing is sent above.
  public var maxFeePerGas = UInt256(100_000_000_000)
  /// Wei per gas.
  public var maxTipPerGas = UInt256(2_000_000_000)
  /// Blocks of L1 after which what is seen there counts.
  public var confirmations: UInt64 = 0
  public var proving = L1Proving.empty
  public var finality = FinalityRule.l1Finalized
  /// Between two looks at L1.
  public var pollInterval = Duration.seconds(1)

  /// Batches after which the place in the list of requests is written down again.
  package var requestMarkInterval: UInt64 = 1_024

  public init(bridgehub: Address, chainID: UInt64, operatorKey: Secp256k1.PrivateKey) {
    self.bridgehub = bridgehub
    self.chainID = chainID
    self.operatorKey = operatorKey
  }

  /// Batches in one transaction that proves or executes.
  static let maxRange = 16
  /// How long a batch waits for others that are proved with it.
  static let rangeWait = Duration.seconds(2)
}
