import ChainStorage
import Concurrency
import Primitives
import Transactions
import ZKsyncOS

/// Records on their way from the feed to execution: decoded, and their signatures verified, by several threads ahead of the
/// one that executes them in their order.
///
/// What lies in it is bounded in bytes: who feeds it waits. The parts of a block are verified side by side, so that a single
/// large one takes no longer than it must.
package final class RecordPipeline: Sendable {
  /// A record whose transactions were sent by whom it says.
  package struct Prepared: Sendable {
    package var record: ReplayRecord
    /// Whether the record has the hashes of the blocks before it; otherwise they are the chain's.
    var hasBlockHashes: Bool
  }

  private struct Entry {
    let source: RawRecord
    var isTaken = false
    var record: Prepared?
    /// Signatures from here on are verified by nobody yet.
    var nextSignature = 0
    /// Parts that are being verified.
    var pending = 0
    var fault: FeedRefusal?

    /// Whether nobody has anything to begin with it any more.
    var isHandedOut: Bool {
      fault != nil || record.map { nextSignature == $0.record.transactions.count } ?? false
    }

    var isReady: Bool { pending == 0 && isHandedOut }
  }

  private struct State {
    /// By their place since the beginning.
    var entries: [Int: Entry] = [:]
    /// The places of the next to be received, of the first that is not handed out entirely, and of the next to come.
    var first = 0
    var handed = 0
    var end = 0
    var bytes = 0
    var isClosed = false
  }

  private enum Work {
    case decode(place: Int, RawRecord)
    case verify(place: Int, [RecoveredTransaction])
  }

  /// Signatures that one thread verifies at a time: some milliseconds.
  private static let part = 32
  /// Records at a time.
  private static let maxRecords = 4_096

  private let maxBytes: Int
  private let state = Monitor(State())

  package init(maxBytes: Int) { self.maxBytes = maxBytes }

  /// Bytes that wait or are worked on.
  package var byteCount: Int { state.read { $0.bytes } }

  /// Takes the next record; waits while there is no room. False once the pipeline is closed.
  package func send(_ record: RawRecord) -> Bool {
    state.wait { state -> Bool? in
      if state.isClosed { return false }
      let waiting = state.end - state.first
      guard waiting == 0 || state.bytes + record.value.count <= maxBytes && waiting < Self.maxRecords else {
        return nil
      }
      state.bytes += record.value.count
      state.entries[state.end] = Entry(source: record)
      state.end += 1
      return true
    } ?? false
  }

  /// The next record in order, with nothing left to verify; `nil` once the pipeline is closed.
  package func receive() throws(FeedRefusal) -> Prepared? {
    let result = state.wait { state -> Result<Prepared?, FeedRefusal>? in
      if state.isClosed { return .success(nil) }
      guard let entry = state.entries[state.first], entry.isReady else { return nil }
      state.entries[state.first] = nil
      state.first += 1
      state.handed = max(state.handed, state.first)
      state.bytes -= entry.source.value.count
      if let fault = entry.fault { return .failure(fault) }
      return entry.record.map { .success($0) }
    }
    return try result?.get() ?? nil
  }

  /// Ends everything: what was not received is forgotten.
  package func close() { state.update { $0.isClosed = true } }

  // MARK: The threads that prepare

  /// Decodes and verifies until the pipeline is closed.
  package func prepare() {
    while let work = nextWork() {
      switch work {
      case .decode(let place, let source):
        let result = Self.decode(source)
        change(place) { entry in
          switch result {
          case .success(let record): entry.record = record
          case .failure(let fault): entry.fault = fault
          }
        }
      case .verify(let place, let transactions):
        let fault = Self.fault(in: transactions)
        change(place) { entry in
          entry.pending -= 1
          if let fault, entry.fault == nil { entry.fault = fault }
        }
      }
    }
  }

  private func change(_ place: Int, _ body: (inout Entry) -> Void) {
    state.update { state in
      guard var entry = state.entries[place] else { return }
      body(&entry)
      state.entries[place] = entry
    }
  }

  /// The first thing that can be done: what is executed first is verified first.
  private func nextWork() -> Work? {
    let work = state.wait { state -> Work?? in
      if state.isClosed { return .some(nil) }
      while state.handed < state.end, state.entries[state.handed]?.isHandedOut ?? true { state.handed += 1 }
      // Only what is being decoded is passed over.
      for place in state.handed..<max(state.handed, state.end) {
        guard var entry = state.entries[place], !entry.isHandedOut else { continue }
        guard let record = entry.record?.record else {
          if entry.isTaken { continue }
          state.entries[place]?.isTaken = true
          return .decode(place: place, entry.source)
        }
        let begin = entry.nextSignature
        entry.nextSignature = min(begin + Self.part, record.transactions.count)
        entry.pending += 1
        state.entries[place] = entry
        return .verify(place: place, Array(record.transactions[begin..<entry.nextSignature]))
      }
      return nil
    }
    return work ?? nil
  }

  private static func decode(_ source: RawRecord) -> Result<Prepared, FeedRefusal> {
    do throws(StorageError) {
      // Whose hashes are not in it gets those of this chain when it is executed.
      let record = try source.decoded(parentHash: .zero)
      return .success(Prepared(record: record, hasBlockHashes: try source.holdsBlockHashes()))
    } catch {
      return .failure(FeedRefusal(block: source.number, "its record cannot be read: \(error)"))
    }
  }

  /// What is wrong with who is said to have sent these.
  private static func fault(in transactions: [RecoveredTransaction]) -> FeedRefusal? {
    for given in transactions {
      let sender: Address?
      switch given.transaction {
      case .request(let request): sender = request.from
      case .signed: sender = try? RecoveredTransaction(given.transaction).sender
      }
      if sender != given.sender {
        return FeedRefusal(block: 0, "transaction \(given.hash) was not sent by \(given.sender)")
      }
    }
    return nil
  }
}

/// Why a record is not executed.
package struct FeedRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  /// 0 where the text says enough.
  package var block: UInt64
  package var reason: String

  init(block: UInt64, _ reason: String) {
    self.block = block
    self.reason = reason
  }

  package var description: String { block == 0 ? reason : "block \(block): \(reason)" }
}
