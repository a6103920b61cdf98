import Batches
import EthereumAPI
import Primitives
import Replication
import ZKsyncAPI

/// How far the chain is on L1, as the followed node says: a read node makes no batches. It never says more than this node
/// has.
struct ReplicaSettlement: SettlementReader {
  let replica: Replica
  let head: @Sendable () -> UInt64

  var l1ChainID: UInt64? { nil }
  var contracts: SettlementContracts? { nil }
  var l1GasPrice: UInt256? { nil }
  var madeBatch: UInt64 { 0 }
  var executedBatch: UInt64 { replica.position?.finalized ?? 0 }
  var safeBlock: UInt64? { replica.position?.safe.map { min($0, head()) } }
  var finalizedBlock: UInt64? { replica.position?.finalized.map { min($0, head()) } }

  func settlement(ofBatch number: UInt64) throws(ChainReadError) -> BatchSettlement { BatchSettlement() }

  func batch(_ number: UInt64) throws(ChainReadError) -> Batch? { nil }
}
