import ChainStorage
import Cryptography
import EthereumAPI
import Primitives
import Transactions

/// Which headers clients see.
///
/// The virtual machine hashes a header with zero in place of the parent, the gas and the bloom, and batches are bound to
/// that hash. So what is served cannot both be true and hash to `hash`.
public enum ServedHeaders: String, CaseIterable, Sendable {
  /// With the hash of the parent, the gas and the bloom, as explorers and indexers want them.
  case linked
  /// What was hashed, for clients that recompute hashes.
  case hashed

  /// Of a trie without anything in it.
  private static let emptyRoot = Keccak256.hash([0x80])

  /// `nil` for a block that is not there.
  func header(_ number: UInt64, in blocks: BlockStore) throws(ChainReadError) -> SealedHeader? {
    guard let summary = try reading({ () throws(StorageError) in try blocks.header(number) }) else { return nil }
    var header = summary.header
    if self == .linked {
      if number > 0 {
        let parent = try reading { () throws(StorageError) in try blocks.header(number - 1) }
        guard let parent else { throw .failed("block \(number - 1) is missing") }
        header.parentHash = parent.hash
      } else {
        header.transactionsRoot = Self.emptyRoot
      }
      header.gasUsed = summary.gasUsed ?? 0
      header.logsBloom = summary.bloom
    }
    return SealedHeader(
      hash: summary.hash, header: header, hashed: summary.header, gasUsed: summary.gasUsed,
      bloom: summary.bloom, transactionBytes: summary.transactionBytes)
  }

  /// Of a block that is not stored, with its hash.
  func sealed(_ hashed: BlockHeader, parent: Bytes32, gasUsed: UInt64, bloom: Bloom) -> SealedHeader {
    var header = hashed
    if self == .linked {
      header.parentHash = parent
      header.gasUsed = gasUsed
      header.logsBloom = bloom
    }
    return SealedHeader(hash: hashed.hash, header: header, hashed: hashed, gasUsed: gasUsed, bloom: bloom)
  }
}
