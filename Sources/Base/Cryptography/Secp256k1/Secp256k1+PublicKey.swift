import CSecp256k1
import Primitives

extension Secp256k1 {
  /// A point of the curve other than infinity, affine coordinates big-endian.
  public struct PublicKey: Sendable, Hashable {
    public let x: Bytes32
    public let y: Bytes32

    /// Reads the 65 bytes `04 ‖ x ‖ y` or the 33 bytes `02|03 ‖ x` (SEC 1, section 2.3.4); `nil` unless they name a
    /// point of the curve.
    public init?(_ bytes: [UInt8]) {
      var point = secp256k1_pubkey()
      // libsecp256k1 also reads the hybrid forms 06 and 07, which nothing in Ethereum writes.
      guard bytes.count == 33 || bytes.count == 65 && bytes[0] == 4,
        secp256k1_ec_pubkey_parse(Context.shared, &point, bytes, bytes.count) == 1
      else { return nil }
      self.init(&point)
    }

    /// `point` must be one that the library made.
    init(_ point: inout secp256k1_pubkey) {
      var encoded = InlineArray<65, UInt8>(repeating: 0)
      var length = 65
      (x, y) = withUnsafeMutableBytes(of: &encoded) { bytes in
        let start = bytes.baseAddress.unsafelyUnwrapped
        _ = secp256k1_ec_pubkey_serialize(
          Context.shared, start.assumingMemoryBound(to: UInt8.self), &length, &point,
          UInt32(SECP256K1_EC_UNCOMPRESSED))
        return (Bytes32(loading: start + 1), Bytes32(loading: start + 33))
      }
    }

    /// The account that the key controls: the last twenty bytes of keccak256(x ‖ y).
    public var address: Address { Address(truncating: Keccak256.hash(x, y)) }
  }
}
