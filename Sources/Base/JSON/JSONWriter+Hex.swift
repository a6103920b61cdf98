// Quantities and data of Ethereum's JSON-RPC, written from binary values without a string in between.

import Primitives

extension JSONWriter {
  /// A minimal hexadecimal number after `0x`.
  public mutating func quantity(_ value: UInt64) {
    let digits = max(1, (67 &- value.leadingZeroBitCount) &>> 2)
    quoted(length: digits + 2) { target in
      target[0] = UInt8(ascii: "0")
      target[1] = UInt8(ascii: "x")
      for index in 0..<digits {
        target[index + 2] = Hex.digit(UInt8(truncatingIfNeeded: value &>> UInt64((digits - 1 - index) &* 4)) & 15)
      }
    }
  }

  /// A minimal hexadecimal number after `0x`; the number must not be negative.
  public mutating func quantity(_ value: Int) { quantity(UInt64(value)) }

  /// A minimal hexadecimal number after `0x`.
  public mutating func quantity(_ value: UInt256) {
    if value.fitsUInt64 { return quantity(value.l0) }
    let digits = (value.bitWidth + 3) / 4
    Bytes32(value).withUnsafeBytes { bytes in
      quoted(length: digits + 2) { target in
        target[0] = UInt8(ascii: "0")
        target[1] = UInt8(ascii: "x")
        for index in 0..<digits {
          let nibble = 64 - digits + index
          target[index + 2] = Hex.digit(bytes[nibble / 2] &>> (nibble & 1 == 0 ? 4 : 0) & 15)
        }
      }
    }
  }

  /// All bytes as digits after `0x`.
  public mutating func data(_ bytes: UnsafeRawBufferPointer) {
    quoted(length: 2 &* bytes.count &+ 2) { target in
      target[0] = UInt8(ascii: "0")
      target[1] = UInt8(ascii: "x")
      Hex.write(bytes, to: target + 2)
    }
  }

  /// All bytes as digits after `0x`.
  public mutating func data(_ bytes: [UInt8]) { bytes.withUnsafeBytes { data($0) } }

  /// 64 digits after `0x`.
  public mutating func data(_ bytes: Bytes32) { bytes.withUnsafeBytes { data($0) } }

  /// 40 lower-case digits after `0x`.
  public mutating func data(_ address: Address) { address.withUnsafeBytes { data($0) } }
}
