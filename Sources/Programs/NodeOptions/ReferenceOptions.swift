/// Options of zksync-os-server that this node does not have, each with the reason: all others of its options are ours.
enum ReferenceOptions {
  /// Why there is no such option; `nil` where the reference node has none either.
  static func unsupported(_ name: String) -> String? {
    switch name {
    case "batcher_logging_enabled":
      "the guest's own log lines are shown by `zkos guest run`, and are no part of a prover's input"
    default: nil
    }
  }
}
