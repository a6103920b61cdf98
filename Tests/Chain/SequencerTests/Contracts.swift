import Primitives

/// Contracts that take a block's time, or its room.
enum Contract {
  /// Hashes `calldata[32...]` bytes of memory as often as the first word says, then stores the hash.
  static let hasher: [UInt8] = bytes("6000355b600190036020355f205f55806100035700")
  /// Copies half a megabyte through the identity precompile, until it is out of gas.
  static let returner: [UInt8] = bytes("5b5f5f620800005f60045afa505f56")
  /// Reads as many slots as the first word of calldata says, from the number in the second on downwards.
  static let reader: [UInt8] = bytes("6000355b80602035015450600190038060035700")

  private static func bytes(_ hex: String) -> [UInt8] { Hex.decode("0x" + hex) ?? [] }

  /// Init code that deploys `code`.
  static func creation(of code: [UInt8]) -> [UInt8] {
    [0x60, UInt8(code.count), 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3] + code
  }

  /// Calldata of two words.
  static func words(_ first: UInt64, _ second: UInt64 = 0) -> [UInt8] {
    Bytes32(UInt256(first)).bytes + Bytes32(UInt256(second)).bytes
  }
}
