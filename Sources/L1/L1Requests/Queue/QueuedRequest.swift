import Primitives
import Transactions

/// A request with its place on L1.
struct QueuedRequest: Sendable, Equatable {
  let request: L1Request
  /// The canonical hash.
  let hash: Bytes32
  /// The block of L1 that has it.
  var block: UInt64
  var blockHash: Bytes32

  var id: UInt64 { request.nonce }
  var transaction: RecoveredTransaction { RecoveredTransaction(.request(request), sender: request.from) }

  init(_ request: L1Request, block: UInt64, blockHash: Bytes32) {
    self.request = request
    hash = request.hash
    self.block = block
    self.blockHash = blockHash
  }

  /// The number of the block, big-endian, its hash, and the request's envelope, which names its hash, too.
  var encoded: [UInt8] { block.bigEndianBytes + blockHash.bytes + request.envelope }

  /// Reads what ``encoded`` wrote; `nil` for anything else.
  init?(_ bytes: [UInt8]) {
    guard bytes.count > 40, let block = UInt64(bigEndianBytes: bytes[..<8]), let blockHash = Bytes32(bytes[8..<40]),
      case .request(let request)? = try? Transaction(envelope: bytes[40...])
    else { return nil }
    self.init(request, block: block, blockHash: blockHash)
  }
}

extension UInt64 {
  var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
