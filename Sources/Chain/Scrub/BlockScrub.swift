import ChainStorage
import Primitives
import StateTree
import Transactions
import ZKsyncOS

/// Whether the stores agree about single blocks: the replay log with itself, the block store with the log, and both and the
/// state with what comes out when the block is executed again. Belongs to one thread.
struct BlockScrub {
  private let storage: ChainStorage
  private let replay = BlockReplay()

  init(_ storage: ChainStorage) { self.storage = storage }

  /// What one block came to.
  struct Outcome {
    var damage: StoreDamage?
    /// Slots that the block wrote; none where it was not executed.
    var written: [Bytes32] = []
    var isExecuted = false
  }

  /// Checks block `number`, which the log has. What the derived stores do not have yet is left out.
  func check(_ number: UInt64, executing: Bool) -> Outcome {
    var outcome = Outcome()
    let record: ReplayRecord
    do throws(StorageError) {
      guard let found = try storage.log.record(number) else {
        return Outcome(damage: damage(.log, number, "the record is missing"))
      }
      record = found
      guard try storage.log.blockHash(number) == record.blockHash else {
        return Outcome(damage: damage(.log, number, "the list of hashes has another than the record"))
      }
    } catch {
      return Outcome(damage: StoreDamage(.log, in: storage.directory, block: number, error))
    }
    var stored: Block?
    if number <= storage.blocks.flushed.number {
      do throws(StorageError) {
        let block = try storage.blocks.block(number)
        if let fault = try fault(of: block, record) { return Outcome(damage: damage(.blocks, number, fault)) }
        stored = block
      } catch {
        return Outcome(damage: StoreDamage(.blocks, in: storage.directory, block: number, error))
      }
    }
    let flushed = storage.state.flushed.number
    guard executing, number - 1 <= flushed else { return outcome }
    do throws(StorageError) {
      let output: BlockOutput
      do throws(ReplayError) { output = try replay.run(record, on: try view(number - 1)) } catch {
        return Outcome(damage: damage(.state, number, error.description))
      }
      outcome.isExecuted = true
      if let stored, stored != Block(output, transactions: record.transactions) {
        return Outcome(damage: damage(.blocks, number, "its receipts are not those that executing it gives"))
      }
      guard number <= flushed else { return outcome }
      if let fault = fault(of: try storage.state.view(at: number), output) {
        return Outcome(damage: damage(.state, number, fault))
      }
      outcome.written = output.storageWrites.map(\.flatKey)
    } catch {
      return Outcome(damage: StoreDamage(.state, in: storage.directory, block: number, error))
    }
    return outcome
  }

  /// Compares leaves of the tree with the state: those of `keys`, after the tree's newest block or `version`.
  func check(_ keys: [Bytes32], in tree: StateTree) -> StoreDamage? {
    let version = min(tree.lastVersion, storage.state.flushed.number)
    do throws(StateTreeError) {
      let view = try tree.view(at: version)
      for key in keys {
        let leaf = try view.value(of: key)
        let slot: Bytes32?
        do { slot = try storage.state.view(at: version).slot(key) } catch { return nil }
        if leaf != slot { return damage(.tree, version, "the leaf of \(key) is not the state's") }
      }
      return nil
    } catch {
      return StoreDamage(in: storage.directory, error)
    }
  }

  // MARK: Parts

  private func view(_ number: UInt64) throws(ReplayError) -> ChainStateView {
    do throws(StorageError) { return try storage.state.view(at: number) } catch {
      throw .execution(block: number + 1, .storage(StateReadError(error.description)))
    }
  }

  private func damage(_ store: StoreDamage.Store, _ number: UInt64, _ detail: String) -> StoreDamage {
    StoreDamage(store, in: storage.directory, block: number, detail)
  }

  /// In what a stored block differs from its record, or its indices from it.
  private func fault(of block: Block?, _ record: ReplayRecord) throws(StorageError) -> String? {
    guard let block else { return "the block is missing" }
    let number = record.context.number
    guard block.hash == record.blockHash, block.header.hash == block.hash, block.number == number else {
      return "the header is not that of the record"
    }
    let summary = try storage.blocks.header(number)
    guard summary?.bloom == block.bloom else { return "the bloom is not that of its logs" }
    guard summary?.gasUsed == block.gasUsed,
      summary?.transactionBytes ?? block.transactionBytes == block.transactionBytes
    else { return "the sums beside the header are not those of its transactions" }
    guard block.transactions == record.transactions else { return "the transactions are not those of the record" }
    guard try storage.blocks.number(of: block.hash) == number else { return "it is not found by its hash" }
    for (index, transaction) in block.transactions.enumerated() {
      let expected = TransactionLocation(block: number, index: index)
      guard try storage.blocks.location(of: transaction.hash) == expected else {
        return "the transaction \(transaction.hash) is not found by its hash"
      }
    }
    return nil
  }

  /// In what the state after a block differs from what executing it gave.
  private func fault(of state: ChainStateView, _ output: BlockOutput) -> String? {
    do {
      for write in output.storageWrites where try state.slot(write.flatKey) != write.value {
        return "the slot \(write.flatKey) is not what the block wrote"
      }
      for preimage in output.publishedPreimages where try state.preimage(preimage.hash) != preimage.bytes {
        return "the preimage of \(preimage.hash) is not what the block published"
      }
      return nil
    } catch {
      return "\(error)"
    }
  }
}

extension StoreDamage {
  /// What a failure of the state tree says of its files; `nil` where the fault is elsewhere.
  public init?(in directory: String, _ error: StateTreeError) {
    switch error {
    case .corrupted, .inputOutput: self.init(.tree, in: directory, error.description)
    case .diskFull, .unsupportedFormat, .locked, .versionOutOfOrder, .versionNotRetained, .duplicateKey, .reservedKey,
      .indexBeyondTree, .wentBack, .copyEnded, .unusable:
      return nil
    }
  }
}
