import Batches
import Primitives
import Synchronization

/// What L1 says about the blocks of L2: the tags `safe` and `finalized`, and how far each batch has come.
///
/// Answers at once, from any thread, what was known when L1 was last looked at; after a restart that is what was known
/// before it. Where L1 reorganises, or gives up batches, the tags go back.
public final class Finality: Sendable {
  /// The last blocks under each tag.
  struct Tags: Hashable, Sendable {
    var safe: UInt64?
    var finalized: UInt64?
  }

  private let store: SettlementStore
  private let state: Mutex<(tags: Tags, totals: BatchTotals)>

  package init(_ store: SettlementStore) throws(SettlementStoreError) {
    self.store = store
    let known = try store.known()
    state = Mutex((Tags(safe: known?.safe, finalized: known?.finalized), known?.totals ?? BatchTotals()))
  }

  /// The last block whose batch is committed on L1, at the depth of `l1_sender_confirmations`; `nil` before the first.
  public var safeBlock: UInt64? { state.withLock { $0.tags.safe } }

  /// The last block whose batch is executed; when that counts is a matter of the ``FinalityRule``. `nil` before the first.
  public var finalizedBlock: UInt64? { state.withLock { $0.tags.finalized } }

  /// The last batches at each step, at the depth of `l1_sender_confirmations`.
  public var totals: BatchTotals { state.withLock { $0.totals } }

  /// The steps that a batch has made on L1; `nil` where it has made none, as far as is known, or cannot be read.
  public func progress(of batch: BatchNumber) -> BatchProgress? { (try? store.progress(batch)) ?? nil }

  func update(_ tags: Tags, _ totals: BatchTotals) { state.withLock { $0 = (tags, totals) } }
}
