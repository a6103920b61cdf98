import Cryptography
import Primitives

extension BlockOutput {
  /// SHA-256 of everything that executing the block gave and that anybody sees later: its pubdata, and with that every
  /// change of the state, and what the receipts are made of.
  ///
  /// The block's own hash binds its transactions and neither what they did nor what they cost. Whoever executes a stored
  /// block again compares both.
  ///
  /// Hashed is, with numbers little-endian and byte strings after their lengths in 64 bits:
  /// ```
  /// "zkos-output-1" ‖ block hash ‖ pubdata ‖ number of transactions (8) ‖ for each:
  ///   succeeded (1) ‖ gas used (8) ‖ gas price (32, big-endian) ‖ native used (8) ‖ pubdata used (8) ‖
  ///   created address (20, or zeros) ‖ number of logs (8) ‖ for each: address ‖ number of topics (8) ‖ topics ‖ data
  /// ```
  public var outputHash: Bytes32 {
    var bytes = Array("zkos-output-1".utf8)
    bytes.reserveCapacity(pubdata.count + 128 + transactions.count * 256)
    func append(_ string: [UInt8]) {
      bytes.append(littleEndian: UInt64(string.count))
      bytes += string
    }
    bytes += blockHash.bytes
    append(pubdata)
    bytes.append(littleEndian: UInt64(transactions.count))
    for result in transactions {
      bytes.append(result.succeeded ? 1 : 0)
      bytes.append(littleEndian: result.gasUsed)
      bytes += result.gasPrice.bytes
      bytes.append(littleEndian: result.nativeUsed)
      bytes.append(littleEndian: result.pubdataUsed)
      bytes += (result.createdAddress ?? .zero).bytes
      bytes.append(littleEndian: UInt64(result.logs.count))
      for log in result.logs {
        bytes += log.address.bytes
        bytes.append(littleEndian: UInt64(log.topics.count))
        for topic in log.topics { bytes += topic.bytes }
        append(log.data)
      }
    }
    return SHA256.hash(bytes)
  }
}
