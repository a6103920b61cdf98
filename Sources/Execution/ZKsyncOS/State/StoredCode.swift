import Cryptography
import Primitives

/// Code as the state stores it, with its hashes.
///
/// Either the raw bytes, or the raw bytes padded to a multiple of eight and followed by a bitmap of jump destinations:
/// little-endian 64-bit words, bit i set where byte i is a JUMPDEST outside of PUSH data.
package struct StoredCode {
  package let bytes: [UInt8]
  /// BLAKE2s-256 of `bytes`.
  package let hash: Bytes32
  /// Keccak-256 of the code alone.
  package let observableHash: Bytes32
  /// Bytes of the code alone.
  package let codeLength: Int
  package let artifactsLength: Int

  package init(_ code: [UInt8], _ version: ProtocolVersion) {
    codeLength = code.count
    observableHash = Keccak256.hash(code)
    if version.storesJumpBitmap {
      bytes = code + [UInt8](repeating: 0, count: (8 - code.count % 8) % 8) + Self.jumpBitmap(of: code)
      artifactsLength = Self.bitmapLength(of: code.count)
    } else {
      bytes = code
      artifactsLength = 0
    }
    hash = Blake2s256.hash(bytes)
  }

  static func bitmapLength(of codeLength: Int) -> Int { (codeLength + 63) / 64 * 8 }

  static func jumpBitmap(of code: [UInt8]) -> [UInt8] {
    var bitmap = [UInt8](repeating: 0, count: bitmapLength(of: code.count))
    var position = 0
    while position < code.count {
      let opcode = code[position]
      if opcode == 0x5b {
        bitmap[position / 8] |= 1 << UInt8(position % 8)
      } else if opcode >= 0x60 && opcode <= 0x7f {
        position += Int(opcode) - 0x5f
      }
      position += 1
    }
    return bitmap
  }
}
