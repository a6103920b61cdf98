import Primitives

/// What L1 looks like: its newest block, and how far it will not change any more.
public struct L1View: Sendable, Equatable {
  /// Counts the reorganisations that were seen: as long as it is the same, blocks were only added.
  public var generation: UInt64
  public var head: L1Block
  /// Blocks up to this number are as good as certain.
  public var safe: UInt64
  /// Blocks up to this number do not change any more.
  public var finalized: UInt64
}
