// The stages behind the sequencer, over a chain in memory and a real tree and store.

import Batches
import Chain
import Glibc
import GuestAssembler
import GuestImages
import Primitives
import ProverInput
import ProverService
import Settlement
import SettlementTesting
import StateTree
import StorageTesting
import Telemetry
import Testing
import ZKsyncOS
import ThreadTesting

@Suite("Settlement pipeline", .offTheCooperativePool)
struct PipelineTests {
  let directory = TemporaryDirectory()
  let chain = TestChain()

  /// What one run of the process has.
  struct Run {
    let tree: StateTree
    let jobs: ProofJobs
    let pipeline: SettlementPipeline
    let registry: MetricsRegistry
  }

  func openTree(_ name: String = "tree") throws -> StateTree {
    try StateTree.open(directory: directory.path + "/" + name)
  }

  func open(
    tree: String = "tree", maxUnproved: Int = 1000, _ change: (inout SettlementPipeline.Options) -> Void = { _ in }
  ) throws -> Run {
    let tree = try openTree(tree)
    var jobOptions = ProofJobs.Options()
    jobOptions.maxUnproved = maxUnproved
    let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/proofs"), options: jobOptions)
    var options = SettlementPipeline.Options()
    change(&options)
    let registry = MetricsRegistry()
    let pipeline = try SettlementPipeline(
      chain: chain, tree: tree, generator: try ProverInputGenerator(mode: .native), jobs: jobs, options: options,
      registry: registry)
    return Run(tree: tree, jobs: jobs, pipeline: pipeline, registry: registry)
  }

  /// Every batch follows from the one before, and its input proves it.
  func checkBatches(_ run: Run, through last: UInt64) throws {
    var previous = StoredBatchInfo.genesis(stateCommitment: try run.tree.commitment(at: 0).hash)
    for number in 1...last {
      let batch = try #require(try run.jobs.store.batch(BatchNumber(number)))
      #expect(batch.previous == previous)
      #expect(batch.commit.newStateCommitment == (try run.tree.commitment(at: number).hash))
      if let bytes = try run.jobs.store.input(BatchNumber(number)) {
        let words = try #require(ProverInput(bytes: bytes)).words
        let result = try StreamVerifier.run(words, version: batch.protocolVersion)
        #expect(result.publicInput == batch.publicInput)
        #expect(result.context.number == number)
      }
      previous = batch.stored
    }
  }

  @Test("Blocks become batches in order, each with an input that proves it, and none is executed again")
  func flow() throws {
    let run = try open()
    run.pipeline.start()
    for _ in 1...12 { try chain.extend() }
    #expect(run.pipeline.waitForBatch(12))
    run.pipeline.stop()
    #expect(run.tree.lastVersion == 12 && run.pipeline.failure == nil)
    #expect(run.pipeline.lag == Lag(position: 12, target: 12) && run.pipeline.health == .ready)
    try checkBatches(run, through: 12)
    #expect(chain.asked.isEmpty)
    for stage in ["tree_manager", "batcher"] { #expect(run.registry.blockNumber(stage: stage).value == 12) }
    #expect(run.jobs.status.map(\.number.rawValue) == Array(1...12))
  }

  @Test("A process that starts behind the chain reads what it lacks from the chain")
  func catchingUp() throws {
    for _ in 1...7 { try chain.extend() }
    chain.restart()
    let run = try open()
    run.pipeline.start()
    #expect(run.pipeline.waitForBatch(7))
    run.pipeline.stop()
    try checkBatches(run, through: 7)
    #expect(Set(chain.asked) == Set(1...7))
  }

  @Test("After a restart unproved jobs are there without executing a block, and the chain goes on")
  func restart() throws {
    do {
      let run = try open()
      run.pipeline.start()
      for _ in 1...4 { try chain.extend() }
      #expect(run.pipeline.waitForBatch(4))
      run.pipeline.stop()
    }
    chain.forgetQuestions()
    chain.restart()
    let run = try open()
    #expect(run.jobs.status.map(\.number.rawValue) == [1, 2, 3, 4])
    run.pipeline.start()
    try chain.extend()
    #expect(run.pipeline.waitForBatch(5))
    run.pipeline.stop()
    #expect(!chain.asked.contains { $0 <= 4 })
    try checkBatches(run, through: 5)
  }

  @Test("A batch of an earlier run that L1 will not take is found at the start, and said from then on")
  func tooLarge() throws {
    func batch(_ number: UInt64, after previous: StoredBatchInfo, pubdata: Int, state: Bytes32) -> Batch {
      Batch(
        previous: previous,
        commit: CommitBatchInfo(
          batchNumber: BatchNumber(number), newStateCommitment: state, l1TransactionCount: 0,
          priorityOperationsHash: .zero, l2LogsRoot: .zero, dataAvailabilityCommitment: .zero, firstTimestamp: 0,
          lastTimestamp: 0, chainID: 270,
          operatorInput: CommitBatchInfo.operatorInput(pubdata: [UInt8](repeating: 1, count: pubdata))),
        blocks: number...number, protocolVersion: .current)
    }
    // Batches as a version without the rule made them, of states that the tree does have.
    let first = try open()
    first.pipeline.start()
    for _ in 0..<3 { try chain.extend() }
    #expect(first.pipeline.waitForTree(3) && first.pipeline.waitForBatch(3))
    var commitments: [Bytes32] = []
    for version in 0...3 as ClosedRange<UInt64> { commitments.append(try first.tree.commitment(at: version).hash) }
    first.pipeline.stop()
    #expect(first.pipeline.health == .ready)
    do {
      let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/old"))
      var previous = StoredBatchInfo.genesis(stateCommitment: commitments[0])
      for (number, size) in zip(1...3 as ClosedRange<UInt64>, [126_976, 126_977, 200_000]) {
        let next = batch(number, after: previous, pubdata: size, state: commitments[Int(number)])
        try jobs.add(next, input: ProverInput(words: [1]))
        previous = next.stored
      }
    }
    chain.restart()
    for _ in 0..<2 {
      let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/old"))
      let pipeline = try SettlementPipeline(
        chain: chain, tree: first.tree, generator: try ProverInputGenerator(mode: .native), jobs: jobs,
        registry: MetricsRegistry())
      pipeline.start()
      let expected = "batch 2 has 126977 bytes of pubdata, L1 takes 126976"
      var health = Health.ready
      for _ in 0..<20_000 where health == .ready {
        usleep(1_000)
        health = pipeline.health
      }
      #expect("\(health)".contains(expected), "\(health)")
      pipeline.stop()
    }
  }

  @Test("A tree that ran ahead of the batches gives the witnesses of older versions")
  func treeAhead() throws {
    let tree = try openTree()
    for number in 1...6 as ClosedRange<UInt64> {
      let block = try chain.extend()
      try tree.apply(
        version: number, writes: block.output.storageWrites.map { (key: $0.flatKey, value: $0.value) })
    }
    let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/proofs"))
    let pipeline = try SettlementPipeline(
      chain: chain, tree: tree, generator: try ProverInputGenerator(mode: .native), jobs: jobs)
    pipeline.start()
    #expect(pipeline.waitForBatch(6))
    pipeline.stop()
    try checkBatches(
      Run(tree: tree, jobs: jobs, pipeline: pipeline, registry: MetricsRegistry()), through: 6)
  }

  @Test("Batches that would begin before the oldest version of the tree are not made, which is said; the tree goes on")
  func forgetfulTree() throws {
    var options = StateTree.Options()
    options.retainedVersions = 2
    options.checkpointBytes = 4_000
    options.journalFileBytes = 2_000
    let tree = try StateTree.open(directory: directory.path + "/tree", options: options)
    let pipeline = try SettlementPipeline(chain: chain, tree: tree)
    pipeline.start()
    for _ in 1...40 { try chain.extend() }
    #expect(pipeline.waitForTree(40))
    pipeline.stop()
    try #require(tree.oldestVersion > 0)
    let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/proofs"))
    let late = try SettlementPipeline(
      chain: chain, tree: tree, generator: try ProverInputGenerator(mode: .native), jobs: jobs)
    guard case .treeForgot(version: 0, oldest: tree.oldestVersion)? = late.failure else {
      Issue.record("the pipeline took a tree that has forgotten version 0")
      return
    }
    late.start()
    try chain.extend()
    #expect(late.waitForTree(41))
    #expect(late.waitForBatch(1) == false)
    guard case .degraded(let reason) = late.health else {
      Issue.record("\(late.health)")
      return
    }
    #expect(reason.hasPrefix("no batch is made from block 1 on, all else goes on: "))
    late.stop()
  }

  @Test("A lost tree is built again and must come to the states of the batches")
  func lostTree() throws {
    do {
      let run = try open()
      run.pipeline.start()
      for _ in 1...3 { try chain.extend() }
      #expect(run.pipeline.waitForBatch(3))
      run.pipeline.stop()
    }
    let run = try open(tree: "other")
    run.pipeline.start()
    try chain.extend()
    #expect(run.pipeline.waitForBatch(4))
    run.pipeline.stop()
    try checkBatches(run, through: 4)
  }

  @Test("Without proofs the intake stops, the tree runs ahead a little, and block production has to wait")
  func backPressure() throws {
    let run = try open(maxUnproved: 2) { options in
      options.maxInFlight = 2
      options.maxTreeLead = 4
      options.maxBacklog = 6
    }
    run.pipeline.start()
    // Two batches fill the jobs; six more blocks may wait.
    for _ in 1...8 { try chain.extend() }
    #expect(run.pipeline.waitForTree(6))
    #expect(run.pipeline.waitForBatch(2))
    // The stream hears of the batch a moment after those who wait for it.
    #expect(chain.stream.waitForRoom(for: 8, unless: { false }))
    #expect(chain.stream.hold(before: 9) == BlockStream.Hold(name: "settlement", position: 2))
    #expect(run.pipeline.treeVersion == 6 && run.pipeline.lastBatchedBlock == 2)
    #expect(
      run.pipeline.lag == Lag(position: 2, target: 8, waitingFor: "proofs of earlier batches"))
    let batch = try #require(try run.jobs.store.batch(1))
    try run.jobs.submit(1, proof: claimedProof(batch.publicInput), prover: "p")
    #expect(run.pipeline.waitForBatch(3))
    #expect(chain.stream.waitForRoom(for: 9, unless: { false }))
    run.pipeline.stop()
    // Once it has ended it holds nobody back.
    #expect(chain.stream.hold(before: .max) == nil)
  }

  @Test("A restart holds back from where the batches ended, not from the head")
  func backPressureAfterRestart() throws {
    do {
      let run = try open(maxUnproved: 2) { $0.maxBacklog = 3 }
      run.pipeline.start()
      for _ in 1...5 { try chain.extend() }
      #expect(run.pipeline.waitForBatch(2))
      run.pipeline.stop()
    }
    let run = try open(maxUnproved: 2) { $0.maxBacklog = 3 }
    #expect(chain.stream.hold(before: 6) == BlockStream.Hold(name: "settlement", position: 2))
    withExtendedLifetime(run) {}
  }

  @Test("A node without batches keeps the tree only")
  func treeOnly() throws {
    let tree = try openTree()
    let pipeline = try SettlementPipeline(chain: chain, tree: tree)
    pipeline.start()
    for _ in 1...3 { try chain.extend() }
    #expect(pipeline.waitForTree(3))
    // Whoever waits with limited patience learns that block 4 is not there, and need not wait for block 3.
    #expect(!pipeline.waitForTree(4, atMost: .milliseconds(20)))
    #expect(pipeline.waitForTree(3, atMost: .zero))
    pipeline.stop()
    #expect(tree.lastVersion == 3)
  }

  @Test("A stored block that no longer reproduces itself halts settlement with its number")
  func damagedRecord() throws {
    for _ in 1...3 { try chain.extend() }
    chain.restart()
    chain.damage(2) { $0.blockHash = word(String(repeating: "77", count: 32)) }
    let run = try open()
    run.pipeline.start()
    #expect(run.pipeline.waitForTree(3) == false)
    run.pipeline.stop()
    guard case .replay(.differs(block: 2, _, _))? = run.pipeline.failure else {
      Issue.record("\(String(describing: run.pipeline.failure))")
      return
    }
    #expect(run.pipeline.health == .degraded("\(try #require(run.pipeline.failure))"))
  }

  @Test("A job whose input does not prove the batch is not handed out")
  func refusal() throws {
    // The tree holds the true state; the state store has lost an account, so execution starts from another state.
    let first = try chain.extend()
    let tree = try openTree()
    try tree.apply(version: 1, writes: first.output.storageWrites.map { (key: $0.flatKey, value: $0.value) })
    chain.damageState(before: 2) { state in
      state.slots[FlatKey.ofAccount(Address(truncating: 0xc0))] = nil
    }
    let second = try chain.extend()
    #expect(second.output.storageWrites.contains { $0.isInsertion })
    let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/proofs"))
    let pipeline = try SettlementPipeline(
      chain: chain, tree: tree, generator: try ProverInputGenerator(mode: .native), jobs: jobs)
    pipeline.start()
    #expect(pipeline.waitForBatch(2) == false)
    pipeline.stop()
    guard case .refused(block: 2, _)? = pipeline.failure else {
      Issue.record("\(String(describing: pipeline.failure))")
      return
    }
    #expect(jobs.status.map(\.number.rawValue) == [1])
  }

  @Test(
    "With the real guest beside it, every input is what the guest reads",
    .enabled(if: GuestImages.isSet(.current), "ZKSYNC_OS_IMAGE_V0_0_5 is not set"))
  func guest() throws {
    let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/proofs"))
    let pipeline = try SettlementPipeline(
      chain: chain, tree: try openTree(),
      generator: try ProverInputGenerator(mode: .both, image: GuestImages.bytes(.current)), jobs: jobs)
    pipeline.start()
    for _ in 1...3 { try chain.extend() }
    #expect(pipeline.waitForBatch(3))
    pipeline.stop()
    #expect(pipeline.failure == nil)
  }

  /// A guest that asks for the metadata and the state before the block, but for no transactions.
  func hastyGuest() -> [UInt8] {
    var code = Assembler()
    for id in [3, 2, 6] as [UInt32] { code.ask(id) }
    code.halt()
    return code.words.flatMap { word in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) } }
  }

  @Test("A guest that reads other words stops the batches, with index, question, expected and read word; blocks go on")
  func difference() throws {
    let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/proofs"))
    let registry = MetricsRegistry()
    let pipeline = try SettlementPipeline(
      chain: chain, tree: try openTree(), generator: try ProverInputGenerator(mode: .both, image: hastyGuest()),
      jobs: jobs, registry: registry)
    pipeline.start()
    for _ in 1...3 { try chain.extend() }
    #expect(pipeline.waitForBatch(1) == false)
    // Nothing waits for the batches: far more blocks come than could wait for one.
    for _ in 0..<250 { try chain.extend() }
    #expect(pipeline.waitForTree(253))
    #expect(chain.stream.hold(before: 300) == nil)
    guard case .degraded(let health) = pipeline.health else {
      Issue.record("\(pipeline.health)")
      return
    }
    #expect(health.hasPrefix("no batch is made from block 1 on, all else goes on: no prover input for block 1: "))
    #expect(registry.gauge("settlement_halted_block", "").value == 1)
    #expect(pipeline.lag?.position == 253)
    pipeline.stop()
    let reason = try #require(pipeline.failure).description
    #expect(
      reason.hasPrefix(
        "no prover input for block 1: the native prover input differs from the guest's: word 2095, which is word 0 of "
          + "the answer to query 1 (initial state): native 00000002, guest 00000016"), "\(reason)")
    #expect(jobs.status.isEmpty && pipeline.lastBatchedBlock == 0)
    #expect(try jobs.store.batch(1) == nil && jobs.store.input(1) == nil)
  }

  @Test("Stores of different chains are not mixed")
  func otherChain() throws {
    do {
      let run = try open()
      run.pipeline.start()
      for _ in 1...3 { try chain.extend() }
      #expect(run.pipeline.waitForBatch(3))
      run.pipeline.stop()
    }
    let shorter = TestChain()
    try shorter.extend()
    #expect(throws: SettlementError.self) {
      try SettlementPipeline(chain: shorter, tree: try openTree())
    }
    let fresh = try openTree("fresh")
    #expect(throws: SettlementError.self) {
      try SettlementPipeline(
        chain: shorter, tree: fresh, generator: try ProverInputGenerator(mode: .native),
        jobs: try ProofJobs(store: try ProofStore(path: directory.path + "/proofs")))
    }
    // As long, but with other blocks.
    let other = TestChain()
    for _ in 1...3 { try other.extend(deposits: 3) }
    let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/proofs"))
    let pipeline = try SettlementPipeline(
      chain: other, tree: fresh, generator: try ProverInputGenerator(mode: .native), jobs: jobs)
    pipeline.start()
    #expect(pipeline.waitForBatch(4) == false)
    pipeline.stop()
    guard case .otherState(batch: 3, _, _)? = pipeline.failure else {
      Issue.record("\(String(describing: pipeline.failure))")
      return
    }
  }
}
