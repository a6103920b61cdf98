import Concurrency
import EthereumAPI
import JSON
import JSONRPC
import L1Contracts
import Primitives

/// The methods by which whoever tests moves the chain: those of anvil, under its names and those of Hardhat and Ganache.
///
/// Source of the shapes: foundry, `crates/anvil/src/eth/api.rs`.
struct DevelopmentMethods: Sendable {
  let chain: DevelopmentChain
  let miner: Miner
  let impersonation: Impersonation
  let accounts: [DevelopmentAccount]
  let api: EthereumAPI
  let clientVersion: String

  /// All of them, for a dispatcher.
  var table: MethodTable {
    var table = MethodTable()
    addAccountMethods(to: &table)
    addMiningMethods(to: &table)
    addTimeMethods(to: &table)
    addSnapshotMethods(to: &table)
    addStateMethods(to: &table)
    addPoolMethods(to: &table)
    addDumpMethods(to: &table)
    addNodeMethods(to: &table)
    return table
  }

  /// Runs what changes the chain, and gives its errors the form in which clients get them.
  func changing<R>(_ body: () throws(ChainError) -> R) throws(RPCError) -> R {
    do throws(ChainError) { return try body() } catch {
      switch error {
      case .refused(let reason): throw .refused(reason)
      case .journal, .inconsistent: throw .internalError("\(error)")
      }
    }
  }
}
