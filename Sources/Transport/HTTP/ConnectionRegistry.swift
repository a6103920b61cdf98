import NIOCore
import Synchronization

/// The open connections of a server: counts them against the limit, and closes them in the end.
///
/// Silent connections cannot keep others out: at the limit, a new one displaces the one that has waited longest for its
/// client.
final class ConnectionRegistry: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: (channel: any Channel, wait: ClientWait)] = [:]
    var isDraining = false
    var whenEmpty: CheckedContinuation<Void, Never>?
  }

  private let limit: Int
  /// Connections for which there was no room.
  let refused = Atomic<Int>(0)
  private let displacedAfter: TimeAmount
  private let state = Mutex(State())

  init(limit: Int, displacedAfter: TimeAmount) {
    self.limit = limit
    self.displacedAfter = displacedAfter
  }

  var count: Int { state.withLock { $0.channels.count } }

  /// Takes the connection in until it closes, and gives what records its waiting; `nil` where there is no room.
  func admit(_ channel: any Channel) -> ClientWait? {
    let id = ObjectIdentifier(channel)
    let wait = ClientWait()
    let (isAdmitted, displaced) = state.withLock { state -> (Bool, (any Channel)?) in
      guard !state.isDraining else { return (false, nil) }
      var displaced: (any Channel)?
      if state.channels.count >= limit {
        guard let longest = longestWaiting(state) else { return (false, nil) }
        displaced = state.channels.removeValue(forKey: longest)?.channel
      }
      state.channels[id] = (channel, wait)
      return (true, displaced)
    }
    displaced?.close(promise: nil)
    guard isAdmitted else {
      refused.add(1, ordering: .relaxed)
      return nil
    }
    channel.closeFuture.whenComplete { _ in self.remove(id) }
    return wait
  }

  /// The connection that has waited longest for its client, if that is long enough.
  private func longestWaiting(_ state: borrowing State) -> ObjectIdentifier? {
    let latest = (NIODeadline.now() - displacedAfter).uptimeNanoseconds
    var longest: (id: ObjectIdentifier, since: UInt64)?
    for (id, connection) in state.channels {
      if let since = connection.wait.since, since <= latest, since < longest?.since ?? .max { longest = (id, since) }
    }
    return longest?.id
  }

  private func remove(_ id: ObjectIdentifier) {
    let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.channels[id] = nil
      guard state.isDraining, state.channels.isEmpty else { return nil }
      return state.whenEmpty.take()
    }
    waiting?.resume()
  }

  /// Lets requests in work go on for `patience`, then has them given up, and after `grace` closes what is left.
  func drain(grace: TimeAmount, patience: TimeAmount, on loop: any EventLoop) async {
    let open = state.withLock { state in
      state.isDraining = true
      return state.channels.values.map(\.channel)
    }
    for channel in open { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    let impatience = loop.scheduleTask(in: patience) {
      for channel in self.state.withLock({ $0.channels.values.map(\.channel) }) {
        channel.pipeline.fireUserInboundEventTriggered(EndOfPatience())
      }
    }
    let deadline = loop.scheduleTask(in: grace) {
      for channel in self.state.withLock({ $0.channels.values.map(\.channel) }) { channel.close(promise: nil) }
    }
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if state.channels.isEmpty { return true }
        state.whenEmpty = continuation
        return false
      }
      if isEmpty { continuation.resume() }
    }
    impatience.cancel()
    deadline.cancel()
  }
}

/// Tells a connection of a server that ends that the request in work has had its time.
struct EndOfPatience {}

/// Since when a connection has waited for its client: written by the connection, read by whoever needs its place.
final class ClientWait: Sendable {
  /// Nanoseconds of the monotonic clock; 0 while it does not wait.
  private let start = Atomic<UInt64>(NIODeadline.now().uptimeNanoseconds)

  var since: UInt64? {
    let start = start.load(ordering: .relaxed)
    return start == 0 ? nil : start
  }

  func begin() { start.store(NIODeadline.now().uptimeNanoseconds, ordering: .relaxed) }

  func end() { start.store(0, ordering: .relaxed) }
}
