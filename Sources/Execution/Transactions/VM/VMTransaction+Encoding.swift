import Primitives

extension VMTransaction {
  /// Words before the first dynamic field.
  static let headWords = 19

  /// The strict ABI encoding of the fields as a tuple, without the offset of the tuple itself. All words are 32 bytes,
  /// big-endian; the five dynamic fields follow the head tightly, in order.
  public var encoded: [UInt8] {
    let dynamic: [(count: Int, bytes: [UInt8])] = [
      (data.count, data), (signature.count, signature), (factoryDeps.count, factoryDeps.flatMap(\.bytes)),
      (paymasterInput.count, paymasterInput), (reservedDynamic.count, reservedDynamic),
    ]
    var output: [UInt8] = []
    output.reserveCapacity(32 * (Self.headWords + 5) + dynamic.reduce(0) { $0 + $1.bytes.count + 31 })
    func append(_ word: UInt256) { output += word.bytes }

    append(UInt256(UInt64(type)))
    append(UInt256(from))
    append(UInt256(to))
    append(UInt256(gasLimit))
    append(UInt256(UInt64(gasPerPubdataLimit)))
    append(UInt256(maxFeePerGas))
    append(UInt256(maxPriorityFeePerGas))
    append(UInt256(paymaster))
    append(nonce)
    append(value)
    for index in 0..<4 { append(reserved[index]) }
    var offset = 32 * Self.headWords
    for field in dynamic {
      append(UInt256(offset))
      offset += 32 + Self.padded(field.bytes.count)
    }
    for field in dynamic {
      append(UInt256(field.count))
      output += field.bytes
      output += [UInt8](repeating: 0, count: Self.padded(field.bytes.count) - field.bytes.count)
    }
    return output
  }

  /// `count` rounded up to whole words.
  static func padded(_ count: Int) -> Int { (count + 31) & ~31 }
}
