import Concurrency
import Primitives
import Transactions

/// A call that is executed and leaves no trace.
public struct SimulatedCall: Sendable, Equatable {
  public var from = Address.zero
  /// `nil` for a creation.
  public var to: Address?
  public var gasLimit: UInt64 = 0
  /// Wei per gas; zero when the call pays nothing.
  public var gasPrice = UInt256.zero
  public var value = UInt256.zero
  public var input: [UInt8] = []
  public var accessList = AccessList()
  /// Of a set-code transaction (EIP-7702); empty for every other. They are there only on chains that know them.
  public var authorizations: [Authorization] = []
  /// `nil` takes the nonce of the account.
  public var nonce: UInt64?
  /// Whether it is to become a transaction, which a block must have room for.
  public var mustFitBlock = false

  public init() {}
}

/// What is to be different from the chain while a call is simulated.
public struct SimulationOverrides: Sendable, Equatable {
  public struct Account: Sendable, Equatable {
    public var nonce: UInt64?
    public var balance: UInt256?
    public var code: [UInt8]?
    /// All of the storage: slots that are not named are zero.
    public var state: [Bytes32: Bytes32]?
    /// Some slots of the storage.
    public var stateDifference: [Bytes32: Bytes32] = [:]
    /// Where the precompile at this address is instead.
    public var precompileMovedTo: Address?

    public init() {}
  }

  public struct BlockFields: Sendable, Equatable {
    public var number: UInt64?
    public var timestamp: UInt64?
    public var gasLimit: UInt64?
    public var beneficiary: Address?
    public var randomness: Bytes32?
    public var baseFee: UInt256?
    /// Wei per blob gas.
    public var blobBaseFee: UInt256?

    public init() {}
  }

  public var accounts: [Address: Account] = [:]
  public var block = BlockFields()

  public init() {}

  public var isEmpty: Bool { accounts.isEmpty && block == BlockFields() }
}

/// What a successful call leaves behind besides its output.
public struct SimulationEffects: Sendable, Equatable {
  public var logs: [Log]
  /// Keccak-256 of the code of each account whose code the call changed.
  public var deployedCode: [Address: Bytes32]
  /// Inner calls and creations that failed, and with them what had happened inside.
  public var undoneFrames: Int

  public init(logs: [Log] = [], deployedCode: [Address: Bytes32] = [:], undoneFrames: Int = 0) {
    self.logs = logs
    self.deployedCode = deployedCode
    self.undoneFrames = undoneFrames
  }
}

/// How a simulated call ended.
public enum SimulationOutcome: Sendable, Equatable {
  case success(output: [UInt8], gasUsed: UInt64, effects: SimulationEffects = SimulationEffects())
  /// REVERT, with its data.
  case revert(output: [UInt8], gasUsed: UInt64)
  /// Any other failure of the call itself; `isOutOfGas` where more gas might cure it.
  case halt(reason: String, isOutOfGas: Bool, gasUsed: UInt64)
}

extension SimulationOutcome {
  /// Gas that the call used.
  public var gasUsed: UInt64 {
    switch self {
    case .success(_, let gas, _), .revert(_, let gas), .halt(_, _, let gas): gas
    }
  }

  /// What it emitted; nothing where it failed.
  public var logs: [Log] {
    if case .success(_, _, let effects) = self { return effects.logs }
    return []
  }
}

/// Why a call could not be simulated.
public enum SimulationError: Error, Sendable, Equatable {
  /// The call could never be a valid transaction, in the words that the client gets.
  case invalid(String)
  /// The gas limit is below what the call costs before it begins.
  case intrinsicGasTooLow
  /// It would create a contract with more code than one may have to begin with.
  case initCodeTooLarge
  /// The sender has sent as much as an account can.
  case nonceOverflow
  /// The state after this block is not kept.
  case stateNotAvailable(block: UInt64)
  /// The simulator cannot do what the overrides ask for.
  case unsupportedOverride(String)
  /// Nobody waits for the outcome any more.
  case cancelled
  case failed(String)
}

/// Executes calls on the state after a block. Called on worker threads, several at once, but for
/// ``simulateImmediately(_:after:cancellation:)``.
public protocol Simulator: Sendable {
  /// Runs `call` in the context of block `number`, on the state after it. Signature, nonce and balance are not checked, and
  /// no fee is paid. Ends with `.cancelled` soon after `cancellation` is.
  func simulate(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, cancellation: Cancellation
  ) throws(SimulationError) -> SimulationOutcome
  /// The same where the call computes little and finds all that it reads in memory; `nil` where it does not, or is better not
  /// tried. Called on event loops.
  func simulateImmediately(
    _ call: SimulatedCall, after block: ChainPosition, cancellation: Cancellation
  ) -> SimulationOutcome?
}

extension Simulator {
  public func simulateImmediately(
    _ call: SimulatedCall, after block: ChainPosition, cancellation: Cancellation
  ) -> SimulationOutcome? { nil }
}
