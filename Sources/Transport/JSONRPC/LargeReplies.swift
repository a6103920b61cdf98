import Synchronization

/// Places beside the memory budget for answers that must not be refused for their size, such as a receipt with tens of
/// thousands of logs: nobody could ever read what is always too large.
///
/// There are few places, and a client has one at most. Who finds none waits in turn; what was written for it is forgotten
/// and written again when it has a place, so that waiting costs no memory.
final class LargeReplies: Sendable {
  /// A place, for as long as it lives: until the client has taken the answer.
  final class Claim: Sendable {
    private let places: LargeReplies
    private let client: RPCClient

    fileprivate init(_ places: LargeReplies, _ client: RPCClient) {
      self.places = places
      self.client = client
    }

    deinit { places.release(client) }
  }

  private struct Waiter: Sendable {
    let ticket: UInt64
    let client: RPCClient
    let body: @Sendable (Claim) -> Void
  }

  private struct State {
    var holders: Set<RPCClient> = []
    var queue: [Waiter] = []
    var lastTicket: UInt64 = 0
  }

  /// Over a WebSocket an answer beyond this takes a place too, where there is one: the connection's own backlog is not
  /// made for more.
  static let webSocketBytes = 8 << 20

  private let count: Int
  private let state = Mutex(State())

  init(count: Int = 2) { self.count = count }

  /// Clients that wait for a place.
  var waiting: Int { state.withLock { $0.queue.count } }

  /// A place, where there is one.
  func claim(for client: RPCClient) -> Claim? {
    let isFree = state.withLock { state in
      guard state.holders.count < count, !state.holders.contains(client) else { return false }
      state.holders.insert(client)
      return true
    }
    return isFree ? Claim(self, client) : nil
  }

  /// A ticket with which to wait, and to stop waiting.
  func nextTicket() -> UInt64 {
    state.withLock { state in
      state.lastTicket += 1
      return state.lastTicket
    }
  }

  /// Calls `body` with a place once there is one, from the thread that gives it up: perhaps at once.
  func wait(_ ticket: UInt64, for client: RPCClient, _ body: @escaping @Sendable (Claim) -> Void) {
    state.withLock { $0.queue.append(Waiter(ticket: ticket, client: client, body: body)) }
    callNext()
  }

  /// Waits no longer; false where the place was given already, or is not waited for yet.
  func withdraw(_ ticket: UInt64) -> Bool {
    state.withLock { state in
      guard let index = state.queue.firstIndex(where: { $0.ticket == ticket }) else { return false }
      state.queue.remove(at: index)
      return true
    }
  }

  private func release(_ client: RPCClient) {
    state.withLock { _ = $0.holders.remove(client) }
    callNext()
  }

  private func callNext() {
    let next = state.withLock { state -> Waiter? in
      guard state.holders.count < count else { return nil }
      guard let index = state.queue.firstIndex(where: { !state.holders.contains($0.client) }) else { return nil }
      let next = state.queue.remove(at: index)
      state.holders.insert(next.client)
      return next
    }
    if let next { next.body(Claim(self, next.client)) }
  }
}
