// The block that would come next if it came now.

import Ethereum
import EthereumAPI
import Primitives
import Transactions

extension DevelopmentChain {
  /// What waits, executed on top of the head.
  struct Pending: Sendable {
    var block: PendingBlock
    var state: StateTrie
    var fields: BlockFields
  }

  /// When two pending blocks are the same but for their time.
  struct PendingKey: Sendable, Equatable {
    var head: Bytes32
    var stateRoot: Bytes32
    var pool: UInt64
    var settings: ChainSettings
  }

  /// The pending block. It is made anew when the head, the pool or the settings are others than when it was asked for last.
  func pending() -> Pending {
    let (settings, head, state) = published.withLock { ($0.settings, $0.history.head, $0.history.headState) }
    let key = PendingKey(
      head: head.hash, stateRoot: state.root, pool: pool.withLock { $0.version }, settings: settings)
    if let known = lastPending.withLock({ $0?.key == key ? $0?.pending : nil }) { return known }
    let timestamp = settings.clock.timestamp(after: head.header.timestamp, system: time.unixSeconds())
    let builder = builder(on: head, state, settings, timestamp: timestamp, salt: 0)
    let included = fill(builder, atMost: .max) { _, _ in }
    let sealed = builder.seal()
    let header = SealedHeader(hash: sealed.hash, header: sealed.header)
    let body = BlockBody(transactions: included, receipts: sealed.receipts)
    let pending = Pending(
      block: PendingBlock(header: header, transactions: included, receipts: body.located(header: header)),
      state: sealed.state, fields: builder.fields)
    lastPending.withLock { $0 = (key, pending) }
    return pending
  }
}
