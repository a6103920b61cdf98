import CGMP

/// base^exponent mod modulus for numbers of any length: the precompile at 0x05 (EIP-198).
///
/// Over GMP, whose exponentiation handles odd and even moduli and changes its algorithm with the size; nothing that we
/// would write is as fast. Memory is a few times the length of the operands.
public enum ModExp {
  /// Computes the power. Numbers are most significant byte first, may have leading zeros, and are zero where empty.
  ///
  /// - Returns: as many bytes as `modulus` has. Anything modulo 0 is 0, and 0^0 is 1 (EIP-198).
  public static func power(base: [UInt8], exponent: [UInt8], modulus: [UInt8]) -> [UInt8] {
    base.withUnsafeBytes { base in
      exponent.withUnsafeBytes { exponent in
        modulus.withUnsafeBytes { power(base: base, exponent: exponent, modulus: $0) }
      }
    }
  }

  /// Computes the power; see `power(base:exponent:modulus:)` for arrays.
  public static func power(
    base: UnsafeRawBufferPointer, exponent: UnsafeRawBufferPointer, modulus: UnsafeRawBufferPointer
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: modulus.count) { result, count in
      result.initialize(repeating: 0)
      count = modulus.count
      var m = Number(modulus)
      defer { m.clear() }
      // Modulo 0 GMP divides by zero; modulo 1 everything is 0.
      guard m.isAboveOne else { return }
      var b = Number(base), e = Number(exponent), r = Number()
      defer {
        b.clear()
        e.clear()
        r.clear()
      }
      __gmpz_powm(&r.value, &b.value, &e.value, &m.value)
      r.store(in: UnsafeMutableRawBufferPointer(result))
    }
  }
}

/// A number that GMP owns; it lives until `clear` is called.
private struct Number {
  var value = __mpz_struct()

  init() { __gmpz_init(&value) }

  init(_ bytes: UnsafeRawBufferPointer) {
    __gmpz_init(&value)
    // Words of one byte, most significant first.
    if let start = bytes.baseAddress { __gmpz_import(&value, bytes.count, 1, 1, 1, 0, start) }
  }

  var isAboveOne: Bool { withUnsafePointer(to: value) { __gmpz_cmp_ui($0, 1) > 0 } }

  /// Writes the number at the end of `bytes`, which must have room for it.
  func store(in bytes: UnsafeMutableRawBufferPointer) {
    withUnsafePointer(to: value) { value in
      let width = (__gmpz_sizeinbase(value, 2) + 7) / 8
      if let start = bytes.baseAddress { __gmpz_export(start + (bytes.count - width), nil, 1, 1, 1, 0, value) }
    }
  }

  mutating func clear() { __gmpz_clear(&value) }
}
