import Primitives
import StateTree
import ZKsyncOS

/// Writes the words that the guest would read, without a guest.
///
/// Execution asked the same questions in the same order, because it follows the same rules; it kept the list. The run's
/// frame around them is fixed: metadata first, each transaction's size and content as it begins, a zero size when there
/// are no more, the state before the block, the questions of the tree's verification, and one last zero.
public enum NativeGenerator {
  /// - Parameters:
  ///   - block: what the run begins with.
  ///   - accesses: what executing the block asked the state, from fresh caches, in order.
  ///   - witness: what verifying the block asks the tree.
  ///   - state: gives the preimages that `accesses` names.
  public static func words(
    _ block: ProvingBlock, accesses: [Access], witness: BlockWitness, state: any StateView
  ) throws(ProverInputError) -> [UInt32] {
    var stream = WordStream()
    stream.reserve(estimate(block, accesses, witness))
    stream.append(count: 2094)
    stream.append(metadata: block.context)

    var transactions = block.transactions[...]
    for access in accesses {
      switch access {
      case .transaction:
        guard let transaction = transactions.popFirst() else {
          throw .transactionCount(recorded: recordedTransactions(accesses), block: block.transactions.count)
        }
        stream.append(size: transaction.count)
        stream.append(counted: transaction)
      case .slot(_, let value, let isNew):
        stream.append(count: 10)
        stream.append(slot: isNew ? nil : value)
      case .preimage(let hash):
        stream.append(counted: try state.requirePreimage(hash))
      }
    }
    guard transactions.isEmpty else {
      throw .transactionCount(recorded: recordedTransactions(accesses), block: block.transactions.count)
    }
    stream.append(size: 0)

    stream.append(count: 22)
    stream.append(initialState: block.before)
    for query in witness.queries {
      switch query {
      case .previousIndex(_, let index), .exactIndex(_, let index):
        stream.append(count: 2)
        stream.append(index)
      case .proof(let position):
        stream.append(count: 532)
        stream.append(witness.proofs[position])
      }
    }
    // The guest takes leave and reads a word that means nothing.
    stream.append(count: 0)
    return stream.words
  }

  private static func recordedTransactions(_ accesses: [Access]) -> Int {
    accesses.reduce(0) { $0 + ($1 == .transaction ? 1 : 0) }
  }

  /// Enough words for most blocks, so that the stream grows at most once.
  private static func estimate(_ block: ProvingBlock, _ accesses: [Access], _ witness: BlockWitness) -> Int {
    let transactions = block.transactions.reduce(0) { $0 + 4 + WordStream.count(ofBytes: $1.count) }
    return 2200 + transactions + 33 * accesses.count + 3 * witness.queries.count + 533 * witness.proofs.count
  }
}

extension WordStream {
  /// The answer about the next transaction's size.
  fileprivate mutating func append(size: Int) {
    append(count: 2)
    append(UInt64(size))
  }

  /// An answer that is bytes.
  fileprivate mutating func append(counted bytes: [UInt8]) {
    append(count: WordStream.count(ofBytes: bytes.count))
    append(bytes: bytes)
  }
}
