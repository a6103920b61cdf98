import Concurrency
import Primitives
import Tracers
import Transactions

/// A block that is simulated, as it is before its transactions run.
public struct SimulatedBlock: Sendable, Equatable {
  /// One more than that of the block before it.
  public var number: UInt64
  /// Seconds since 1970.
  public var timestamp: UInt64
  public var gasLimit: UInt64
  public var beneficiary: Address
  public var randomness: Bytes32
  /// Wei per gas: of the header, and of BASEFEE.
  public var baseFee: UInt64
  /// Wei per blob gas; `nil` for what follows from the blocks before.
  public var blobBaseFee: UInt256?
  /// The block before it.
  public var parent: SealedHeader

  public init(
    number: UInt64, timestamp: UInt64, gasLimit: UInt64, beneficiary: Address, randomness: Bytes32, baseFee: UInt64,
    blobBaseFee: UInt256?, parent: SealedHeader
  ) {
    self.number = number
    self.timestamp = timestamp
    self.gasLimit = gasLimit
    self.beneficiary = beneficiary
    self.randomness = randomness
    self.baseFee = baseFee
    self.blobBaseFee = blobBaseFee
    self.parent = parent
  }
}

/// What became of a transaction of a sequence.
public struct SimulatedStep: Sendable, Equatable {
  /// How it ended, with its own logs.
  public var outcome: SimulationOutcome
  /// The logs to be shown: its own, with payments between them where they were asked for. Of a failure, without meaning.
  public var shown: [Log]
  /// Gas before what is given back at the end.
  public var mostGas: UInt64

  public init(outcome: SimulationOutcome, shown: [Log], mostGas: UInt64) {
    self.outcome = outcome
    self.shown = shown
    self.mostGas = mostGas
  }
}

/// Transactions that are simulated one after the other, each on what those before it did. For one thread at a time.
public protocol SimulatedSequence: AnyObject {
  /// Wei that an account has by now.
  func balance(of address: Address) throws(SimulationError) -> UInt256
  /// The nonce of an account by now.
  func nonce(of address: Address) throws(SimulationError) -> UInt64

  /// Whether something special answers at an address, that could be moved.
  func hasPrecompile(at address: Address) -> Bool

  /// Makes accounts different from what they are by now. Precompiles that were moved before are where they belong again.
  func override(_ accounts: [Address: SimulationOverrides.Account]) throws(SimulationError)
  /// Lets what follows run in the block in which it would run anyway, but for these fields.
  func enter(_ fields: SimulationOverrides.BlockFields) throws(SimulationError)
  /// Begins a block: what follows runs in it.
  func begin(_ block: SimulatedBlock) throws(SimulationError)

  /// Runs a transaction: the sender's nonce counts, and the fee is paid where the call names a price, which then is no less
  /// than the base fee. Neither signature nor nonce is looked at.
  ///
  /// - Parameter showsTransfers: whether the logs tell of payments, too: as an ERC-20 transfer that 0xee…ee emits.
  func run(
    _ call: SimulatedCall, showsTransfers: Bool, cancellation: Cancellation
  ) throws(SimulationError) -> SimulatedStep
  /// Runs a transaction like ``run(_:showsTransfers:cancellation:)``, and tells how it goes, in one JSON value;
  /// the gas that it used. After an error the text may have a part of the value.
  func trace(
    _ call: SimulatedCall, _ options: TraceOptions, into text: TraceText, cancellation: Cancellation
  ) throws(TraceError) -> UInt64

  /// Ends the block that was begun.
  func seal(_ transactions: [SignedTransaction], _ receipts: [Receipt]) throws(SimulationError) -> SealedHeader
}

/// Simulates more than one transaction at a time.
public protocol SequenceSimulator: Sendable {
  /// Begins in block `number`: on the state after its first `count` transactions, or after all of them. Ends with
  /// `.cancelled` soon after `cancellation` is.
  func sequence(
    in number: UInt64, after count: Int?, cancellation: Cancellation
  ) throws(SimulationError) -> any SimulatedSequence

  /// Wei per gas in a block that follows `parent`.
  func baseFee(after parent: SealedHeader) -> UInt64
}
