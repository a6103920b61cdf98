import Primitives

/// The public input in the registers of the machine.
public enum PublicInputRegisters {
  /// Eight words, little-endian, as 32 bytes.
  public static func bytes(_ registers: [UInt32]) -> Bytes32 {
    var bytes = Bytes32.zero
    withUnsafeMutableBytes(of: &bytes) { buffer in
      for (index, word) in registers.prefix(8).enumerated() {
        buffer.storeBytes(of: word.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
      }
    }
    return bytes
  }
}
