import Primitives

/// Why a node does not go on with what another feeds it.
package enum FeedFault: Error, Equatable, Sendable {
  /// No connection, or it broke, or nothing came for too long: tried again.
  case disconnected(String)
  /// The feeding node wants its token.
  case unauthorized
  /// It has no room for a further follower, or does not serve yet: tried again.
  case busy(String)
  /// It has other blocks than this node, or none yet where this node has some.
  case fork(at: UInt64, ours: Bytes32, theirs: Bytes32?)
  /// Its records begin later than with this block.
  case pruned(UInt64)
  /// It feeds another chain.
  case otherChain(String)
  case unknownVersion(UInt32)
  /// Something that no feed says.
  case malformed(String)
  /// Bytes were damaged on the way: tried again.
  case badChecksum
}

extension FeedFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .disconnected(let reason): reason
    case .unauthorized: "it wants a token (main_node_token)"
    case .busy(let reason): reason
    case .fork(let number, let ours, let theirs):
      theirs.map { "block \(number) is \(ours) here and \($0) there" } ?? "it has no block \(number), this node has"
    case .pruned(let number): "it has no record of block \(number) any more: begin with a checkpoint or the archive"
    case .otherChain(let what): what
    case .unknownVersion(let version): "it speaks version \(version) of the feed, which this version does not know"
    case .malformed(let what): "what it says is no replay feed: \(what)"
    case .badChecksum: "a frame was damaged on the way"
    }
  }

  /// Whether trying again may help without anybody's doing.
  var isTransient: Bool {
    switch self {
    case .disconnected, .busy, .badChecksum, .malformed: true
    case .unauthorized, .fork, .pruned, .otherChain, .unknownVersion: false
    }
  }
}
