import NIOCore
import Synchronization

/// The open connections of a server: counts them against the limits, finds room for new ones, and closes them in the end.
///
/// Where there is no room, the address with the most connections gives one up: the one that has waited longest for its
/// client, and if none waits the one that has been busy, or a WebSocket, for longest. A newcomer whose own address has
/// the most takes the place of one that waits, of its own address if that is at its limit. So nobody can keep others out,
/// and among connections of one address the silent ones make room.
final class ConnectionRegistry: Sendable {
  /// Why there was no room for a connection.
  private enum Refusal {
    /// As many as the server may have, and each has a better right.
    case full
    /// As many as one address may have, and all are busy.
    case address
  }

  private struct State {
    var places: [ObjectIdentifier: ConnectionPlace] = [:]
    var owners: [IPAddress: ConnectionOwner] = [:]
    /// The owners by the number of their connections, without those that are trusted.
    var bySize: [[ConnectionOwner]] = []
    /// All that wait for their clients, the longest first.
    var waiting = ConnectionPlace.List(.everybody)
    var isDraining = false
    var whenEmpty: CheckedContinuation<Void, Never>?
  }

  private let limits: HTTPServer.Limits
  private let state = Mutex(State())
  /// Connections for which there was no room, by the reason, and those that had to make room.
  let refusedAsFull = Atomic<Int>(0), refusedForAddress = Atomic<Int>(0), displaced = Atomic<Int>(0)

  init(_ limits: HTTPServer.Limits) { self.limits = limits }

  var count: Int { state.withLock { $0.places.count } }

  // MARK: Places

  /// Takes a connection in until it closes, and gives its place; `nil` where there is no room.
  func admit(_ channel: any Channel) -> ConnectionPlace? {
    let peer = channel.remoteAddress.flatMap { IPAddress($0) } ?? .unknown
    let place = ConnectionPlace(channel, peer: peer, in: self)
    let (outcome, victim) = state.withLock { state -> (Refusal?, ConnectionPlace?) in
      guard !state.isDraining else { return (.full, nil) }
      let owner = owner(of: peer, &state)
      var victim: ConnectionPlace?
      if let refusal = makeRoom(for: owner, &victim, &state) {
        forgetIfEmpty(owner, &state)
        return (refusal, nil)
      }
      state.places[place.id] = place
      add(place, to: owner, &state)
      wait(place, &state)
      return (nil, victim)
    }
    close(victim)
    if let outcome {
      refused(outcome)
      return nil
    }
    channel.closeFuture.whenComplete { _ in self.remove(place) }
    return place
  }

  /// Notes that a connection speaks for another client than before; false where that one may not have a further
  /// connection.
  fileprivate func identify(_ place: ConnectionPlace, as client: IPAddress) -> Bool {
    let (isAccepted, victim) = state.withLock { state -> (Bool, ConnectionPlace?) in
      guard state.places[place.id] != nil, let old = place.owner else { return (true, nil) }
      let owner = owner(of: client, &state)
      guard owner !== old else { return (true, nil) }
      var victim: ConnectionPlace?
      if isAtLimit(owner) {
        victim = owner.waiting.first
        guard let victim else { return (false, nil) }
        take(victim, &state)
      }
      let wasWaiting = place.isWaiting
      leave(place, &state)
      add(place, to: owner, &state)
      if wasWaiting { wait(place, &state) } else { work(place, &state) }
      return (true, victim)
    }
    close(victim)
    if !isAccepted { refused(.address) }
    return isAccepted
  }

  fileprivate func waits(_ place: ConnectionPlace) {
    state.withLock { state in
      guard place.owner != nil else { return }
      unlink(place, &state)
      wait(place, &state)
    }
  }

  fileprivate func works(_ place: ConnectionPlace) {
    state.withLock { state in
      guard place.owner != nil, place.isWaiting else { return }
      unlink(place, &state)
      work(place, &state)
    }
  }

  private func remove(_ place: ConnectionPlace) {
    let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
      take(place, &state)
      guard state.isDraining, state.places.isEmpty else { return nil }
      return state.whenEmpty.take()
    }
    waiting?.resume()
  }

  private func refused(_ reason: Refusal) {
    switch reason {
    case .full: refusedAsFull.add(1, ordering: .relaxed)
    case .address: refusedForAddress.add(1, ordering: .relaxed)
    }
  }

  private func close(_ victim: ConnectionPlace?) {
    guard let victim else { return }
    displaced.add(1, ordering: .relaxed)
    victim.channel.close(promise: nil)
  }

  // MARK: Room

  private func isAtLimit(_ owner: ConnectionOwner) -> Bool {
    !owner.isTrusted && owner.count >= limits.connectionsPerAddress
  }

  /// Makes room for one more connection of `owner`, at the cost of `victim` if need be; why not, where there is none.
  private func makeRoom(
    for owner: ConnectionOwner, _ victim: inout ConnectionPlace?, _ state: inout State
  ) -> Refusal? {
    if isAtLimit(owner) {
      guard let first = owner.waiting.first, hasWaitedEnough(first) else { return .address }
      victim = first
    } else if state.places.count >= limits.connections {
      // Who has the most gives one up, whatever it does; but two who have as many as each other do not take turns at it.
      let largest = state.bySize.last?.first
      if let largest, owner.isTrusted || largest.count > owner.count + 1 {
        victim = largest.waiting.first ?? largest.working.first
      } else {
        guard let first = state.waiting.first, hasWaitedEnough(first) else { return .full }
        victim = first
      }
      guard victim != nil else { return .full }
    }
    if let victim { take(victim, &state) }
    return nil
  }

  private func hasWaitedEnough(_ place: ConnectionPlace) -> Bool {
    place.waitingSince + limits.displacedAfter <= .now()
  }

  private func owner(of address: IPAddress, _ state: inout State) -> ConnectionOwner {
    let client = address.client
    if let owner = state.owners[client] { return owner }
    let isTrusted = limits.trustedAddresses.contains(address) || limits.trustedProxies.contains(address)
    let owner = ConnectionOwner(client, isTrusted: isTrusted)
    state.owners[client] = owner
    return owner
  }

  // MARK: Bookkeeping

  private func add(_ place: ConnectionPlace, to owner: ConnectionOwner, _ state: inout State) {
    place.owner = owner
    // It is forgotten where it just gave up its only connection.
    state.owners[owner.address] = owner
    resize(owner, by: 1, &state)
  }

  /// Takes the place out of everything.
  private func take(_ place: ConnectionPlace, _ state: inout State) {
    guard state.places.removeValue(forKey: place.id) != nil else { return }
    leave(place, &state)
  }

  private func leave(_ place: ConnectionPlace, _ state: inout State) {
    guard let owner = place.owner else { return }
    unlink(place, &state)
    place.owner = nil
    resize(owner, by: -1, &state)
    forgetIfEmpty(owner, &state)
  }

  private func forgetIfEmpty(_ owner: ConnectionOwner, _ state: inout State) {
    if owner.count == 0 { state.owners[owner.address] = nil }
  }

  private func resize(_ owner: ConnectionOwner, by change: Int, _ state: inout State) {
    defer { owner.count += change }
    guard !owner.isTrusted else { return }
    if owner.count > 0 {
      // The last of those of this size takes its place.
      let last = state.bySize[owner.count - 1].removeLast()
      if last !== owner {
        state.bySize[owner.count - 1][owner.index] = last
        last.index = owner.index
      }
    }
    let size = owner.count + change
    if size > 0 {
      while state.bySize.count < size { state.bySize.append([]) }
      owner.index = state.bySize[size - 1].count
      state.bySize[size - 1].append(owner)
    }
    while state.bySize.last?.isEmpty == true { state.bySize.removeLast() }
  }

  private func wait(_ place: ConnectionPlace, _ state: inout State) {
    place.waitingSince = .now()
    place.isWaiting = true
    place.owner?.waiting.append(place)
    state.waiting.append(place)
  }

  private func work(_ place: ConnectionPlace, _ state: inout State) {
    place.isWaiting = false
    place.owner?.working.append(place)
  }

  private func unlink(_ place: ConnectionPlace, _ state: inout State) {
    if place.isWaiting {
      place.owner?.waiting.remove(place)
      state.waiting.remove(place)
    } else {
      place.owner?.working.remove(place)
    }
  }

  // MARK: The end

  /// Lets requests in work go on for `patience`, then has them given up, and after `grace` closes what is left.
  func drain(grace: TimeAmount, patience: TimeAmount, on loop: any EventLoop) async {
    let open = state.withLock { state in
      state.isDraining = true
      return state.places.values.map(\.channel)
    }
    for channel in open { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    let impatience = loop.scheduleTask(in: patience) {
      for channel in self.openChannels { channel.pipeline.fireUserInboundEventTriggered(EndOfPatience()) }
    }
    let deadline = loop.scheduleTask(in: grace) {
      for channel in self.openChannels { channel.close(promise: nil) }
    }
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if state.places.isEmpty { return true }
        state.whenEmpty = continuation
        return false
      }
      if isEmpty { continuation.resume() }
    }
    impatience.cancel()
    deadline.cancel()
  }

  private var openChannels: [any Channel] { state.withLock { $0.places.values.map(\.channel) } }
}

/// Tells a connection of a server that ends that the request in work has had its time.
struct EndOfPatience {}

/// The connections of one address.
///
/// `@unchecked Sendable`: everything is touched under the lock of the registry.
private final class ConnectionOwner: @unchecked Sendable {
  let address: IPAddress
  /// Whether no limit holds for it.
  let isTrusted: Bool
  var count = 0
  /// Where it stands among those with as many.
  var index = 0
  var waiting = ConnectionPlace.List(.owner)
  /// Those with a request in work, and WebSockets.
  var working = ConnectionPlace.List(.owner)

  init(_ address: IPAddress, isTrusted: Bool) {
    self.address = address
    self.isTrusted = isTrusted
  }
}

/// The place of a connection in the registry: the connection tells it when it waits for its client, and who that is.
///
/// `@unchecked Sendable`: what is not constant is touched under the lock of the registry.
final class ConnectionPlace: @unchecked Sendable {
  fileprivate enum Order: Int { case owner, everybody }

  /// Places in an order, each in at most one list of a kind.
  fileprivate struct List {
    private let order: Int
    private(set) var first: ConnectionPlace?
    private var last: ConnectionPlace?

    init(_ order: Order) { self.order = order.rawValue }

    mutating func append(_ place: ConnectionPlace) {
      place.links[order].previous = last
      if let last { last.links[order].next = place } else { first = place }
      last = place
    }

    mutating func remove(_ place: ConnectionPlace) {
      let (previous, next) = place.links[order]
      if let previous { previous.links[order].next = next } else { first = next }
      if let next { next.links[order].previous = previous } else { last = previous }
      place.links[order] = (nil, nil)
    }
  }

  /// Where the connection comes from.
  let peer: IPAddress
  fileprivate let channel: any Channel
  fileprivate var id: ObjectIdentifier { ObjectIdentifier(self) }
  fileprivate var owner: ConnectionOwner?
  fileprivate var isWaiting = true
  fileprivate var waitingSince = NIODeadline.now()
  fileprivate var links: [(previous: ConnectionPlace?, next: ConnectionPlace?)] = [(nil, nil), (nil, nil)]
  private let registry: ConnectionRegistry

  fileprivate init(_ channel: any Channel, peer: IPAddress, in registry: ConnectionRegistry) {
    self.channel = channel
    self.peer = peer
    self.registry = registry
  }

  /// The connection waits for its client from now on.
  func beginWaiting() { registry.waits(self) }

  func endWaiting() { registry.works(self) }

  /// The connection speaks for `client` from now on; false where that one may have no further connection.
  func identify(as client: IPAddress) -> Bool { registry.identify(self, as: client) }
}
