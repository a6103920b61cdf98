/// When a block of L2 is `finalized`.
public enum FinalityRule: String, Sendable, CaseIterable {
  /// Once its batch is executed, at the depth of `l1_sender_confirmations`.
  ///
  /// The rule of a development L1: that makes blocks only for transactions, so that what it calls finalized, two blocks
  /// behind its newest, would stay behind the last batch for ever.
  case executed
  /// Once its batch is executed in a block that L1 itself calls finalized: no reorganisation of L1 takes it back. The
  /// rule for every real L1.
  case l1Finalized = "l1_finalized"
}
