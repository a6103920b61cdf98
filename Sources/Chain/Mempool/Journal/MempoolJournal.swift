import Concurrency
import Files
import Glibc
import Logging
import Synchronization
import Telemetry
import Transactions

/// Lets the mempool outlive the process: what it admits is appended to a file, and given to it again at the next start,
/// where it is validated like anything new.
///
/// What leaves the pool is not taken out of the file. Once that has grown to more than twice what it was, a new one is begun,
/// which takes what is admitted from then on; everything that waits is copied into it, and the old one removed. After a kill
/// there may be both; what is in both is known already when it comes the second time.
///
/// A journal that cannot be written is off: the log and the health say so, the pool goes on without, and a new file is
/// tried from time to time.
public final class MempoolJournal: Service {
  /// Where the journal is, and what it may take.
  public struct Options: Sendable {
    /// Holds the files, and nothing else.
    public var folder: String
    /// Bytes of the files together.
    public var maxBytes = 512 << 20
    /// Time between two attempts to begin a file where the last one failed.
    public var retry = Duration.seconds(10)

    public init(folder: String) { self.folder = folder }
  }

  private struct State {
    /// What is appended to; `nil` while the journal is off.
    var segment: JournalSegment?
    var failure: JournalFailure?
    /// The number of the next segment.
    var nextNumber: UInt64 = 1
    /// Bytes at which the segment is made anew.
    var rewriteBytes = 0
    /// Whether the thread was told to.
    var isRewriteDue = false
    var isStopping = false
    var thread: ServiceThread?
  }

  /// A file that has grown by less is not worth making anew.
  private static let leastGrowth = 16 << 20
  /// Bytes that one `write` appends while a segment is made anew.
  private static let copyBytes = 256 << 10
  /// Transactions whose signatures are recovered at once.
  private static let recoveredAtOnce = 4_096

  public let name = "mempool_journal"
  private let pool: Mempool
  private let options: Options
  private let metrics: MempoolJournalMetrics
  private let log = Logger(label: "mempool_journal")
  private let state = Mutex(State())
  private let news = Signal()
  /// Held by whoever makes the file anew.
  private let rewriting = Mutex<Void>(())
  /// Of the folder, locked.
  private let lockedFolder = Mutex<Int32>(-1)

  public init(_ pool: Mempool, options: Options, registry: MetricsRegistry) {
    self.pool = pool
    self.options = options
    metrics = MempoolJournalMetrics(registry)
  }

  /// Where its files are.
  public var folder: String { options.folder }

  /// Bytes that one segment may take: there are two while one is made anew.
  private var segmentBytes: Int { options.maxBytes / 2 }

  // MARK: Life

  /// Gives the pool what the last process left, and begins to write down what it admits. The accounts can be read, and
  /// nothing else is admitted yet.
  public func start() async throws {
    let descriptor = open(options.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      close(descriptor)
      throw MempoolJournalError.inUse(path: options.folder)
    }
    lockedFolder.withLock { $0 = descriptor }
    let old = segmentsInFolder()
    restore(old)
    state.withLock { $0.nextNumber = (old.last?.number ?? 0) &+ 1 }
    rewrite()
    pool.onAdmission { [weak self] in self?.append($0) }
    let thread = ServiceThread { [self] in run() }
    state.withLock { $0.thread = thread }
  }

  /// Ends the thread; what was admitted is in the file.
  public func stop() async {
    let thread = state.withLock { state in
      state.isStopping = true
      defer { state.thread = nil }
      return state.thread
    }
    news.notify()
    thread?.join()
    state.withLock { state in
      state.segment?.sync()
      state.segment?.close()
      state.segment = nil
    }
    lockedFolder.withLock { folder in
      if folder >= 0 { close(folder) }
      folder = -1
    }
  }

  public var health: Health {
    guard let failure = state.withLock({ $0.failure }) else { return .ready }
    return .degraded("transactions that wait are not written down, and end with the process: \(failure)")
  }

  /// Makes the file anew from what waits: what else it has must not come back.
  public func refresh() { rewrite() }

  // MARK: Writing

  private func append(_ transaction: RecoveredTransaction) {
    guard let frame = JournalSegment.frame(transaction.transaction.envelope) else { return }
    let (failure, isDue) = state.withLock { state -> (JournalFailure?, Bool) in
      guard state.segment != nil else { return (nil, false) }
      if let failure = append(frame, &state) { return (failure, false) }
      let isDue = !state.isRewriteDue && state.segment.map { $0.byteCount >= state.rewriteBytes } ?? false
      if isDue { state.isRewriteDue = true }
      return (nil, isDue)
    }
    if let failure { turnedOff(failure) }
    if isDue { news.notify() }
  }

  /// Appends frames, or turns the journal off.
  private func append(_ frames: [UInt8], _ state: inout State) -> JournalFailure? {
    do throws(JournalFailure) {
      if (state.segment?.byteCount ?? 0) + frames.count > segmentBytes { throw .full(bytes: segmentBytes) }
      try state.segment?.append(frames)
      metrics.bytes.set(state.segment?.byteCount ?? 0)
      return nil
    } catch {
      // The file stays: what it has is more than nothing.
      state.segment?.close()
      state.segment = nil
      state.failure = error
      metrics.off.set(1)
      return error
    }
  }

  private func turnedOff(_ failure: JournalFailure) {
    log.error(
      "the mempool's journal is off: transactions that wait end with the process", metadata: ["reason": "\(failure)"])
  }

  private func run() {
    while true {
      let generation = news.generation
      let (isStopping, isDue, isOff) = state.withLock { ($0.isStopping, $0.isRewriteDue, $0.segment == nil) }
      if isStopping { return }
      if isDue {
        rewrite()
        continue
      }
      guard isOff else {
        news.wait(after: generation)
        continue
      }
      news.wait(after: generation, until: MonotonicClock.nanoseconds + options.retry.nanoseconds)
      if !state.withLock({ $0.isStopping }) { rewrite() }
    }
  }

  /// Begins a segment, copies into it what waits, and removes the old ones. Where that fails, they stay.
  private func rewrite() { rewriting.withLock { _ in rewrite(replacing: segmentsInFolder().map(\.path)) } }

  /// - Parameter old: the one that was written to until now is among them.
  private func rewrite(replacing old: [String]) {
    let (before, path, failure) = state.withLock { state -> (JournalFailure?, String?, JournalFailure?) in
      let before = state.failure
      state.isRewriteDue = false
      state.rewriteBytes = .max
      do throws(JournalFailure) {
        let segment = try JournalSegment(state.nextNumber, in: options.folder)
        state.nextNumber += 1
        state.segment?.close()
        state.segment = segment
        state.failure = nil
        return (before, segment.path, nil)
      } catch {
        // Where there is a segment, it goes on as long as it can.
        if state.segment == nil {
          state.failure = error
          metrics.off.set(1)
        }
        return (before, nil, error)
      }
    }
    if let failure = failure ?? copy() {
      if let path { unlink(path) }
      // Said once, not with each attempt.
      if before == nil, state.withLock({ $0.segment == nil }) { turnedOff(failure) }
      return
    }
    for path in old { unlink(path) }
    let isOn = state.withLock { state in
      // What came meanwhile may have filled the new one.
      guard let segment = state.segment else { return false }
      let limit = segmentBytes / 4 * 3
      state.rewriteBytes = segment.byteCount < limit ? min(2 * segment.byteCount + Self.leastGrowth, limit) : .max
      metrics.off.set(0)
      return true
    }
    metrics.rewrites.increment()
    if isOn, before != nil { log.info("the mempool's journal is on again") }
  }

  /// Appends what waits to the new segment.
  private func copy() -> JournalFailure? {
    let content = pool.content(of: nil)
    var frames: [UInt8] = []
    func flush() -> JournalFailure? {
      defer { frames.removeAll(keepingCapacity: true) }
      return state.withLock { state in state.segment == nil ? state.failure : append(frames, &state) }
    }
    for transactions in [content.executable, content.parked] {
      for transaction in transactions {
        if let frame = JournalSegment.frame(transaction.transaction.envelope) { frames += frame }
        if frames.count >= Self.copyBytes, let failure = flush() { return failure }
      }
    }
    if let failure = flush() { return failure }
    // Before the old ones go.
    state.withLock { $0.segment }?.sync()
    return nil
  }

  // MARK: Reading

  private func segmentsInFolder() -> [(number: UInt64, path: String)] {
    let paths = (try? Files.below(options.folder, suffix: "")) ?? []
    return paths.compactMap { path in
      guard let slash = path.lastIndex(of: "/") else { return nil }
      return JournalSegment.number(ofName: path[path.index(after: slash)...]).map { (number: $0, path: path) }
    }.sorted { $0.number < $1.number }
  }

  /// Gives the pool what stands in the files, as far as it can be read and the pool takes it.
  private func restore(_ segments: [(number: UInt64, path: String)]) {
    var tally = Tally()
    for segment in segments {
      do throws(JournalFailure) {
        var reader = try SegmentReader(segment.path)
        guard try reader.hasMagic() else {
          cut(segment.path, bytes: reader.unreadBytes, reason: "it is no journal that this program can read")
          continue
        }
        var envelopes: [[UInt8]] = []
        while let envelope = try reader.next() {
          envelopes.append(envelope)
          if envelopes.count == Self.recoveredAtOnce {
            admit(envelopes, &tally)
            envelopes.removeAll(keepingCapacity: true)
          }
        }
        admit(envelopes, &tally)
        if reader.unreadBytes > 0 {
          cut(segment.path, bytes: reader.unreadBytes, reason: "an entry is cut off or damaged")
        }
      } catch {
        log.error("the mempool's journal cannot be read", metadata: ["reason": "\(error)"])
      }
    }
    guard tally.admitted + tally.refused > 0 else { return }
    log.info(
      "the mempool has what waited in the last process",
      metadata: [
        "admitted": "\(tally.admitted)", "refused": "\(tally.refused)", "firstReason": "\(tally.firstReason ?? "none")",
      ])
  }

  private func cut(_ path: String, bytes: Int, reason: String) {
    guard bytes > 0 else { return }
    metrics.cut.increment(by: UInt64(bytes))
    log.warning(
      "the end of the mempool's journal is cut off, and what stood there is lost",
      metadata: ["path": "\(path)", "bytes": "\(bytes)", "reason": "\(reason)"])
  }

  /// What became of the transactions of a journal.
  private struct Tally {
    var admitted = 0
    var refused = 0
    var firstReason: String?

    mutating func refuse(_ reason: String) {
      refused += 1
      if firstReason == nil { firstReason = reason }
    }
  }

  private func admit(_ envelopes: [[UInt8]], _ tally: inout Tally) {
    for recovered in Self.recover(envelopes) {
      switch recovered {
      case .success(let transaction):
        do throws(MempoolError) { try pool.add(transaction) } catch {
          // Both files of a journal that was being made anew had it.
          if error == .alreadyKnown { continue }
          tally.refuse("\(error)")
          metrics.refused.increment()
          continue
        }
        tally.admitted += 1
        metrics.admitted.increment()
      case .failure(let error):
        tally.refuse("\(error)")
        metrics.refused.increment()
      }
    }
  }

  /// The transactions in their order, with their senders: what takes long, on all processors.
  private static func recover(_ envelopes: [[UInt8]]) -> [Result<RecoveredTransaction, TransactionError>] {
    let share = 64
    let shares = (envelopes.count + share - 1) / share
    let results = Mutex<[Int: [Result<RecoveredTransaction, TransactionError>]]>([:])
    inParallel(shares, threads: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) { index in
      let part = envelopes[(index * share)..<min((index + 1) * share, envelopes.count)].map { envelope in
        Result { () throws(TransactionError) in
          // As whoever takes transactions from clients does: what L1 requests comes from L1.
          let transaction = try Transaction(envelope: envelope)
          if case .request = transaction { throw TransactionError.unsupportedType(envelope[0]) }
          return try RecoveredTransaction(transaction)
        }
      }
      results.withLock { $0[index] = part }
    }
    return results.withLock { results in (0..<shares).flatMap { results[$0] ?? [] } }
  }
}
