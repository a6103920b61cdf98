import Airbender
import Cryptography
import Primitives
import ZKsyncOS

/// Which programs a proof is about. A proof of a batch is the last of a chain of proofs: the guest ran, then a recursion
/// program verified that it had, as often as it took. The chain's hash is what the proof shows of this, in x18 … x25.
///
/// A hash is written as `0x` and 64 digits: its eight words, each with its least significant byte first, as the words of a
/// public input are.
///
/// Source: zksync-airbender `full_statement_verifier/src/lib.rs` (the end of `verify_full_statement`).
public struct ProgramChain: Hashable, Sendable {
  /// The hash that a proof of these programs shows.
  public let hash: Bytes32
  /// The version whose guest was proved.
  public let guest: ProtocolVersion
  /// The release of zksync-airbender whose recursion program verified it.
  public let recursion: String

  /// The chains of the published guests with the published recursion programs that today's verifier image goes with.
  ///
  /// Of protocol version 0.0.4 the guest is `server_app.bin` of zksync-os 0a82da0, of 0.0.5 that of zksync-os-server
  /// 7565539; the recursion programs are `universal.bin` of v0.3.1 (the same in v0.3.2) and of v0.3.3.
  public static let known: [ProgramChain] = [
    ProgramChain(
      guest: .v0_0_5, recursion: "v0.3.3",
      2_914_915_295, 1_576_365_464, 1_956_008_492, 953_907_104, 1_812_942_949, 1_774_777_713, 3_649_152_531,
      2_090_441_745),
    ProgramChain(
      guest: .v0_0_5, recursion: "v0.3.1",
      2_548_296_719, 2_854_139_751, 856_655_962, 558_055_079, 2_520_257_530, 647_140_078, 1_916_890_334, 2_632_528_695),
    ProgramChain(
      guest: .v0_0_4, recursion: "v0.3.3",
      1_628_960_412, 2_661_649_114, 2_258_911_063, 3_751_625_829, 489_006_913, 2_070_382_554, 484_993_512,
      2_175_853_939),
    ProgramChain(
      guest: .v0_0_4, recursion: "v0.3.1",
      145_886_549, 1_231_447_330, 2_215_479_007, 3_028_994_424, 992_738_853, 3_886_025_276, 734_452_915, 1_062_469_504),
  ]

  private init(guest: ProtocolVersion, recursion: String, _ words: UInt32...) {
    hash = PublicInputRegisters.bytes(words)
    self.guest = guest
    self.recursion = recursion
  }

  /// Those of the published guests of `version`.
  public static func known(of version: ProtocolVersion) -> [ProgramChain] { known.filter { $0.guest == version } }

  /// What is known under this hash.
  public static func known(hash: Bytes32) -> ProgramChain? { known.first { $0.hash == hash } }

  /// The hash of a chain to which a program is added.
  ///
  /// - Parameters:
  ///   - chain: the chain so far; zero where the program is the first.
  ///   - key: the program's verification key.
  public static func extend(_ chain: Bytes32, with key: Bytes32) -> Bytes32 {
    Blake2s256.hash(chain.bytes + key.bytes, rounds: .seven)
  }
}

extension ProgramChain: CustomStringConvertible {
  public var description: String { "guest \(guest.name), recursion of airbender \(recursion)" }
}
