import Primitives
import ZKsyncOS

/// Reads the words of a prover input as a guest does: answer after answer, each with its length in front.
///
/// Source: zksync-os `zk_ee/src/kv_markers/kv_impls.rs`.
final class StreamReader {
  private let words: [UInt32]
  private(set) var position = 0

  init(_ words: [UInt32]) { self.words = words }

  var remaining: Int { words.count - position }

  func word() throws(StreamFault) -> UInt32 {
    guard position < words.count else { throw .ended(at: position) }
    defer { position += 1 }
    return words[position]
  }

  /// The length of the answer that begins here.
  func length() throws(StreamFault) -> Int {
    let count = Int(try word())
    guard count <= remaining else { throw .ended(at: words.count) }
    return count
  }

  /// Checks the length of the answer that begins here.
  func expect(length expected: Int) throws(StreamFault) {
    let start = position
    let found = try length()
    guard found == expected else { throw .length(at: start, expected: expected, found: found) }
  }

  func number() throws(StreamFault) -> UInt64 {
    let low = try word()
    return UInt64(low) | UInt64(try word()) << 32
  }

  func boolean() throws(StreamFault) -> Bool {
    let start = position
    let value = try number()
    guard value <= 1 else { throw .value(at: start) }
    return value == 1
  }

  func uint256() throws(StreamFault) -> UInt256 {
    UInt256(l0: try number(), l1: try number(), l2: try number(), l3: try number())
  }

  func bytes32() throws(StreamFault) -> Bytes32 {
    Bytes32(
      w0: try number().littleEndian, w1: try number().littleEndian, w2: try number().littleEndian,
      w3: try number().littleEndian)
  }

  /// The bytes of `count` words.
  func bytes(words count: Int) throws(StreamFault) -> [UInt8] {
    guard count <= remaining else { throw .ended(at: words.count) }
    defer { position += count }
    return words[position..<position + count].flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
    }
  }

  /// The block's metadata. The protocol version is not part of it: each has a guest of its own.
  func context(_ version: ProtocolVersion) throws(StreamFault) -> BlockContext {
    try expect(length: 2094)
    let baseFee = try uint256(), gasPerPubdata = try uint256(), nativePrice = try uint256()
    let number = try self.number(), timestamp = try self.number(), chainID = try self.number()
    let gasLimit = try self.number()
    let start = position
    let coinbase = UInt256(l0: try self.number(), l1: try self.number(), l2: try self.number(), l3: 0)
    guard coinbase.l2 >> 32 == 0 else { throw .value(at: start) }
    var hashes: [Bytes32] = []
    hashes.reserveCapacity(BlockHashes.count)
    for _ in 0..<BlockHashes.count { hashes.append(Bytes32(try uint256())) }
    return BlockContext(
      protocolVersion: version, chainID: chainID, number: number, timestamp: timestamp,
      blockHashes: BlockHashes(newestFirst: hashes), baseFee: baseFee, gasPerPubdata: gasPerPubdata,
      nativePrice: nativePrice, coinbase: Address(truncating: coinbase), gasLimit: gasLimit, mixHash: try uint256())
  }
}
