import Batches
import Cryptography
import Ethereum
import L1Contracts
import Primitives
import SettlementTesting
import StateTree
import Testing
import Transactions
import ZKsyncOS

@Suite("Batches on L1: commit, prove, execute, revert")
struct BatchContractTests {
  static let forcedDeposit = word("a1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672")

  /// The worked batch 1: one deposit, three bytes of pubdata.
  static var first: Batch {
    let log = L2ToL1Log(
      transactionNumber: 0, sender: Address(truncating: 0x8001), key: forcedDeposit, value: Bytes32(1 as UInt256))
    return batch(1, after: DevelopmentChain.stored, requests: [forcedDeposit], logs: [log], pubdata: [1, 2, 3])
  }

  static func batch(
    _ number: UInt64, after previous: StoredBatchInfo, requests: [Bytes32] = [], logs: [L2ToL1Log] = [],
    pubdata: [UInt8] = [], time: ClosedRange<UInt64> = 1_753_350_000...1_753_350_000, chainID: UInt64 = 270
  ) -> Batch {
    let output = BatchCommitment(
      chainID: chainID, firstTimestamp: time.lowerBound, lastTimestamp: time.upperBound,
      dataAvailability: BatchCommitment.dataAvailability(pubdata: pubdata), l1TransactionCount: UInt64(requests.count),
      l1RollingHash: requests.reduce(BatchCommitment.emptyRollingHash) { Keccak256.hash($0, $1) },
      logsRoot: L2ToL1LogTree(logs).root)
    let state =
      number == 1
      ? word("f14380e61f470ba4753ad185ac312563c27c21fee68ae60f5c00d31659fc2e2c")
      : Keccak256.hash(Bytes32(UInt256(number)).bytes)
    return Batch(
      previous: previous,
      commit: CommitBatchInfo(
        output, number: BatchNumber(rawValue: number), stateCommitment: state, pubdata: pubdata),
      blocks: number...number, protocolVersion: .current)
  }

  @Test("The worked batch is committed, proved and executed, and says so in events")
  func worked() throws {
    let chain = try DevelopmentChain(), batch = Self.first, parts = chain.deployment
    #expect(
      try chain.read(ChainCall.storedBatchHash(0), at: parts.chain)
        == word("23d94f3627a0cbc43568b1809eef2734e263688abc225857bd8669ff3aea84cb"))
    let call = batch.commit.commitCalldata(previous: batch.previous)
    #expect(Keccak256.hash(call) == word("8f5cb7993940a547b0394b299ae8b1d287bf6c2fc8d34ee2c9f5b788f6276f82"))
    let commitment = word("14fbfa8b08728e420cc1784f492e83fe9dc75aa94e75059aec2d19fd33ac1033")
    let state = batch.commit.newStateCommitment

    let committed = try chain.commit(batch)
    #expect(committed.succeeded, "\(ContractError.describe(committed.output))")
    #expect(try chain.events(committed) == [.commit(batch: 1, state: state, commitment: commitment)])
    #expect(
      try chain.read(ChainCall.storedBatchHash(1), at: parts.chain)
        == word("f1491627ccc8700084028bf51db4718717816a751c7d4a15d3e432caaa9a94fa"))

    let proved = try chain.prove(batch.previous, [batch.stored])
    #expect(proved.succeeded, "\(ContractError.describe(proved.output))")
    #expect(try chain.events(proved) == [.verification(previous: 0, current: 1)])

    // A tree of one leaf: the leaf is the root.
    let executed = try chain.execute([batch.stored], [RequestRange(hashes: [Self.forcedDeposit])])
    #expect(executed.succeeded, "\(ContractError.describe(executed.output))")
    #expect(try chain.events(executed) == [.execution(batch: 1, state: state, commitment: commitment)])
    #expect(
      try chain.read(ChainCall.l2LogsRootHash(1), at: parts.chain)
        == word("589f6445b44e426b8d0b9c68ea6dc17026da6d784352d5c2f6d70b96b1482207"))
    for total in [
      ChainCall.getTotalBatchesCommitted, ChainCall.getTotalBatchesVerified, ChainCall.getTotalBatchesExecuted,
      ChainCall.getFirstUnprocessedPriorityTx, ChainCall.getTotalPriorityTxs,
    ] {
      #expect(try chain.read(total, at: parts.chain) == 1)
    }
  }

  @Test("What a node sends with each step is enough gas, and from the second batch on at least a fifth is left")
  func gas() throws {
    let chain = try DevelopmentChain(), batch = Self.first
    let sent: UInt64 = 300_000 + 45 * 1092
    // The first writes totals where there was nothing.
    #expect(try chain.commit(batch).gasUsed <= sent * 9 / 10)
    let second = Self.batch(2, after: batch.stored, pubdata: [1, 2, 3])
    let commit = try chain.commit(second)
    #expect(commit.gasUsed <= sent * 4 / 5, "\(commit.gasUsed)")
    let prove = try chain.prove(batch.previous, [batch.stored])
    #expect(prove.gasUsed <= 240_000 * 4 / 5, "\(prove.gasUsed)")
    let execute = try chain.execute([batch.stored], [RequestRange(hashes: [Self.forcedDeposit])])
    #expect(execute.gasUsed <= (200_000 + 80_000 + 3_000) * 4 / 5, "\(execute.gasUsed)")
  }

  @Test("The most pubdata that fits, and one byte more")
  func pubdata() throws {
    let chain = try DevelopmentChain()
    let full = [UInt8](repeating: 7, count: 126_976)
    let batch = Self.batch(1, after: DevelopmentChain.stored, requests: [Self.forcedDeposit], pubdata: full + [7])
    #expect(
      ContractError(output: try chain.commit(batch).output)?.description
        == "PubdataLengthTooBig(given: 126977, most: 126976)")
    let fits = Self.batch(1, after: DevelopmentChain.stored, requests: [Self.forcedDeposit], pubdata: full)
    let result = try chain.commit(fits)
    #expect(result.succeeded, "\(ContractError.describe(result.output))")
    #expect(result.gasUsed < 5_000_000)
  }

  /// What a commit fails with; `nil` if it is accepted.
  private func refusal(of batch: Batch, on chain: borrowing DevelopmentChain) throws -> String? {
    let result = try chain.commit(batch)
    return result.succeeded ? nil : ContractError.describe(result.output)
  }

  @Test("A batch that does not follow is refused, with the numbers that are wrong")
  func refusedCommits() throws {
    let chain = try DevelopmentChain(), good = Self.first
    var batch = good
    batch.previous.commitment = .zero
    #expect(try refusal(of: batch, on: chain)?.hasPrefix("BatchHashMismatch(stored: 0x23d94f36") == true)
    batch = good
    batch.commit.batchNumber = 2
    #expect(try refusal(of: batch, on: chain) == "BatchNumberMismatch(expected: 1, given: 2)")
    batch = good
    batch.commit.chainID = 271
    #expect(
      try chain.refusal(
        from: chain.validator, to: chain.timelock,
        ValidatorTimelockCall.commitBatches(
          270, 1...1, data: batch.commit.commitData(previous: batch.previous)
        ).input)?.name == "IncorrectBatchChainId")
    batch = good
    batch.commit.lastTimestamp = 1_753_353_701
    #expect(try refusal(of: batch, on: chain) == "L2TimestampTooBig")
    batch = good
    batch.commit.firstTimestamp += 1
    #expect(try refusal(of: batch, on: chain) == "NonIncreasingTimestamp")
    batch = good
    batch.commit.l1TransactionCount = 2
    #expect(try refusal(of: batch, on: chain) == "MismatchNumberOfLayer1Txs(actual: 1, claimed: 2)")
    batch = good
    batch.commit.priorityOperationsHash = .zero
    #expect(try refusal(of: batch, on: chain) == "PriorityOperationsRollingHashMismatch")
    #expect(try refusal(of: good, on: chain) == nil)

    let early = Self.batch(2, after: good.stored, time: 1_753_349_999...1_753_350_001)
    #expect(try refusal(of: early, on: chain) == "NonIncreasingTimestamp")
    #expect(try refusal(of: Self.batch(2, after: good.stored), on: chain) == nil)
  }

  @Test("Data that is no encoding of batches is refused")
  func refusedData() throws {
    let chain = try DevelopmentChain(), batch = Self.first
    let data = batch.commit.commitData(previous: batch.previous)
    func refusal(_ call: ContractCall<Void>, from sender: Address? = nil) throws -> String? {
      try chain.refusal(from: sender ?? chain.validator, to: chain.timelock, call.input)?.description
    }
    #expect(try refusal(ValidatorTimelockCall.commitBatches(270, 1...1, data: [])) == "EmptyData")
    #expect(
      try refusal(ValidatorTimelockCall.commitBatches(270, 1...1, data: [2] + data.dropFirst()))
        == "UnsupportedCommitBatchEncoding(version: 2)")
    #expect(
      try refusal(ValidatorTimelockCall.commitBatches(270, 1...2, data: data))
        == "IncorrectBatchBounds(from: 1, to: 2, first: 1, last: 1)")
    #expect(try refusal(ValidatorTimelockCall.proveBatches(270, 1...1, data: [])) == "EmptyData")
    #expect(
      try refusal(ValidatorTimelockCall.proveBatches(270, 1...1, data: [1]))
        == "UnsupportedProofBatchEncoding(version: 1)")
    #expect(
      try refusal(ValidatorTimelockCall.executeBatches(270, 1...1, data: [1]))
        == "UnsupportedExecuteBatchEncoding(version: 1)")
    // Cut off in the middle of a word.
    let cut = ValidatorTimelockCall.commitBatches(270, 1...1, data: Array(data.dropLast(200)))
    #expect(try chain.send(from: chain.validator, to: chain.timelock, cut.input).succeeded == false)
    // Two batches at once.
    var two = ABIWriter()
    for start in stride(from: 0, to: 256, by: 32) {
      two.append(fixedBytes: batch.previous.encoded[start..<start + 32])
    }
    two.appendArray([UInt64(1), 2]) { array, number in
      array.appendTuple { tuple in
        tuple.append(number)
        for _ in 0..<9 { tuple.append(UInt256.zero) }
        tuple.append(bytes: [])
      }
    }
    #expect(
      try refusal(ValidatorTimelockCall.commitBatches(270, 1...2, data: [0] + two.encoded)) == "CanOnlyProcessOneBatch")
  }

  @Test("Only validators commit, prove and execute, and only through the timelock")
  func authorisation() throws {
    let chain = try DevelopmentChain(), batch = Self.first
    let stranger = DevelopmentAccount.wellKnown[3].address
    let expected = "Unauthorized(caller: \(stranger))"
    for call in [
      batch.commit.commitCalldata(previous: batch.previous),
      DevelopmentChain.proveCall(batch.previous, [batch.stored]).input,
      DevelopmentChain.executeCall([batch.stored], [RequestRange(hashes: [Self.forcedDeposit])]).input,
      ValidatorTimelockCall.revertBatches(270, newLast: 0).input,
    ] {
      for place in [chain.timelock, chain.deployment.chain] {
        #expect(try chain.refusal(from: stranger, to: place, call)?.description == expected)
      }
    }
    #expect(try chain.read(ValidatorTimelockCall.isValidator(270, chain.validator), at: chain.timelock))
    #expect(try chain.read(ValidatorTimelockCall.isValidator(270, stranger), at: chain.timelock) == false)
  }

  @Test("Executed never passes verified, verified never committed")
  func order() throws {
    let chain = try DevelopmentChain(), first = Self.first
    let requests = [RequestRange(hashes: [Self.forcedDeposit])]
    func error(_ result: TransitionResult) -> String? {
      result.succeeded ? nil : ContractError(output: result.output)?.name
    }
    #expect(error(try chain.prove(first.previous, [first.stored])) == "BatchHashMismatch")
    #expect(error(try chain.commit(first)) == nil)
    #expect(error(try chain.execute([first.stored], requests)) == "CantExecuteUnprovenBatches")
    // A stored hash stays when its batch is given up, so that the count is what refuses it.
    #expect(try chain.events(try chain.revert(to: 0)) == [.revert(committed: 0, verified: 0, executed: 0)])
    #expect(error(try chain.prove(first.previous, [first.stored])) == "VerifiedBatchesExceedsCommittedBatches")
    #expect(error(try chain.commit(first)) == nil)
    #expect(error(try chain.prove(first.previous, [first.stored], proof: [2, 0])) == "UnknownVerifierType")
    #expect(error(try chain.prove(first.previous, [first.stored])) == nil)
    #expect(error(try chain.execute([first.stored], [RequestRange()])) == "MismatchNumberOfLayer1Txs")
    #expect(
      error(try chain.execute([first.stored], [RequestRange(hashes: [.zero])]))
        == "PriorityOperationsRollingHashMismatch")
    #expect(error(try chain.execute([first.stored], requests + requests)) == "InvalidBatchesDataLength")
    #expect(
      error(
        try chain.execute([first.stored], [RequestRange(left: [.zero], right: [.zero], hashes: [Self.forcedDeposit])]))
        == "NotHistoricalRoot")
    #expect(
      error(try chain.execute([first.stored], [RequestRange(left: [.zero], hashes: [Self.forcedDeposit])]))
        == "MerkleIndexOrHeightMismatch")
    #expect(error(try chain.execute([first.stored], requests)) == nil)
    #expect(error(try chain.execute([first.stored], requests)) == "NonSequentialBatch")
    #expect(error(try chain.revert(to: 0)) == "CantRevertExecutedBatch")
    #expect(error(try chain.revert(to: 1)) == "RevertedBatchNotAfterNewLastBatch")
  }

  @Test("Batches that were given up come again with other requests")
  func recommit() throws {
    let chain = try DevelopmentChain(), first = Self.first
    let request = try RequestContractTests.deposit(on: chain, nonce: 1)
    #expect(try chain.commit(first).succeeded)
    #expect(try chain.commit(Self.batch(2, after: first.stored, requests: [request])).succeeded)
    #expect(try chain.revert(to: 1).succeeded)
    // The request is free again: it may come later.
    let second = Self.batch(2, after: first.stored)
    let third = Self.batch(3, after: second.stored, requests: [request])
    #expect(try chain.commit(second).succeeded)
    #expect(try chain.commit(third).succeeded)
  }

  @Test("Sixteen batches are proved and executed in one go, each with its requests")
  func ranges() throws {
    let chain = try DevelopmentChain()
    var hashes = [Self.forcedDeposit]
    for nonce in 1..<12 as Range<UInt64> { hashes.append(try RequestContractTests.deposit(on: chain, nonce: nonce)) }
    let tree = RequestTree(hashes)
    #expect(try chain.read(ChainCall.getPriorityTreeRoot, at: chain.deployment.chain) == tree.root)
    var batches: [Batch] = [], ranges: [RequestRange] = [], next = 0
    for number in 1...16 as ClosedRange<UInt64> {
      // 1, 0, 2, 1, 0, 2, …: with ranges that begin left and right, and none at all.
      let count = min([1, 0, 2][(Int(number) - 1) % 3], hashes.count - next)
      let batch = Self.batch(
        number, after: batches.last?.stored ?? DevelopmentChain.stored, requests: Array(hashes[next..<next + count]))
      #expect(try chain.commit(batch).succeeded)
      batches.append(batch)
      ranges.append(count == 0 ? RequestRange() : tree.proof(of: next..<next + count))
      next += count
    }
    let stored = batches.map(\.stored)
    #expect(try chain.prove(DevelopmentChain.stored, stored).succeeded)
    let result = try chain.execute(stored, ranges)
    #expect(result.succeeded, "\(ContractError.describe(result.output))")
    #expect(try chain.events(result).count == 16)
    #expect(
      try chain.read(ChainCall.getFirstUnprocessedPriorityTx, at: chain.deployment.chain) == UInt64(next))
  }
}
