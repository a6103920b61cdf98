// 0x05: base^exponent mod modulus (EIP-198, EIP-2565).

import Cryptography
import Primitives

/// Input: three 32-byte lengths, then base, exponent and modulus; missing bytes are zero.
enum ModularExponentiation {
  /// The header and the exponent's first 32 bytes, which set the price.
  private struct Header {
    var base: UInt256
    var exponent: UInt256
    var modulus: UInt256

    init(_ input: UnsafeRawBufferPointer) {
      let words = PrecompileInput.padded(input, to: 96)
      base = PrecompileInput.word(words, at: 0)
      exponent = PrecompileInput.word(words, at: 32)
      modulus = PrecompileInput.word(words, at: 64)
    }

    /// Bit length of the first 32 bytes of the exponent. The lengths fit 64 bits.
    func headBits(_ input: UnsafeRawBufferPointer) -> UInt64 {
      let count = Int(min(exponent.l0, 32))
      let (offset, overflow) = base.l0.addingReportingOverflow(96)
      guard count > 0, !overflow, offset < UInt64(input.count) else { return 0 }
      let bytes = PrecompileInput.slice(input, from: Int(offset), count: count)
      return UInt64((UInt256(bigEndianBytes: bytes) ?? .zero).bitWidth)
    }

    /// Number of squarings that the price counts, at least 1; `nil` beyond 64 bits.
    func iterations(_ input: UnsafeRawBufferPointer) -> UInt64? {
      let head = headBits(input)
      guard exponent.l0 > 32 else { return max(1, head) - 1 > 0 ? head - 1 : 1 }
      let (tail, overflow) = (exponent.l0 - 32).multipliedReportingOverflow(by: 8)
      let (sum, carry) = tail.addingReportingOverflow(max(1, head) - 1)
      return overflow || carry ? nil : max(1, sum)
    }

    /// EIP-2565: `⌈n/8⌉² · iterations / 3`, at least 200, for the longer of base and modulus; `nil` beyond 64 bits.
    func price(_ input: UnsafeRawBufferPointer) -> UInt64? {
      let longer = max(base.l0, modulus.l0)
      let words = longer / 8 + (longer % 8 == 0 ? 0 : 1)
      let (complexity, overflow) = words.multipliedReportingOverflow(by: words)
      guard !overflow, let iterations = iterations(input) else { return nil }
      let (product, carry) = complexity.multipliedReportingOverflow(by: iterations)
      return carry ? nil : max(200, product / 3)
    }

    /// EIP-198, before Berlin.
    func originalPrice(_ input: UnsafeRawBufferPointer) -> UInt64? {
      let n = UInt256(max(base.l0, modulus.l0))
      let square = n &* n
      let complexity: UInt256 =
        if n <= UInt256(64 as UInt64) {
          square
        } else if n <= UInt256(1024 as UInt64) {
          (square >> 2) &+ n &* UInt256(96 as UInt64) &- UInt256(3072 as UInt64)
        } else {
          (square >> 4) &+ n &* UInt256(480 as UInt64) &- UInt256(199_680 as UInt64)
        }
      guard let iterations = iterations(input) else { return nil }
      let gas = complexity &* UInt256(iterations) / UInt256(20 as UInt64)
      return gas.fitsUInt64 ? gas.l0 : nil
    }
  }

  /// Gas on plain Ethereum.
  static func gas(_ input: UnsafeRawBufferPointer, _ revision: Revision) -> Int64? {
    let header = Header(input)
    if header.base.isZero && header.modulus.isZero { return revision >= .berlin ? 200 : 0 }
    guard header.base.fitsUInt64, header.modulus.fitsUInt64, header.exponent.fitsUInt64,
      let price = revision >= .berlin ? header.price(input) : header.originalPrice(input)
    else { return nil }
    return Int64(exactly: price)
  }

  /// Charges as ZKsync OS does; false for an input that it refuses. Native is 200 for each erg (not gas), multiplied
  /// without a check, so that absurd prices wrap. Source: zksync-os `basic_system/src/system_functions/modexp.rs`.
  static func chargeZKsync(
    _ input: UnsafeRawBufferPointer, wordLimit: UInt64, _ meter: inout Meter
  ) throws(Halt) -> Bool {
    let minimum: Int64 = 200
    guard meter.gas >= minimum && meter.native >= native(gas: UInt64(minimum)) else { throw .outOfGas }
    let header = Header(input)
    func isWord(_ length: UInt256) -> Bool { length.fitsUInt64 && length.l0 <= wordLimit }
    guard isWord(header.base) && isWord(header.modulus) else { return false }
    if header.base.isZero && header.modulus.isZero {
      try meter.charge(gas: minimum, native: native(gas: UInt64(minimum)))
      return true
    }
    guard isWord(header.exponent) else { return false }
    guard let price = header.price(input), price < 1 << 56 else { throw .outOfGas }
    try meter.charge(gas: Int64(price), native: native(gas: price))
    return true
  }

  private static func native(gas: UInt64) -> UInt64 { gas &* 256 &* 200 }

  /// Longest operand that is computed. Gas for more than this is beyond any block's limit; should it be offered all the
  /// same, the call fails instead of taking gigabytes.
  private static let longestOperand = 1 << 30

  /// Computes the power; as many bytes as the modulus has. The price was paid, so the lengths are moderate.
  static func compute(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool {
    output.clear()
    let header = Header(input)
    guard !header.modulus.isZero, header.base.fitsUInt64, header.exponent.fitsUInt64, header.modulus.fitsUInt64
    else { return true }
    guard max(header.base.l0, header.exponent.l0, header.modulus.l0) <= UInt64(longestOperand) else { return false }
    let (base, exponent, modulus) = (Int(header.base.l0), Int(header.exponent.l0), Int(header.modulus.l0))
    // What lies beyond the input is zero: an exponent out there is 0, and need not be copied to be known.
    let exponentBytes =
      96 + base >= input.count ? [] : PrecompileInput.slice(input, from: 96 + base, count: exponent)
    output.replace(
      with: ModExp.power(
        base: PrecompileInput.slice(input, from: 96, count: base), exponent: exponentBytes,
        modulus: PrecompileInput.slice(input, from: 96 + base + exponent, count: modulus)))
    return true
  }
}
