// What a node can answer that has no chain to read from yet.

import JSON
import JSONRPC

extension EthereumAPI.Configuration {
  /// The methods that say which chain and which software a client has met.
  func addIdentity(to table: inout MethodTable) {
    table.add("eth_chainId", .inline, "The chain's id, which signatures cover (EIP-155).", result: "quantity") {
      [chainID] (_, _, writer) in writer.quantity(chainID)
    }
    table.add("net_version", .inline, "The chain's id.", result: "decimal string") { [chainID] (_, _, writer) in
      writer.string(String(chainID))
    }
    table.add("web3_clientVersion", .inline, "Name and version of the software.", result: "string") {
      [clientVersion] (_, _, writer) in writer.string(clientVersion)
    }
  }

  /// What is served while the node makes ready: who it is, and how far. Every other method is answered with an error that
  /// says so (``JSONRPC/RPCError/notReady(_:)``).
  ///
  /// - Parameter progress: where it is among its blocks; `nil` where it does not know yet. Called for each answer.
  public func startingMethods(progress: @escaping @Sendable () -> SyncingProgress?) -> MethodTable {
    var table = MethodTable {
      .notReady(progress().map { "recovering: block \($0.current) of \($0.highest)" } ?? "starting")
    }
    addIdentity(to: &table)
    table.add("eth_syncing", .inline, "Where the node is among its blocks.", result: "object") { (_, _, writer) in
      let progress = progress() ?? SyncingProgress(starting: 0, current: 0, highest: 0)
      writer.beginObject()
      writer.key("startingBlock")
      writer.quantity(progress.starting)
      writer.key("currentBlock")
      writer.quantity(progress.current)
      writer.key("highestBlock")
      writer.quantity(progress.highest)
      writer.endObject()
    }
    return table
  }
}

/// Where a node is among the blocks that it makes again, by number, as `eth_syncing` tells it.
public struct SyncingProgress: Sendable, Equatable {
  /// The last block before those that are made again.
  public var starting: UInt64
  /// The last block that is there.
  public var current: UInt64
  /// The last block that there will be.
  public var highest: UInt64

  /// By its members.
  public init(starting: UInt64, current: UInt64, highest: UInt64) {
    self.starting = starting
    self.current = current
    self.highest = highest
  }
}
