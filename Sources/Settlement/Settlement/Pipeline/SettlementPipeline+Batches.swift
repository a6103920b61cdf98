// The stages after the tree: prover inputs, several at a time, and batches of them, in order.

import Batches
import Chain
import Primitives
import ProverInput
import ProverService
import StateTree
import Transactions
import ZKsyncOS

/// A batch that does not know yet what comes before it.
struct BatchDraft: Sendable {
  var block: UInt64
  /// Commitment to the state before the block.
  var before: Bytes32
  var commit: CommitBatchInfo
  var upgradeHash: Bytes32
  var protocolVersion: ProtocolVersion
  var input: ProverInput
}

extension SettlementPipeline {
  private enum Work {
    case block(UInt64, WitnessedBlock?)
    case end
  }

  // MARK: Drafts

  func runDrafts() {
    let engine = ExecutionEngine()
    let replay = BlockReplay(engine: engine)
    while case .block(let number, let witnessed) = nextToDraft() {
      metrics.inputStarted(number)
      let result: Result<BatchDraft, SettlementError>
      do throws(SettlementError) { result = .success(try draft(number, witnessed, engine, replay)) } catch {
        result = .failure(error)
      }
      progress.update { $0.drafts[number] = result }
    }
  }

  /// Waits until the tree has a block that nobody has drafted, and there is room for it.
  private func nextToDraft() -> Work {
    progress.wait { progress in
      if progress.isEndingBatches { return .end }
      let next = progress.nextDraft
      if let last = progress.heldAfter, next > last { return nil }
      guard next <= progress.tree, next <= progress.batch + UInt64(max(1, options.maxInFlight)) else { return nil }
      progress.nextDraft = next + 1
      return .block(next, progress.witnessed.removeValue(forKey: next))
    } ?? .end
  }

  private func draft(
    _ number: UInt64, _ witnessed: WitnessedBlock?, _ engine: ExecutionEngine, _ replay: BlockReplay
  ) throws(SettlementError) -> BatchDraft {
    guard let proving else { preconditionFailure("drafts are made only where batches are") }
    let block: SealedBlock
    if let witnessed {
      block = witnessed.block
    } else {
      block = try chain.replay(number, replay)
    }
    let before = try commitment(at: number - 1), after = try commitment(at: number)
    let context = block.record.context
    let output = BatchCommitment(block.output, context: context)
    let publicInput = output.publicInput(before: before.hash, after: after.hash)

    let start = ContinuousClock.now
    let input: ProverInput
    do throws(ProverInputError) {
      let request = try request(block, witnessed?.witness, before, publicInput)
      input = try proving.generator.generate(request)
    } catch {
      throw .proverInput(block: number, error)
    }
    metrics.inputMade(transactions: block.record.transactions.count, time: ContinuousClock.now - start)
    if options.verifiesInputs {
      do throws(StreamFault) {
        try StreamVerifier.check(
          input.words, version: context.protocolVersion, publicInput: publicInput, engine: engine)
      } catch {
        throw .refused(block: number, error)
      }
    }
    return BatchDraft(
      block: number, before: before.hash,
      commit: CommitBatchInfo(
        output, number: BatchNumber(number), stateCommitment: after.hash, pubdata: block.output.pubdata),
      upgradeHash: output.upgradeHash, protocolVersion: context.protocolVersion, input: input)
  }

  private func request(
    _ block: SealedBlock, _ witness: BlockWitness?, _ before: StateCommitment, _ publicInput: Bytes32
  ) throws(ProverInputError) -> ProverInputGenerator.Request {
    let view: TreeView
    let answers: BlockWitness
    do throws(StateTreeError) {
      view = try tree.view(at: block.number - 1)
      if let witness {
        answers = witness
      } else {
        answers = try view.witness(
          reads: block.readKeys, writes: block.output.storageWrites.map(\.flatKey))
      }
    } catch {
      throw .tree(error)
    }
    let state: any StateView & Sendable
    do { state = try chain.state(after: block.number - 1) } catch { throw .state(StateReadError("\(error)")) }
    var transactions: [[UInt8]] = []
    transactions.reserveCapacity(block.record.transactions.count)
    for transaction in block.record.transactions {
      guard let form = try? VMTransaction(transaction) else {
        throw .transactionCount(recorded: block.output.transactions.count, block: transactions.count)
      }
      transactions.append(form.encoded)
    }
    return ProverInputGenerator.Request(
      block: ProvingBlock(context: block.record.context, transactions: transactions, before: before),
      accesses: block.output.accesses, witness: answers, tree: view, state: state, publicInput: publicInput)
  }

  // MARK: Batches

  func runBatches() {
    guard let proving else { return }
    do throws(SettlementError) {
      var previous: StoredBatchInfo
      if let last = lastStoredBatch {
        previous = last.stored
      } else {
        previous = .genesis(stateCommitment: try commitment(at: 0).hash)
      }
      while let result = nextDraft() {
        let draft = try result.get()
        guard proving.jobs.waitForRoom() else { return }
        let batch = Batch(
          previous: previous, commit: draft.commit, blocks: draft.block...draft.block, upgradeHash: draft.upgradeHash,
          protocolVersion: draft.protocolVersion)
        guard draft.before == previous.stateCommitment else {
          throw .otherState(batch: previous.batchNumber, stored: previous.stateCommitment, tree: draft.before)
        }
        try storing { () throws(ProofStoreError) in try proving.jobs.add(batch, input: draft.input) }
        checkSize(of: batch)
        previous = batch.stored
        progress.update { progress in
          progress.batch = batch.blocks.upperBound
          progress.drafts[draft.block] = nil
        }
        metrics.batchMade(through: batch.blocks.upperBound)
        log.debug(
          "a batch is made",
          metadata: ["batch": "\(batch.number)", "block": "\(draft.block)", "inputWords": "\(draft.input.words.count)"])
        follower.finish(through: batch.blocks.upperBound)
      }
    } catch {
      haltBatches(error)
    }
  }

  /// Waits for the draft that comes next; `nil` at the end.
  private func nextDraft() -> Result<BatchDraft, SettlementError>? {
    progress.wait { progress -> Result<BatchDraft, SettlementError>?? in
      if let draft = progress.drafts[progress.batch + 1] { return .some(draft) }
      return progress.isEndingBatches ? .some(nil) : nil
    } ?? nil
  }
}
