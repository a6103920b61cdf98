// Bytecode written as in a listing.

import Cryptography
import EVM
import Primitives

package func keccak(_ bytes: [UInt8]) -> Bytes32 { Keccak256.hash(bytes) }

/// Numbers from text: decimal, or hexadecimal after `0x`.
package func word(_ text: String) -> UInt256 { UInt256(text)! }

/// Assembles mnemonics separated by blanks. A number becomes the shortest PUSH of it; `PUSH4:0x1` forces the width;
/// `raw:aabb` inserts bytes; names are those of ``Opcode`` in any case.
package func assemble(_ text: String) -> [UInt8] {
  text.split(whereSeparator: { $0 == " " || $0 == "\n" }).flatMap { token -> [UInt8] in
    if token.hasPrefix("raw:") { return Hex.decode(String(token.dropFirst(4)))! }
    if let number = UInt256(String(token)) {
      let bytes = number.minimalBytes
      return bytes.isEmpty ? [0x60, 0] : [0x5f + UInt8(bytes.count)] + bytes
    }
    let parts = token.split(separator: ":")
    if parts.count == 2, let count = Int(parts[0].dropFirst(4)), let number = UInt256(String(parts[1])) {
      return [0x5f + UInt8(count)] + number.bytes.suffix(count)
    }
    guard let opcode = opcodesByName[token.lowercased()] else { fatalError("no instruction \(token)") }
    return [opcode.rawValue]
  }
}

private let opcodesByName = Dictionary(uniqueKeysWithValues: Opcode.allCases.map { ("\($0)".lowercased(), $0) })

/// Code that returns the top of the stack as a 32-byte word.
package let returnTop = " 0 MSTORE 32 0 RETURN"

package let contract = Address(0xc0de)
package let sender = Address(0x5e4de4)
