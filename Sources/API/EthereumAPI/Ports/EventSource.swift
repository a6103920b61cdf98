import Transactions

/// What happens on a chain, for whoever follows it: the notifier pulls, on a thread of its own, so that nobody who makes
/// blocks waits for it.
public protocol EventSource: Sendable {
  /// Waits until a block after `number` can be read, or until ``stopWaiting()``; the number of the newest, or `nil`.
  func waitForBlock(after number: UInt64) -> UInt64?

  /// Lets whoever waits for a block go, now and from now on.
  func stopWaiting()

  /// Calls `handler` with transactions as they become executable, on the thread that made them so. The handler is quick:
  /// it only puts them into a queue.
  func onExecutable(_ handler: @escaping @Sendable ([RecoveredTransaction]) -> Void)

  /// Calls `handler` with transactions that leave the mempool without a block, on the thread that found out. The handler is
  /// quick.
  func onRefusal(_ handler: @escaping @Sendable (RefusedTransaction) -> Void)
}
