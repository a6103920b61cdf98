import ChainStorage
import JSONRPC
import Primitives
import ZKsyncOS

/// Why a node does not follow another any more, until somebody does something about it.
public enum ReplicaError: Error, Sendable, CustomStringConvertible {
  /// The other node has other blocks after `common`; `nil` where that could not be found out.
  case fork(RPCEndpoint, any Error & Sendable, common: UInt64?)
  /// The other node cannot feed this one, and its reason.
  case refused(RPCEndpoint, any Error & Sendable)
  /// A block came out differently; what is known of it is in a folder.
  case diverged(ReplayError, report: String?)
  /// What the feed gave is no block of this chain.
  case invalid(String)
  /// The state trees of both nodes differ after a block.
  case stateDiffers(block: UInt64, ours: Bytes32, theirs: Bytes32)
  case storage(StorageError)
  /// The own log lacks a block.
  case missingRecord(UInt64)

  public var description: String {
    switch self {
    case .fork(let node, let fault, let common):
      "\(node) is on another chain: \(fault)"
        + (common.map {
          "; they part after block \($0): stop this node and take its blocks back with `zkos chain rollback --to \($0)`, or "
            + "give it another main_node_url"
        } ?? "")
    case .refused(let node, let fault): "\(node) cannot feed this node: \(fault)"
    case .diverged(let error, let report):
      "\(error); nothing of it was kept" + (report.map { ", and what came out is in \($0)" } ?? "")
    case .invalid(let reason): "what the main node feeds is no block of this chain: \(reason)"
    case .stateDiffers(let block, let ours, let theirs):
      "after block \(block) the state commitment is \(ours) here and \(theirs) at the main node: one of the two is damaged; "
        + "start this node with --repair"
    case .storage(let error): error.description
    case .missingRecord(let block): "the replay log has no record of block \(block)"
    }
  }
}
