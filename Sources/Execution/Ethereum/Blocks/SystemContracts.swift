import Cryptography
import Primitives

/// The contracts that the protocol itself calls around the transactions of a block.
public enum SystemContracts {
  /// Remembers roots of the beacon chain (EIP-4788).
  public static let beaconRoots = contract(0x000F_3df6_D732_807E, 0xf131_9fB7_B8bB_8522, 0xd0Be_ac02)
  /// Remembers hashes of blocks (EIP-2935).
  public static let history = contract(0x0000_F908_27F1_C53a, 0x10cb_7A02_335B_1753, 0x2000_2935)
  /// Those that are asked at a block's end for requests to the beacon chain, by the type of request: withdrawals (EIP-7002)
  /// and consolidations (EIP-7251). Deposits, which logs of the deposit contract ask for, do not exist without a beacon
  /// chain.
  static let requests: [(type: UInt8, contract: Address)] = [
    (1, contract(0x0000_0961_Ef48_0Eb5, 0x5e80_D19a_d835_79A6, 0x4c00_7002)),
    (2, contract(0x0000_BBdD_c7CE_4886, 0x42fb_579F_8B00_f3A5, 0x9000_7251)),
  ]

  /// What a header says of the requests: SHA-256 of the SHA-256 of each, which begins with its type (EIP-7685).
  static func requestsHash(_ requests: [[UInt8]]) -> Bytes32 {
    SHA256.hash(requests.flatMap { SHA256.hash($0).bytes })
  }

  private static func contract(_ first: UInt64, _ second: UInt64, _ last: UInt32) -> Address {
    Address(w0: first.bigEndian, w1: second.bigEndian, w2: last.bigEndian)
  }
}
