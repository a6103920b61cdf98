import Batches
import EthereumAPI
import Primitives

/// The contracts of the chain on L1 that clients look for.
public struct SettlementContracts: Sendable, Equatable {
  public var bridgehub: Address
  /// The chain's own, a diamond.
  public var chain: Address
  /// Where deposits go in and withdrawals are finalized: the asset router.
  public var sharedBridge: Address

  public init(bridgehub: Address, chain: Address, sharedBridge: Address) {
    self.bridgehub = bridgehub
    self.chain = chain
    self.sharedBridge = sharedBridge
  }
}

/// What brought a batch a stage further on L1.
public struct SettlementReference: Sendable, Equatable {
  public var transaction: Bytes32
  /// Of L1.
  public var block: UInt64
  /// Of that block, seconds since 1970.
  public var timestamp: UInt64

  public init(transaction: Bytes32, block: UInt64, timestamp: UInt64) {
    self.transaction = transaction
    self.block = block
    self.timestamp = timestamp
  }
}

/// How far a batch is; `nil` for what has not happened, or is not known any more.
public struct BatchSettlement: Sendable, Equatable {
  public var committed: SettlementReference?
  public var proved: SettlementReference?
  public var executed: SettlementReference?

  public init(
    committed: SettlementReference? = nil, proved: SettlementReference? = nil, executed: SettlementReference? = nil
  ) {
    self.committed = committed
    self.proved = proved
    self.executed = executed
  }
}

/// What the node knows of its chain's way to L1. A chain may have no L1, and an L1 may not have answered yet: then there are
/// no contracts, and no batch has come further than being made.
///
/// Properties come from memory and are asked for on event loops; methods may read from the disk. A batch is one block, with
/// its number.
public protocol SettlementReader: Sendable {
  var l1ChainID: UInt64? { get }
  var contracts: SettlementContracts? { get }
  /// Wei per gas that a transaction on L1 pays now.
  var l1GasPrice: UInt256? { get }
  /// The newest batch that the node has made, and the newest that L1 has executed; 0 for none.
  var madeBatch: UInt64 { get }
  var executedBatch: UInt64 { get }
  /// The newest block whose batch is committed, deep enough in L1 to be relied upon.
  var safeBlock: UInt64? { get }
  /// The newest block whose batch is executed in a block of L1 that is final.
  var finalizedBlock: UInt64? { get }

  func settlement(ofBatch number: UInt64) throws(ChainReadError) -> BatchSettlement
  /// `nil` for a batch that the node has not made, or does not keep.
  func batch(_ number: UInt64) throws(ChainReadError) -> Batch?
}
