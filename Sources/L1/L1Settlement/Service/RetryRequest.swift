import Files

/// What an operator tells a node that has halted on L1: a file beside its databases, which it takes away when it has seen
/// it. So it can be said to a node that runs, and to one that does not.
package struct RetryRequest: Sendable {
  private let path: String

  /// - Parameter databases: the folder of the node's databases.
  package init(databases: String) { path = databases + "/l1_sender.retry" }

  package func make() throws(FileError) { try Files.write("", to: path) }

  /// Whether there was one; there is none afterwards.
  package func take() -> Bool {
    guard Files.exists(path) else { return false }
    Files.remove(path)
    return true
  }
}
