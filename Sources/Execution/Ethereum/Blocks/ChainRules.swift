import EVM

/// What all blocks of a chain have in common.
public struct ChainRules: Sendable, Equatable {
  public var chainID: UInt64
  /// Paris or later.
  public var revision: Revision
  public var options: TransitionOptions

  public init(chainID: UInt64, revision: Revision, options: TransitionOptions = TransitionOptions()) {
    self.chainID = chainID
    self.revision = revision
    self.options = options
  }
}
