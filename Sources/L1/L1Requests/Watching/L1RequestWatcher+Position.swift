import Files
import L1Client
import L1Contracts
import Primitives

// Finding L1, and the place on it from which to read.

extension L1RequestWatcher {
  /// The contracts, found once.
  func attached(_ progress: inout Progress) async throws(L1RequestError) -> L1Chain {
    if let chain = progress.chain { return chain }
    do throws(L1DiscoveryError) {
      let chain = try await L1Chain.discover(options.key, on: client)
      log.info(
        "requests are read from L1",
        metadata: ["l1ChainID": "\(chain.l1ChainID)", "contract": "\(chain.contract)"])
      progress.chain = chain
      return chain
    } catch { throw .discovery(error) }
  }

  /// Reads the queue from the disk, where there is one.
  func openIfThere() throws(RequestStoreError) {
    guard Files.exists(options.path) else { return }
    let store = try RequestStore(path: options.path)
    let refusal = try store.refusal
    // What waits must follow upon what is in blocks, without gaps.
    var id = queue.firstWaiting(queue.state.withLock { $0.next })
    var waiting: [QueuedRequest] = []
    while waiting.count < options.waiting, let request = try store.request(id) {
      waiting.append(request)
      id += 1
    }
    let conflict = try store.conflict
    queue.state.withLock {
      $0.refusal = refusal
      $0.conflict = conflict
    }
    queue.add(waiting)
    progress.withLock {
      $0.store = store
      $0.conflict = conflict
    }
  }

  /// The queue on the disk; an empty one where what is there comes from elsewhere.
  func opened(_ progress: inout Progress, _ chain: L1Chain) throws(L1RequestError) -> RequestStore {
    do throws(RequestStoreError) {
      let store: RequestStore
      if let open = progress.store { store = open } else { store = try RequestStore(path: options.path) }
      let origin = chain.l1ChainID.bigEndianBytes + Array(chain.contract.bytes)
      if try store.origin != origin {
        queue.retract(from: queue.state.withLock { $0.next })
        queue.state.withLock {
          $0.refusal = nil
          $0.conflict = nil
        }
        try store.reset(origin: origin)
        progress.cursor = nil
      }
      progress.store = store
      return store
    } catch { throw .store(error) }
  }

  /// Goes back to the newest request that stands on L1 as it was read, after a start or a reorganisation.
  func rewind(
    _ progress: inout Progress, _ chain: L1Chain, _ store: RequestStore, _ view: L1View
  ) async throws(L1RequestError) {
    let known = progress.cursor.map { (cursor: $0, change: heads.firstChange(since: progress.generation) ?? .max) }
    let next = queue.state.withLock { $0.next }
    var cursor = known.map { min($0.cursor, $0.change) }
    // The first request that is gone, and the one before it.
    var gone: UInt64?
    var newest = try asked { () throws(RequestStoreError) in try store.newest }
    while let request = newest {
      if let known, known.change > 0 {
        if request.block < known.change { break }
      } else if try await stands(request, view) {
        cursor = min(cursor ?? .max, request.block)
        break
      }
      gone = request.id
      newest = request.id == 0 ? nil : try asked { () throws(RequestStoreError) in try store.request(request.id - 1) }
    }
    let seen = newest.map { $0.id + 1 } ?? gone ?? firstWanted(next)
    if newest == nil, gone == nil, next > 1 { try await checkFirst(chain, view) }
    if cursor == nil || cursor == 0 { cursor = try await firstBlock(with: seen, chain, through: view.head.number) ?? 0 }
    if gone != nil { try forget(from: seen, next, store) }
    queue.retract(from: seen)
    queue.state.withLock { $0.seen = seen }
    progress.cursor = cursor
    progress.generation = view.generation
    progress.fewer = 0
  }

  /// Takes requests off the disk that are on L1 no longer. Those that are in blocks are kept, to be compared with what comes
  /// in their place.
  private func forget(from id: UInt64, _ next: UInt64, _ store: RequestStore) throws(L1RequestError) {
    var change = RequestStore.Change()
    change.removals = [max(id, next)..<UInt64.max]
    try asked { () throws(RequestStoreError) in try store.apply(change, sync: true) }
    guard id < next else { return }
    report.withLock { $0.missing = id..<next }
    log.warning("L1 was reorganised below requests that are in blocks", metadata: ["from": "\(id)"])
  }

  /// The first request that L1 is asked for: the next for a block, and the first of all where it is known beforehand, to
  /// find out whether L1 knows it, too.
  private func firstWanted(_ next: UInt64) -> UInt64 { queue.forced != nil && next <= 1 ? 0 : next }

  /// Finds out whether the first request of L1 is the one that the chain began with, where it is not read anyway.
  private func checkFirst(_ chain: L1Chain, _ view: L1View) async throws(L1RequestError) {
    guard let forced = queue.forced,
      let block = try await firstBlock(with: 0, chain, through: view.head.number), block <= view.head.number
    else { return }
    do throws(L1Error) {
      let logs = try await client.logs(of: chain.contract, topics: [ChainEvent.requestTopic], block...block)
      guard case .request(let request, _)?? = logs.first.map({ try? ChainEvent($0.log) }) else { return }
      report.withLock { $0.hasForeignFirst = request.nonce == 0 && request.hash != forced.hash }
    } catch { throw .l1(error) }
  }

  private func asked<R>(_ body: () throws(RequestStoreError) -> R) throws(L1RequestError) -> R {
    do throws(RequestStoreError) { return try body() } catch { throw .store(error) }
  }

  /// Brings into memory what waits on the disk, as far as there is room.
  func refill(_ store: RequestStore) throws(L1RequestError) {
    while true {
      let (id, isWanted) = queue.state.withLock { state in
        let id = queue.firstWaiting(state.next) + UInt64(state.waiting.count)
        return (
          id, id < state.seen && state.waiting.count < options.waiting && state.waitingBytes < options.waitingBytes
        )
      }
      guard isWanted, let request = try asked({ () throws(RequestStoreError) in try store.request(id) }) else { return }
      queue.add([request])
    }
  }

  /// Whether the block with a request is still the same.
  private func stands(_ request: QueuedRequest, _ view: L1View) async throws(L1RequestError) -> Bool {
    if let hash = heads.hash(of: request.block) { return hash == request.blockHash }
    guard request.block <= view.head.number else { return false }
    do throws(L1Error) {
      guard let block = try await client.block(.number(request.block)) else { throw L1Error.timedOut }
      return block.hash == request.blockHash
    } catch { throw .l1(error) }
  }

  /// How many requests the contract had counted after a block; `nil` where the node does not know so old a state.
  func count(_ chain: L1Chain, at block: UInt64) async throws(L1RequestError) -> UInt64? {
    do throws(L1Error) {
      return try await client.read(ChainCall.getTotalPriorityTxs, at: chain.contract, block: .number(block))
    } catch {
      switch error {
      case .refused, .unsupported: return nil
      // Before the contract was there.
      case .malformed: return 0
      default: throw .l1(error)
      }
    }
  }

  /// The block with the request with that id, the one after `last` where there is none yet; `nil` where old states are
  /// not to be had, and blocks have to be gone through.
  func firstBlock(
    with id: UInt64, _ chain: L1Chain, through last: UInt64
  ) async throws(L1RequestError) -> UInt64? {
    guard let newest = try await count(chain, at: last) else { return nil }
    guard newest > id else { return last + 1 }
    guard let oldest = try await count(chain, at: 0) else { return nil }
    if oldest > id { return 0 }
    var below: UInt64 = 0, above = last
    while above - below > 1 {
      let middle = below + (above - below) / 2
      guard let counted = try await count(chain, at: middle) else { return nil }
      if counted > id { above = middle } else { below = middle }
    }
    return above
  }
}
