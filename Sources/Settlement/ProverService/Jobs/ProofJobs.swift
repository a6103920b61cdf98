import Batches
import Concurrency
import Files
import Primitives
import ProverInput
import Synchronization

/// Why a proof was not accepted.
public enum ProofSubmissionError: Error, Sendable {
  /// No batch with this number waits for a proof: it has one, or does not exist.
  case unknownBatch(BatchNumber)
  case invalid(ProofFault)
  /// The node ends; the job stays as it was.
  case interrupted
  /// The store failed; the job stays as it was.
  case store(ProofStoreError)
}

/// The batches that wait for a proof, and who works on them.
///
/// A job is pending until it is picked and assigned from then on; one that stays assigned for longer than the timeout can
/// be picked again. A proof is accepted from whoever sends one first, in time or late. Jobs live in the store: what is in
/// memory is a number and a state each, so that a restart finds every job again, as pending.
public final class ProofJobs: Sendable {
  public struct Options: Sendable {
    /// An assigned job is given to somebody else after this time.
    public var timeout: Duration = .seconds(180)
    /// Batches without proof from which on no further one is taken in.
    public var maxUnproved = 1000
    /// Jobs that provers of one name hold at a time; they get no further one meanwhile.
    public var maxPerProver = 64
    /// The same for provers of one address, whatever they call themselves.
    public var maxPerAddress = 256
    /// Whether a job whose proof was refused stays with its prover until the timeout. Otherwise it is free at once.
    public var keepsRefused = false

    public init() {}
  }

  public struct Status: Hashable, Sendable {
    public var number: BatchNumber
    /// How long ago the job was handed out; `nil` while it is pending.
    public var assignedFor: Duration?

    public init(number: BatchNumber, assignedFor: Duration?) {
      self.number = number
      self.assignedFor = assignedFor
    }
  }

  /// Work for a prover.
  public struct Assignment: Sendable {
    public var number: BatchNumber
    /// The prover input as little-endian bytes.
    public var input: [UInt8]
  }

  /// Something that operators want to hear of.
  public enum Event: Sendable {
    case picked(number: BatchNumber, prover: ProverIdentity, isReassignment: Bool)
    /// `after`: since the job was picked last; `nil` where nobody had.
    case proved(number: BatchNumber, prover: ProverIdentity, after: Duration?, kind: StoredProof.Kind)
    /// `file`: where the proof is kept.
    case rejected(number: BatchNumber, prover: ProverIdentity, ProofFault, file: String?)
    /// The verifier has looked at a proof, for so long.
    case checked(Duration)
    /// A prover asked for a job and holds as many as it, or provers at its address, may.
    case held(prover: ProverIdentity, jobs: Int)
    /// A proof that was stored without a verifier does not hold. Where its input is kept, the batch waits for a prover.
    case storedProofRefused(number: BatchNumber, ProofFault, isReopened: Bool)
    /// A refused proof could not be kept.
    case keepingFailed(String)
  }

  private struct Job {
    /// When it was handed out, in nanoseconds of the clock.
    var assignedAt: UInt64?
    /// To whom.
    var prover: ProverIdentity?
    /// Whose proof was refused last: it gets other jobs before this one.
    var refused: ProverIdentity?
    let addedAt: UInt64
  }

  private struct State {
    var jobs: [BatchNumber: Job] = [:]
    /// The last batch that was taken in.
    var last: BatchNumber
    var isClosed = false
  }

  private enum Choice {
    case job(BatchNumber, before: Job)
    case none
    case held(Int)
  }

  public let options: Options
  public let store: ProofStore
  private let verifier: any ProofVerifier
  private let refusals: RefusedProofs?
  private let now: @Sendable () -> UInt64
  private let notify: @Sendable (Event) -> Void
  private let state: Monitor<State>
  private let listeners = Mutex<[@Sendable () -> Void]>([])

  /// Finds the jobs of earlier runs in the store.
  ///
  /// - Parameters:
  ///   - refusals: keeps refused proofs; `nil` where nobody wants to see them.
  ///   - now: a monotonic clock, in nanoseconds.
  ///   - notify: is called on the thread where something happens and must be quick.
  public init(
    store: ProofStore, verifier: any ProofVerifier = FRIProofVerifier(), refusals: RefusedProofs? = nil,
    options: Options = Options(), now: @escaping @Sendable () -> UInt64 = { MonotonicClock.nanoseconds },
    notify: @escaping @Sendable (Event) -> Void = { _ in }
  ) throws(ProofStoreError) {
    self.store = store
    self.verifier = verifier
    self.refusals = refusals
    self.options = options
    self.now = now
    self.notify = notify
    let start = now()
    let jobs = try store.unproved().map { ($0, Job(addedAt: start)) }
    let last = try store.lastBatch()?.number ?? .genesis
    state = Monitor(State(jobs: Dictionary(uniqueKeysWithValues: jobs), last: last))
  }

  /// Whether proofs that are accepted are proofs beyond doubt.
  public var storesVerifiedProofs: Bool { verifier.isConclusive }

  /// Batches that wait for a proof, handed out or not.
  public var unprovedCount: Int { state.read { $0.jobs.count } }

  /// The last batch before which every one has a proof, the last one that there is, and whether a prover has a job.
  public var front: (proved: BatchNumber, last: BatchNumber, isAssigned: Bool) {
    state.read { state in
      let first = state.jobs.keys.min()
      let proved = first.map { BatchNumber($0.rawValue - min(1, $0.rawValue)) } ?? state.last
      return (proved, state.last, state.jobs.values.contains { $0.assignedAt != nil })
    }
  }

  /// How many batches wait for a proof, and for how long the oldest has.
  public struct Backlog: Sendable, Equatable {
    public var pending = 0
    public var assigned = 0
    /// Since it was taken in, or since the start of the process; zero where none waits.
    public var oldest: Duration = .zero
  }

  public var backlog: Backlog {
    let time = now(), timeout = options.timeout.nanoseconds
    return state.read { state in
      var backlog = Backlog()
      var first = time
      for job in state.jobs.values {
        if job.assignedAt.map({ $0 + timeout >= time }) ?? false { backlog.assigned += 1 } else { backlog.pending += 1 }
        first = min(first, job.addedAt)
      }
      backlog.oldest = .nanoseconds(time - first)
      return backlog
    }
  }

  /// From now on `listener` is told that there is another batch, or another proof; on the thread where that happens.
  public func onChange(_ listener: @escaping @Sendable () -> Void) { listeners.withLock { $0.append(listener) } }

  private func tellListeners() { for listener in listeners.withLock({ $0 }) { listener() } }

  // MARK: Intake

  /// Waits until there is room for another batch; false where the jobs were closed meanwhile.
  public func waitForRoom() -> Bool {
    state.wait { state in
      if state.isClosed { return false }
      return state.jobs.count < options.maxUnproved ? true : nil
    } ?? false
  }

  /// Takes in the next batch, which is then durable. It is the caller who waits for room.
  public func add(_ batch: Batch, input: ProverInput) throws(ProofStoreError) {
    try store.append(batch, input: input)
    let start = now()
    state.update { state in
      state.jobs[batch.number] = Job(addedAt: start)
      state.last = batch.number
    }
    tellListeners()
  }

  /// Lets nobody wait any more, for the end of the process. Jobs can still be picked and proofs submitted.
  public func close() { state.update { $0.isClosed = true } }

  // MARK: Provers

  /// Hands out the smallest number that is pending, or assigned for longer than the timeout. Whose proof was refused gets
  /// that job again only where there is no other.
  public func pick(_ prover: ProverIdentity) throws(ProofStoreError) -> Assignment? {
    while true {
      let time = now()
      let timeout = options.timeout.nanoseconds
      let choice = state.update { state -> Choice in
        func isAssigned(_ job: Job) -> Bool { job.assignedAt.map { $0 + timeout >= time } ?? false }
        let held = state.jobs.values.count { $0.prover?.name == prover.name && isAssigned($0) }
        if held >= options.maxPerProver { return .held(held) }
        if let client = prover.client {
          let held = state.jobs.values.count { $0.prover?.client == client && isAssigned($0) }
          if held >= options.maxPerAddress { return .held(held) }
        }
        let free = state.jobs.filter { _, job in !isAssigned(job) }
        let number = free.filter { $0.value.refused != prover }.keys.min() ?? free.keys.min()
        guard let number, let job = free[number] else { return .none }
        state.jobs[number]?.assignedAt = time
        state.jobs[number]?.prover = prover
        return .job(number, before: job)
      }
      let number: BatchNumber, before: Job
      switch choice {
      case .none: return nil
      case .held(let count):
        notify(.held(prover: prover, jobs: count))
        return nil
      case .job(let chosen, let job): (number, before) = (chosen, job)
      }
      let input: [UInt8]?
      do throws(ProofStoreError) { input = try store.input(number) } catch {
        state.update { state in if state.jobs[number] != nil { state.jobs[number] = before } }
        throw error
      }
      // A job whose input is gone was proved in this very moment.
      guard let input else { continue }
      notify(.picked(number: number, prover: prover, isReassignment: before.assignedAt != nil))
      return Assignment(number: number, input: input)
    }
  }

  /// Accepts a proof, which is durable then, or says why not. The job stays, in that case; it is free for others where the
  /// proof came from whom it was assigned to.
  ///
  /// - Parameter cancellation: ends a check that takes long.
  public func submit(
    _ number: BatchNumber, proof: [UInt8], prover: ProverIdentity, _ cancellation: Cancellation = Cancellation()
  ) throws(ProofSubmissionError) {
    guard state.read({ $0.jobs[number] != nil }) else { throw .unknownBatch(number) }
    let batch: Batch?
    do throws(ProofStoreError) { batch = try store.batch(number) } catch { throw .store(error) }
    guard let batch else { throw .store(.corrupt(column: "batches", number: number)) }
    do throws(ProofFault) { try check(proof, of: batch, cancellation) } catch {
      if error == .interrupted { throw .interrupted }
      free(number, refused: prover)
      notify(.rejected(number: number, prover: prover, error, file: keep(proof, of: number, from: prover, error)))
      throw .invalid(error)
    }
    let kind: StoredProof.Kind = verifier.isConclusive ? .fri : .friUnverified
    try accept(number, StoredProof(kind: kind, bytes: proof), prover: prover)
  }

  private func check(_ proof: [UInt8], of batch: Batch, _ cancellation: Cancellation) throws(ProofFault) {
    let start = now()
    defer { notify(.checked(.nanoseconds(Int64(clamping: now() - start)))) }
    try verifier.verify(proof, of: batch, cancellation)
  }

  /// Takes a job from the prover that sent what is no proof of it. Nobody can take one from somebody else.
  private func free(_ number: BatchNumber, refused prover: ProverIdentity) {
    guard !options.keepsRefused else { return }
    state.update { state in
      guard let holder = state.jobs[number]?.prover, holder.couldBe(prover) else { return }
      state.jobs[number]?.assignedAt = nil
      state.jobs[number]?.prover = nil
      state.jobs[number]?.refused = holder
    }
  }

  private func keep(
    _ proof: [UInt8], of number: BatchNumber, from prover: ProverIdentity, _ fault: ProofFault
  ) -> String? {
    do throws(FileError) { return try refusals?.keep(proof, of: number, from: prover, fault) } catch {
      notify(.keepingFailed("\(error)"))
      return nil
    }
  }

  /// Hands out every job that is free, in order, to one that proves nothing and so needs no input.
  ///
  /// - Parameter minimumAge: leaves alone what was taken in more recently.
  package func takeFree(_ prover: ProverIdentity, minimumAge: Duration) -> [BatchNumber] {
    let time = now(), timeout = options.timeout.nanoseconds, age = minimumAge.nanoseconds
    return state.update { state in
      let free = state.jobs.filter { _, job in
        job.addedAt + age <= time && !(job.assignedAt.map { $0 + timeout >= time } ?? false)
      }
      for number in free.keys {
        state.jobs[number]?.assignedAt = time
        state.jobs[number]?.prover = prover
      }
      return free.keys.sorted()
    }
  }

  /// Ends a job without proof, on chains that run without provers.
  func submitFake(_ number: BatchNumber, prover: ProverIdentity) throws(ProofSubmissionError) {
    try accept(number, StoredProof(kind: .fake, bytes: FakeProverPool.proof(number)), prover: prover)
  }

  private func accept(
    _ number: BatchNumber, _ proof: StoredProof, prover: ProverIdentity
  ) throws(ProofSubmissionError) {
    // Under the lock, so that of two proofs for one batch exactly one is accepted.
    let job = try state.update { (state) throws(ProofSubmissionError) -> Job in
      guard let job = state.jobs[number] else { throw .unknownBatch(number) }
      do throws(ProofStoreError) { try store.accept(proof, for: number) } catch { throw .store(error) }
      state.jobs[number] = nil
      return job
    }
    let after = job.assignedAt.map { Duration.nanoseconds(Int64(clamping: now() - $0)) }
    notify(.proved(number: number, prover: prover, after: after, kind: proof.kind))
    tellListeners()
  }

  // MARK: Proofs that were stored without a verifier

  /// What became of a stored proof that nobody had verified.
  enum StoredOutcome: Sendable {
    case verified
    /// It does not hold, and the batch waits for a prover again.
    case reopened
    /// It does not hold, and the batch's input is not kept: the proof stays, unverified.
    case lost
    /// There is no such proof any more.
    case gone
  }

  /// Verifies a stored proof that nobody has verified; `nil` where the check was interrupted.
  func verifyStored(_ number: BatchNumber, _ cancellation: Cancellation) throws(ProofStoreError) -> StoredOutcome? {
    guard let proof = try store.proof(number), proof.kind == .friUnverified, let batch = try store.batch(number) else {
      return .gone
    }
    do throws(ProofFault) { try check(proof.bytes, of: batch, cancellation) } catch {
      if error == .interrupted { return nil }
      let start = now()
      let isReopened = try state.update { (state) throws(ProofStoreError) -> Bool in
        guard try store.reopen(number) else { return false }
        state.jobs[number] = Job(addedAt: start)
        return true
      }
      _ = keep(proof.bytes, of: number, from: "stored", error)
      notify(.storedProofRefused(number: number, error, isReopened: isReopened))
      tellListeners()
      return isReopened ? .reopened : .lost
    }
    return try store.markVerified(number) ? .verified : .gone
  }

  // MARK: Looking

  /// All jobs by number.
  public var status: [Status] {
    let time = now()
    return state.read { state in
      state.jobs.map { number, job in
        Status(number: number, assignedFor: job.assignedAt.map { .nanoseconds(Int64(clamping: time - $0)) })
      }
    }.sorted { $0.number < $1.number }
  }
}
