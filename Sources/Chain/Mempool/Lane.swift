import Transactions

/// Among what a transaction competes for a place in the block. Lanes share the time of a block, so that no price and no
/// number of long transactions keeps short ones waiting.
public enum Lane: Int, CaseIterable, Sendable {
  /// Asks for so little gas that it cannot take long: transfers, and most calls.
  case light
  case ordinary
  /// A trial run has shown that it takes long.
  case long
  /// Must prove itself in a trial run, beside the block, before a block takes it.
  case trial

  /// The most gas of a light transaction.
  static let lightGas: UInt64 = 250_000

  /// Those whose transactions a block may take.
  public static let building: [Lane] = [.light, .ordinary, .long]
}

/// What a trial run of a transaction took.
public struct TrialCost: Sendable, Equatable {
  public var nanoseconds: UInt64
  /// Cycles of the proving run of a block that consists of it.
  public var cycles: UInt64

  public init(nanoseconds: UInt64, cycles: UInt64) {
    self.nanoseconds = nanoseconds
    self.cycles = cycles
  }
}

/// What is known of how a waiting transaction executes.
enum Standing: Equatable {
  case mustBeTried
  case beingTried
  case tried(TrialCost)
}

/// A transaction offered to a block.
public struct Offered: Sendable {
  public let transaction: RecoveredTransaction
  public let lane: Lane
  /// Gas that it may use.
  public let gasLimit: UInt64
  /// What its trial run took, where there was one.
  public let trial: TrialCost?
}

/// How a trial run ended.
public enum TrialOutcome: Sendable, Equatable {
  /// A block may take the transaction.
  case fits(TrialCost)
  /// No block can contain it.
  case refused(String, nanoseconds: UInt64)
  /// It has to be tried again after the next block: something of its sender is in the block being built.
  case inconclusive
}
