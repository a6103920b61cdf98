/// The version of the state transition function that a block runs under, and the only place that knows how versions differ.
///
/// Everything else in this module asks one of the properties below; a reader who wants the list of differences needs
/// this file only. Facts: matter-labs/zksync-os at the tags of the same names; those of `v0_0_5` were confirmed by
/// running its proving image.
public enum ProtocolVersion: UInt8, Sendable, CaseIterable, Comparable {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case v0_0_4 = 4
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case v0_0_5 = 5

  /// What new chains run.
  public static let current = ProtocolVersion.v0_0_5

  public static func < (a: ProtocolVersion, b: ProtocolVersion) -> Bool { a.rawValue < b.rawValue }

  /// Reads the form that configuration files use, such as `v0_0_5`.
  public init?(name: some StringProtocol) {
    switch name {
    case "v0_0_4", "v0.0.4", "0.0.4": self = .v0_0_4
    case "v0_0_5", "v0.0.5", "0.0.5": self = .v0_0_5
    default: return nil
    }
  }

  /// The form that configuration files use.
  public var name: String {
    switch self {
    case .v0_0_4: "v0_0_4"
    case .v0_0_5: "v0_0_5"
    }
  }

  // MARK: Transactions

  /// Whether contracts can send transactions of type 0x71, which they validate, pay and execute themselves, and whether
  /// a paymaster named in one is asked. Otherwise their sender needs a key like any other, and the paymaster is only a
  /// field that is hashed (and keeps the fee out of the first look at the sender's balance).
  @inlinable public var hasAccountAbstraction: Bool { self < .v0_0_5 }

  // MARK: Code

  /// Whether deployed code is stored as code ‖ padding to eight bytes ‖ bitmap of jump destinations, hashed as a whole.
  /// Otherwise the stored form is the raw code.
  @inlinable public var storesJumpBitmap: Bool { self >= .v0_0_5 }

  /// Whether hashing and preprocessing the code of a deployment cost native: Keccak of the code, 6 per byte for the
  /// bitmap, and BLAKE2s of the stored form.
  @inlinable public var chargesForCodePreparation: Bool { self >= .v0_0_5 }

  /// Whether a frame that runs deployed code pays 6 native per byte for finding jump destinations. (Init code always
  /// pays; where the bitmap is stored, deployed code does not.)
  @inlinable public var analysesDeployedCodeAtFrameStart: Bool { self < .v0_0_5 }

  /// Whether a forced deployment names the hash of the *raw* code, which is then loaded, given its bitmap, and recorded
  /// under the hash of the stored form. Otherwise the account simply takes the hash given.
  @inlinable public var forcedDeploymentLoadsCode: Bool { self >= .v0_0_5 }

  // MARK: Block

  /// Whether the header's mix hash and the opcode PREVRANDAO are the number 1 whatever the block context says.
  /// Otherwise the header has zero and the opcode reads the context.
  @inlinable public var fixesRandomnessToOne: Bool { self >= .v0_0_5 }

  // MARK: Pubdata

  /// Whether the diff of an account with unpublished code carries the length of its artifacts.
  @inlinable public var unpublishedCodeDiffHasArtifactsLength: Bool { self < .v0_0_5 }
}
