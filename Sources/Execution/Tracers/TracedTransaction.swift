import Primitives

/// What a tracer is told of a transaction once it is over, and which it cannot see from within.
public struct TracedTransaction: Sendable, Equatable {
  public var from: Address
  /// The account that is called, or the address of the new contract.
  public var to: Address
  public var creates: Bool
  public var value: UInt256
  public var input: [UInt8]
  public var gasLimit: UInt64
  /// As its receipt has it.
  public var gasUsed: UInt64
  public var succeeded: Bool
  /// Return data, or that of a revert.
  public var output: [UInt8]
  /// Where it is; `nil` for a call that is in no block.
  public var place: Place?

  /// A transaction of a block.
  public struct Place: Sendable, Equatable {
    public var blockHash: Bytes32
    public var blockNumber: UInt64
    public var hash: Bytes32
    /// Its position in the block.
    public var index: Int

    public init(blockHash: Bytes32, blockNumber: UInt64, hash: Bytes32, index: Int) {
      self.blockHash = blockHash
      self.blockNumber = blockNumber
      self.hash = hash
      self.index = index
    }
  }

  public init(
    from: Address, to: Address, creates: Bool, value: UInt256, input: [UInt8], gasLimit: UInt64, gasUsed: UInt64,
    succeeded: Bool, output: [UInt8], place: Place? = nil
  ) {
    self.from = from
    self.to = to
    self.creates = creates
    self.value = value
    self.input = input
    self.gasLimit = gasLimit
    self.gasUsed = gasUsed
    self.succeeded = succeeded
    self.output = output
    self.place = place
  }
}
