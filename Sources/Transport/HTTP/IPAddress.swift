import NIOCore

/// An IPv4 or IPv6 address, without a port.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// 128 bits in the order of the network; an IPv4 address as `::ffff:a.b.c.d` (RFC 4291, §2.5.5.2).
  let bits: UInt128

  private static let mappedPrefix: UInt128 = 0xffff << 32
  /// Where a connection says nothing of its peer, as over a local socket.
  public static let unknown = IPAddress(bits: 0)

  init(bits: UInt128) { self.bits = bits }

  init(v4 bits: UInt32) { self.bits = Self.mappedPrefix | UInt128(bits) }

  /// `nil` where the text is no address.
  public init?(_ text: String) {
    guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
    self.init(address)
  }

  init?(_ address: SocketAddress) {
    switch address {
    case .v4(let v4): self.init(v4: UInt32(bigEndian: v4.address.sin_addr.s_addr))
    case .v6(let v6):
      self.init(
        bits: withUnsafeBytes(of: v6.address.sin6_addr) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) })
    case .unixDomainSocket: return nil
    }
  }

  var isV4: Bool { bits >> 32 == Self.mappedPrefix >> 32 }

  /// Whom limits hold for: one IPv4 address, or the /64 network that an IPv6 host has to itself.
  public var client: IPAddress { isV4 ? self : IPAddress(bits: (bits >> 64) << 64) }

  public var description: String {
    if isV4 { return stride(from: 24, through: 0, by: -8).map { String(bits >> $0 & 0xff) }.joined(separator: ".") }
    return stride(from: 112, through: 0, by: -16).map { String(bits >> $0 & 0xffff, radix: 16) }.joined(separator: ":")
  }
}

/// The addresses of a network, or a single one.
public struct IPAddressRange: Hashable, Sendable, CustomStringConvertible {
  private let first: IPAddress
  /// Leading bits that an address has in common with the first, of 128.
  private let prefix: Int

  /// - Parameter text: an address, or one with the length of a prefix (CIDR): `10.0.0.0/8`. `nil` for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
    let width = address.isV4 ? 32 : 128
    guard let length = parts.count == 2 ? Int(parts[1]) : width, (0...width).contains(length) else { return nil }
    prefix = 128 - width + length
    first = IPAddress(bits: address.bits & Self.mask(prefix))
  }

  public func contains(_ address: IPAddress) -> Bool { address.bits & Self.mask(prefix) == first.bits }

  private static func mask(_ prefix: Int) -> UInt128 { prefix == 0 ? 0 : .max << (128 - prefix) }

  public var description: String { "\(first)/\(first.isV4 ? prefix - 96 : prefix)" }
}

extension [IPAddressRange] {
  func contains(_ address: IPAddress) -> Bool { contains { $0.contains(address) } }
}
