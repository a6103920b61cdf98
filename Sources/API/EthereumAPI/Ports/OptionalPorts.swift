/// What some chains can do and others cannot. The methods over a port that is not there answer that they are not offered.
public struct OptionalPorts: Sendable {
  /// On a chain that may drop blocks.
  public var reorganisations: (any ReorganisationHistory)?
  /// Where what waits can be shown as a block already.
  public var pendingBlocks: (any PendingBlocks)?
  /// On a chain whose state is in Merkle Patricia tries.
  public var accountProver: (any AccountProver)?
  public var accessTracer: (any AccessTracer)?
  /// Where one call can follow another.
  public var sequences: (any SequenceSimulator)?
  public var transactionTracer: (any TransactionTracer)?
  public var pool: (any PoolReader)?
  /// On a chain whose headers have blob fields.
  public var blobPricing: (any BlobPricing)?

  /// None of them.
  public init() {}
}
