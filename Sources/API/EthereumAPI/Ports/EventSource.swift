import Transactions

/// What happens on a chain, for whoever follows it: the notifier pulls, on a thread of its own, so that nobody who makes
/// blocks waits for it.
public protocol EventSource: Sendable {
  /// Waits until the newest block that can be read is another than `block`, or until ``stopWaiting()``; the number of the
  /// newest, or `nil`.
  ///
  /// On a chain that never drops a block that is until there is one with a higher number. On any other the hash counts: a
  /// branch that takes the place of another may be shorter. Who waits finds out what has happened by itself, see
  /// ``ReorganisationHistory``.
  func waitForHead(otherThan block: ChainPosition) -> UInt64?

  /// Lets whoever waits for a block go, now and from now on.
  func stopWaiting()

  /// Calls `handler` with transactions as they become executable, on the thread that made them so. The handler is quick:
  /// it only puts them into a queue.
  func onExecutable(_ handler: @escaping @Sendable ([RecoveredTransaction]) -> Void)

  /// Calls `handler` with transactions that leave the mempool without a block, on the thread that found out. The handler is
  /// quick.
  func onRefusal(_ handler: @escaping @Sendable (RefusedTransaction) -> Void)
}
