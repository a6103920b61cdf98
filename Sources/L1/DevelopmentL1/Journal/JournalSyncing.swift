import Concurrency
import Synchronization

/// Makes the journal outlast the machine, a moment behind: whoever sends to a development chain does not wait for the disk.
/// A killed process loses nothing by that; a machine that loses its power may lose the last second.
final class JournalSyncing: Sendable {
  private static let pause: UInt64 = 1_000_000_000
  private let chain: DevelopmentChain
  private let isStopping = Atomic<Bool>(false)
  private let wake = Signal()
  private let thread = Mutex<ServiceThread?>(nil)

  init(_ chain: DevelopmentChain) { self.chain = chain }

  func start() {
    guard chain.journal != nil else { return }
    thread.withLock { $0 = ServiceThread { [self] in run() } }
  }

  func stop() {
    isStopping.store(true, ordering: .relaxed)
    wake.notify()
    thread.withLock { $0 }?.join()
  }

  private func run() {
    var synced: UInt64 = 0
    while !isStopping.load(ordering: .relaxed) {
      let generation = wake.generation
      wake.wait(after: generation, until: MonotonicClock.nanoseconds + Self.pause)
      guard let journal = chain.journal, journal.length != synced else { continue }
      synced = journal.length
      do throws(JournalError) { try journal.sync() } catch {
        chain.log.error("the journal cannot be made durable", metadata: ["error": "\(error)"])
      }
    }
  }
}
