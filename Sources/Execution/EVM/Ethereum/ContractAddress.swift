// Where new contracts stand.

import Cryptography
import Primitives

/// Addresses of new contracts.
public enum ContractAddress {
  /// CREATE: the last 20 bytes of `keccak256(rlp([creator, nonce]))`.
  public static func create(_ creator: Address, nonce: UInt64) -> Address {
    var payload: [UInt8] = [0x94]
    payload += creator.bytes
    let digits = UInt256(nonce).minimalBytes
    if digits.count == 1 && digits[0] < 0x80 {
      payload += digits
    } else {
      payload.append(0x80 + UInt8(digits.count))
      payload += digits
    }
    return Address(truncating: Keccak256.hash([0xc0 + UInt8(payload.count)] + payload))
  }

  /// CREATE2: the last 20 bytes of `keccak256(0xff ‖ creator ‖ salt ‖ initCodeHash)` (EIP-1014).
  public static func create2(_ creator: Address, salt: UInt256, initCodeHash: Bytes32) -> Address {
    var input: [UInt8] = [0xff]
    input.reserveCapacity(85)
    input += creator.bytes
    input += salt.bytes
    input += initCodeHash.bytes
    return Address(truncating: Keccak256.hash(input))
  }
}
