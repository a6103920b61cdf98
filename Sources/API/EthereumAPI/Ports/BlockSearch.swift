import Concurrency
import Transactions

/// A search for blocks that may have logs like those of a filter. Belongs to one thread at a time.
public protocol BlockSearch {
  /// The next step. It is over soon once `cancellation` is, and then says nothing.
  func next(_ cancellation: Cancellation) throws(ChainReadError) -> BlockSearchStep
}

/// How far a search has come.
public enum BlockSearchStep: Sendable, Equatable {
  /// A block that is to be looked at. They ascend.
  case block(UInt64)
  /// Nothing up to this block.
  case through(UInt64)
  case end
}

/// Looks at the bloom of every block.
final class BloomSearch: BlockSearch {
  private let chain: any ChainReader
  private let filter: LogFilter
  private let last: UInt64
  private var position: UInt64

  init(_ chain: any ChainReader, _ filter: LogFilter, _ range: ClosedRange<UInt64>) {
    self.chain = chain
    self.filter = filter
    position = range.lowerBound
    last = range.upperBound
  }

  func next(_ cancellation: Cancellation) throws(ChainReadError) -> BlockSearchStep {
    guard position <= last else { return .end }
    let block = position
    position += 1
    guard let bloom = try chain.bloom(ofBlock: block) else { return .through(block) }
    // An empty one tells even where every log is asked for.
    return bloom != Bloom() && filter.mayMatch(bloom) ? .block(block) : .through(block)
  }
}
