// Which addresses are precompiles, and what a call to one does with its gas.

import Primitives

/// A precompiled contract.
@frozen public enum Precompile: UInt8, Sendable, CaseIterable {
  /// 0x01 … 0x04 of the yellow paper, appendix E.
  case ecrecover = 1, sha256, ripemd160, identity
  /// EIP-198, EIP-2565.
  case modexp
  /// EIP-196, EIP-197, EIP-1108.
  case bn254Add, bn254Multiply, bn254Pairing
  /// EIP-152.
  case blake2f
  /// EIP-4844.
  case pointEvaluation
  /// EIP-2537.
  case bls12381AddG1, bls12381MultiplyG1, bls12381AddG2, bls12381MultiplyG2, bls12381Pairing, bls12381MapToG1
  /// EIP-2537, the last of its precompiles, at 0x11.
  case bls12381MapToG2
}

/// The precompiles of the rule sets by address.
public enum Precompiles {
  /// The precompile at an address in an Ethereum revision.
  @inlinable public static func ethereum(_ address: Address, _ revision: Revision) -> Precompile? {
    guard let precompile = lowAddress(address, upTo: .bls12381MapToG2) else { return nil }
    let since: Revision =
      switch precompile {
      case .ecrecover, .sha256, .ripemd160, .identity: .frontier
      case .modexp, .bn254Add, .bn254Multiply, .bn254Pairing: .byzantium
      case .blake2f: .istanbul
      case .pointEvaluation: .cancun
      case .bls12381AddG1, .bls12381MultiplyG1, .bls12381AddG2, .bls12381MultiplyG2, .bls12381Pairing,
        .bls12381MapToG1, .bls12381MapToG2:
        .prague
      }
    return revision >= since ? precompile : nil
  }

  /// The precompile at an address in ZKsync OS.
  @inlinable public static func zksync(_ address: Address) -> Precompile? {
    lowAddress(address, upTo: .pointEvaluation)
  }

  @inlinable static func lowAddress(_ address: Address, upTo last: Precompile) -> Precompile? {
    // Only the last four bytes may be set, and of these only the last.
    guard address.w0 == 0 && address.w1 == 0 else { return nil }
    let number = UInt32(bigEndian: address.w2)
    return number <= UInt32(last.rawValue) ? Precompile(rawValue: UInt8(truncatingIfNeeded: number)) : nil
  }
}
