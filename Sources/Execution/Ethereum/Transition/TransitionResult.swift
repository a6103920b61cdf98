import EVM
import Primitives
import Transactions

/// What became of a transaction that a block contains, or of a call that none does.
public struct TransitionResult: Sendable {
  /// How the outermost frame ended.
  public var status: FrameStatus
  /// After refunds.
  public var gasUsed: UInt64
  /// Before refunds.
  public var mostGas: UInt64
  /// What the outermost frame handed back: return data, the data of a revert, or deployed code.
  public var output: [UInt8]
  /// None where it failed.
  public var logs: [Log]
  /// The contract that a creation made, or would have made.
  public var contractAddress: Address?
  /// keccak256 of the code of each account whose code changed.
  public var deployedCode: [Address: Bytes32]
  /// Calls and creations whose effects were undone.
  public var undoneFrames: Int

  public var succeeded: Bool { status.succeeded }
}

/// Where a chain is more permissive than Ethereum.
public struct TransitionOptions: Sendable, Equatable {
  /// Whether code and init code may be of any length up to the limits of EIP-170 and EIP-3860 only.
  public var limitsCodeSize: Bool
  /// Whether accounts with code may send transactions, against EIP-3607: on a chain that lets one speak for any account.
  public var sendersMayHaveCode: Bool

  /// As Ethereum is, unless said otherwise.
  public init(limitsCodeSize: Bool = true, sendersMayHaveCode: Bool = false) {
    self.limitsCodeSize = limitsCodeSize
    self.sendersMayHaveCode = sendersMayHaveCode
  }
}
