import Primitives
import RocksDB

// The forms that all stores share: block numbers as keys, a format byte before every value, and the note of the last
// block.

/// The first byte of every stored value.
let storedFormat: UInt8 = 1

/// Eight bytes, big-endian, so that the order of keys is the order of blocks.
func blockKey(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

/// What follows the format byte of a value.
func payload(_ value: [UInt8], store: String, key: @autoclosure () -> String) throws(StorageError) -> ArraySlice<UInt8>
{
  guard let format = value.first else { throw .corrupt(store: store, key: key()) }
  guard format == storedFormat else { throw .unknownFormat(store: store, version: format) }
  return value.dropFirst()
}

/// The number and hash of the last block in a store.
struct StoreHead: Equatable {
  static let key = Array("head".utf8)

  var number: UInt64
  var hash: Bytes32

  var encoded: [UInt8] { [storedFormat] + blockKey(number) + hash.bytes }

  /// The head that a store noted; `nil` in an empty one.
  static func read(_ meta: Column, store: String) throws(StorageError) -> StoreHead? {
    guard let value = try stored({ () throws(RocksDBError) in try meta.value(key) }) else { return nil }
    var reader = ByteReader(try payload(value, store: store, key: "head"))
    guard let number: UInt64 = reader.bigEndian(), let hash = reader.bytes32(), reader.remaining == 0 else {
      throw .corrupt(store: store, key: "head")
    }
    return StoreHead(number: number, hash: hash)
  }
}
