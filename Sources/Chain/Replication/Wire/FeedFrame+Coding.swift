import ChainStorage
import Files
import Primitives
import StateTree

extension FeedFrame {
  /// The frame as it goes over the wire.
  package func encode() -> [UInt8] {
    var body: [UInt8] = []
    switch self {
    case .hello(let hello):
      body.append(Kind.hello.rawValue)
      body.append(littleEndian: FeedHello.version)
      body.append(littleEndian: hello.chainID)
      body += hello.genesisHash.bytes
    case .record(let record):
      body.reserveCapacity(record.value.count + 41)
      body.append(Kind.record.rawValue)
      body.append(littleEndian: record.number)
      body += record.hash.bytes
      body += record.value
    case .position(let position):
      body.append(Kind.position.rawValue)
      body.append(littleEndian: position.head)
      body.append(optional: position.safe)
      body.append(optional: position.finalized)
      body.append(optional: position.state?.block)
      if let state = position.state {
        body += state.commitment.root.bytes
        body.append(littleEndian: state.commitment.leafCount)
      }
    }
    var frame: [UInt8] = []
    frame.reserveCapacity(Self.headBytes + body.count)
    frame.append(littleEndian: UInt32(body.count))
    frame.append(littleEndian: body.withUnsafeBytes { Checksum.of($0) })
    return frame + body
  }

  /// - Parameter body: kind and payload, whose checksum is right.
  package init(decoding body: [UInt8]) throws(FeedFault) {
    var reader = ByteReader(body)
    guard let rawKind: UInt8 = reader.littleEndian() else { throw .malformed("an empty frame") }
    switch Kind(rawValue: rawKind) {
    case .hello:
      guard let version: UInt32 = reader.littleEndian() else { throw .malformed("hello") }
      guard version == FeedHello.version else { throw .unknownVersion(version) }
      guard let chainID: UInt64 = reader.littleEndian(), let genesis = reader.bytes32(), reader.remaining == 0 else {
        throw .malformed("hello")
      }
      self = .hello(FeedHello(chainID: chainID, genesisHash: genesis))
    case .record:
      guard let number: UInt64 = reader.littleEndian(), let hash = reader.bytes32() else { throw .malformed("record") }
      self = .record(RawRecord(number: number, hash: hash, value: Array(reader.rest)))
    case .position:
      guard let head: UInt64 = reader.littleEndian(), let safe = reader.optional(),
        let finalized = reader.optional(), let block = reader.optional()
      else { throw .malformed("position") }
      var position = FeedPosition(head: head, safe: safe, finalized: finalized)
      if let block {
        guard let root = reader.bytes32(), let leaves: UInt64 = reader.littleEndian() else {
          throw .malformed("position")
        }
        position.state = CommittedState(
          block: block, commitment: StateCommitment(root: root, leafCount: leaves))
      }
      guard reader.remaining == 0 else { throw .malformed("position") }
      self = .position(position)
    case nil: throw .malformed("kind \(rawKind)")
    }
  }
}

extension [UInt8] {
  /// One byte that says whether there is a number, and the number.
  fileprivate mutating func append(optional number: UInt64?) {
    append(number == nil ? 0 : 1)
    if let number { append(littleEndian: number) }
  }
}

extension ByteReader {
  /// What ``Array/append(optional:)`` wrote; `nil` where it is no such thing.
  fileprivate mutating func optional() -> UInt64?? {
    guard let flag: UInt8 = littleEndian() else { return nil }
    switch flag {
    case 0: return .some(nil)
    case 1:
      guard let number: UInt64 = littleEndian() else { return nil }
      return .some(number)
    default: return nil
    }
  }
}
