/// The twenty bytes that name an account.
@frozen
public struct Address: Sendable {
  /// Bytes 0–7, as they lie in memory.
  public var w0: UInt64
  /// Bytes 8–15.
  public var w1: UInt64
  /// Bytes 16–19.
  public var w2: UInt32

  @inlinable @inline(__always)
  public init(w0: UInt64, w1: UInt64, w2: UInt32) {
    self.w0 = w0
    self.w1 = w1
    self.w2 = w2
  }

  @inlinable @inline(__always)
  public static var zero: Address { Address(w0: 0, w1: 0, w2: 0) }

  @inlinable @inline(__always)
  public var isZero: Bool { (w0 | w1 | UInt64(w2)) == 0 }

  /// The low 160 bits of a word, as the EVM reads an address from its stack.
  @inlinable @inline(__always)
  public init(truncating word: UInt256) {
    self.init(
      w0: (word.l2 &<< 32 | word.l1 &>> 32).bigEndian, w1: (word.l1 &<< 32 | word.l0 &>> 32).bigEndian,
      w2: UInt32(truncatingIfNeeded: word.l0).bigEndian)
  }

  /// The last twenty of 32 bytes, as hashes become addresses.
  @inlinable @inline(__always)
  public init(truncating bytes: Bytes32) { self.init(truncating: UInt256(bytes)) }

  /// A small number, as precompiles and system contracts are named.
  @inlinable @inline(__always)
  public init(_ number: UInt64) { self.init(truncating: UInt256(number)) }

  /// Reads twenty bytes; no alignment needed.
  @inlinable @inline(__always)
  public init(loading bytes: UnsafeRawPointer) {
    self.init(
      w0: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
      w1: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      w2: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
  }

  /// Writes twenty bytes; no alignment needed.
  @inlinable @inline(__always)
  public func store(to bytes: UnsafeMutableRawPointer) {
    bytes.storeBytes(of: w0, toByteOffset: 0, as: UInt64.self)
    bytes.storeBytes(of: w1, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: w2, toByteOffset: 16, as: UInt32.self)
  }

  /// Exactly twenty bytes; `nil` for any other count.
  @inlinable
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 20 else { return nil }
    self = .zero
    withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: bytes) }
  }

  /// The twenty bytes.
  @inlinable
  public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  @inlinable @inline(__always)
  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try Swift.withUnsafeBytes(of: self) { (whole: UnsafeRawBufferPointer) throws(E) -> R in
      try body(UnsafeRawBufferPointer(rebasing: whole[..<20]))
    }
  }
}

extension UInt256 {
  /// The address as a word, zeros in front.
  @inlinable @inline(__always)
  public init(_ address: Address) {
    let top = UInt64(bigEndian: address.w0), middle = UInt64(bigEndian: address.w1)
    self.init(
      l0: middle &<< 32 | UInt64(UInt32(bigEndian: address.w2)), l1: top &<< 32 | middle &>> 32, l2: top &>> 32, l3: 0)
  }
}

extension Bytes32 {
  /// Twelve zero bytes and the address.
  @inlinable @inline(__always)
  public init(_ address: Address) { self.init(UInt256(address)) }
}

extension Address: Hashable {
  @inlinable @inline(__always)
  public static func == (a: Address, b: Address) -> Bool {
    ((a.w0 ^ b.w0) | (a.w1 ^ b.w1) | UInt64(a.w2 ^ b.w2)) == 0
  }

  @inlinable
  public func hash(into hasher: inout Hasher) { hasher.combine(SeededHash.mix(w0, w1, UInt64(w2), 0)) }

  @inlinable
  public func _rawHashValue(seed: Int) -> Int { SeededHash.mix(w0, w1, UInt64(w2), 0, seed: seed) }
}

extension Address: Comparable {
  /// The order of the bytes, first byte first.
  @inlinable @inline(__always)
  public static func < (a: Address, b: Address) -> Bool { UInt256(a) < UInt256(b) }
}

extension Address: CustomStringConvertible {
  /// `0x` and 40 lower-case digits.
  public var description: String { withUnsafeBytes { Hex.encode($0) } }

  /// Exactly 40 hexadecimal digits, with or without `0x`; the case of the digits is not looked at.
  public init?(hex text: some StringProtocol) {
    self = .zero
    guard withUnsafeMutableBytes(of: &self, { Hex.read(text, exactly: 20, to: $0.baseAddress.unsafelyUnwrapped) })
    else { return nil }
  }
}
