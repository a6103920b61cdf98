import Concurrency
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// One HTTP connection: gathers a request, hands it to the service, writes the response; one at a time and in order.
///
/// Everything here happens on the connection's event loop. NIO's pipeline handler below holds back the next request until
/// the response to the last has been written, so there is never more than one here; this handler in turn holds a request
/// back while the client does not take what was written for it, so that neither fast senders nor slow readers make the
/// process grow. The rest of a body is not read while the server's memory is spent.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler, @unchecked Sendable {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    /// Between requests.
    case idle
    /// A head has come, the rest of the request not yet.
    case receiving
    /// A request is whole and waits until the channel can be written to.
    case ready
    /// The service has the request.
    case answering
    /// A response was given before the request was whole. What still comes is dropped, for a while.
    case discarding
  }

  private let service: any HTTPService
  private let limits: HTTPServer.Limits
  let memory: MemoryBudget
  private let access: HTTPAccess
  private let channel: any Channel
  private let place: ConnectionPlace
  private let identity: ClientIdentity
  /// Who sent the request.
  private(set) var client: IPAddress
  /// Whether that is one for whom no limits of a single client hold.
  private(set) var isTrusted: Bool
  /// What the service keeps for the connection.
  var note: (any Sendable)?
  private var context: ChannelHandlerContext?

  private var state = State.idle {
    didSet {
      switch state {
      case .idle, .receiving: place.beginWaiting()
      case .ready, .answering, .discarding: place.endWaiting()
      }
    }
  }
  private var head: HTTPRequestHead?
  private var body: ByteBuffer?
  /// Bytes that the body will have, where its head says so.
  private var announced: Int?
  /// Bytes of the body, whoever has it, until the response is given.
  private var held = 0
  /// Numbers the requests, so that a late reply finds its request gone.
  private var request: UInt64 = 0
  /// Told when the work on the request is to be given up.
  private var abandon: (@Sendable (Cancellation.Reason) -> Void)?
  /// Whether the response has begun and is not whole; and whether the connection closes with its end.
  private var isStreaming = false, closesAfterStream = false
  private var isDriving = false
  private var needsFlush = false

  private var deadline = NIODeadline.distantFuture
  private var timer: Scheduled<Void>?
  private var timerDeadline = NIODeadline.distantFuture
  /// When the request must be whole.
  private var requestDeadline = NIODeadline.distantFuture

  /// Waits until there is memory for more of a body: since when, until when, and by which ticket.
  private var memoryWait: (since: NIODeadline, until: NIODeadline)?
  private var memoryTicket: UInt64?
  /// How long the request has waited for memory before. A little room now and then does not buy it more time.
  private var memoryWaited = TimeAmount.zero

  init(
    service: any HTTPService, limits: HTTPServer.Limits, memory: MemoryBudget, access: HTTPAccess,
    channel: any Channel, place: ConnectionPlace
  ) {
    self.memory = memory
    self.place = place
    identity = ClientIdentity(peer: place.peer, proxies: limits.trustedProxies)
    client = place.peer.client
    isTrusted = limits.trustedAddresses.contains(place.peer)
    self.service = service
    self.limits = limits
    self.access = access
    self.channel = channel
  }

  // MARK: Life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    expire(after: limits.idleTime)
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    context = nil
    abandon?(.clientGone)
    abandon = nil
    release()
    stopWaitingForMemory()
    // A WebSocket connection goes on without this handler; its pings decide how long.
    place.endWaiting()
    request &+= 1
    timer?.cancel()
    timer = nil
    deadline = .distantFuture
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A request for a WebSocket that is refused comes here as a request, and is answered.
    if !(error is NIOWebSocketUpgradeError) { context.close(promise: nil) }
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): begin(head)
    case .body(let part): append(part)
    case .end:
      switch state {
      case .receiving:
        state = .ready
        drive()
      case .discarding: context.close(promise: nil)
      case .idle, .ready, .answering: break
      }
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if state == .receiving {
      requestDeadline = min(requestDeadline, .now() + limits.requestTime)
      expire(at: min(deadline, requestDeadline))
    }
    flushIfNeeded()
    context.fireChannelReadComplete()
  }

  private func begin(_ head: HTTPRequestHead) {
    self.head = head
    body = nil
    state = .receiving
    requestDeadline = .distantFuture
    if let refusal = HTTPRules.refusal(of: head, offersWebSocket: service.offersWebSocket, access: access) {
      return refuse(refusal)
    }
    guard identify(head.headers) else { return refuse(Self.tooManyConnections) }
    let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    if length > limits.bodyBytes { return refuseBody() }
    announced = length > 0 ? length : nil
    memoryWaited = .zero
    if head.headers.first(name: "expect")?.lowercased() == "100-continue", length > 0 {
      context?.writeAndFlush(
        wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
    }
  }

  /// Notes for whom the connection speaks; false where that client may have no further connection.
  func identify(_ headers: HTTPHeaders) -> Bool {
    let address = identity.client(headers), client = address.client
    guard client != self.client else { return true }
    self.client = client
    isTrusted = limits.trustedAddresses.contains(address)
    return place.identify(as: address)
  }

  private static let tooManyConnections = HTTPResponse.text(
    .tooManyRequests, "Too many connections. Please try again later.\r\n")

  private func append(_ part: ByteBuffer) {
    guard state == .receiving else { return }
    var part = part
    guard (body?.readableBytes ?? 0) + part.readableBytes <= limits.bodyBytes else { return refuseBody() }
    held += part.readableBytes
    memory.take(part.readableBytes)
    if body == nil {
      body = part
    } else {
      // Room for all of it at once: growing piece by piece would take up to twice as much, and pages that nothing has
      // come for cost nothing.
      if let announced, held > MemoryBudget.untouched { body?.reserveCapacity(announced) }
      body?.writeBuffer(&part)
    }
  }

  private func refuseBody() { refuse(service.refusal(ofBodyBeyond: limits.bodyBytes)) }

  /// Answers before the body is there. The client may be writing still: what it writes is dropped for a second, as
  /// closing at once would reset the connection under the answer.
  private func refuse(_ refusal: HTTPResponse) {
    body = nil
    release()
    state = .discarding
    var response = refusal
    response.headers.append((name: "connection", value: "close"))
    write(response)
    flushIfNeeded()
    expire(after: .seconds(1))
  }

  /// Hands over the request that is ready, and those that come up while it is answered: in a loop rather than by
  /// recursion, as a client decides how many requests it pipelines.
  private func drive() {
    guard !isDriving else { return }
    isDriving = true
    defer { isDriving = false }
    while state == .ready, let head {
      guard channel.isWritable else { return expire(after: limits.responseTime) }
      state = .answering
      request &+= 1
      deadline = .distantFuture
      let reply = HTTPReply(connection: self, request: request, eventLoop: channel.eventLoop)
      if access.origins != .none, head.method == .OPTIONS {
        reply.send(access.preflight(head.headers))
      } else {
        let whole = HTTPRequest(
          method: head.method, target: head.uri, headers: head.headers, body: body ?? ByteBuffer(), client: client,
          isTrusted: isTrusted)
        body = nil
        service.respond(to: whole, reply: reply)
      }
    }
  }

  // MARK: Responses

  func respond(to request: UInt64, with response: HTTPResponse) {
    guard request == self.request, state == .answering, !isStreaming, context != nil else { return }
    endRequest()
    write(response)
    // Inside `drive`, whoever called it goes on, and flushes.
    if !isDriving {
      drive()
      flushIfNeeded()
    }
  }

  private func endRequest() {
    state = .idle
    abandon = nil
    release()
    expire(after: limits.idleTime)
  }

  /// Begins a response whose length is not known: in chunks, or for HTTP/1.0 until the connection closes.
  func beginStream(of request: UInt64, _ response: HTTPResponse) {
    guard request == self.request, state == .answering, !isStreaming, let context, let head else { return }
    isStreaming = true
    closesAfterStream = !head.isKeepAlive || head.version == .http1_0
    let start = responseHead(response, to: head, length: nil, closes: closesAfterStream)
    context.write(wrapOutboundOut(.head(start)), promise: nil)
  }

  /// Writes a piece of the response that was begun.
  func carry(
    _ piece: ByteBuffer, isLast: Bool, of request: UInt64, _ taken: @escaping @Sendable (Bool) -> Void
  ) {
    guard request == self.request, isStreaming, let context else { return taken(false) }
    let bytes = piece.readableBytes
    if bytes > 0 {
      memory.take(bytes)
      let memory = self.memory
      context.write(wrapOutboundOut(.body(.byteBuffer(piece)))).whenComplete { result in
        memory.giveBack(bytes)
        taken((try? result.get()) != nil)
      }
    } else {
      taken(true)
    }
    needsFlush = true
    if isLast {
      isStreaming = false
      endRequest()
      let channel = self.channel, closes = closesAfterStream
      context.write(wrapOutboundOut(.end(nil))).whenComplete { _ in if closes { channel.close(promise: nil) } }
      drive()
    }
    flushIfNeeded()
  }

  private func responseHead(
    _ response: HTTPResponse, to request: HTTPRequestHead, length: Int?, closes: Bool
  ) -> HTTPResponseHead {
    var headers = HTTPHeaders()
    headers.reserveCapacity(4 + response.headers.count)
    if let type = response.contentType { headers.add(name: "content-type", value: type) }
    if let length { headers.add(name: "content-length", value: String(length)) }
    access.add(to: &headers, for: request.headers)
    for (name, value) in response.headers { headers.add(name: name, value: value) }
    if closes, !Self.saysHowLong(response) {
      headers.add(name: "connection", value: "close")
    } else if !closes, HTTPRules.isOld(request.version) {
      // A client of HTTP/1.0 keeps the connection only where it is told to (RFC 9112, §9.3).
      headers.add(name: "connection", value: "keep-alive")
    }
    return HTTPResponseHead(version: request.version, status: response.status, headers: headers)
  }

  /// Whether a response says itself what becomes of the connection.
  private static func saysHowLong(_ response: HTTPResponse) -> Bool {
    response.headers.contains { $0.name == "connection" }
  }

  private func write(_ response: HTTPResponse) {
    guard let context, let request = head else { return }
    let closes = !request.isKeepAlive || Self.saysHowLong(response)
    let head = responseHead(response, to: request, length: response.body.readableBytes, closes: closes)
    needsFlush = true
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    let bytes = request.method == .HEAD ? 0 : response.body.readableBytes
    // What has a place of its own is not held against the others.
    let counted = response.keeps == nil ? bytes : 0
    if bytes > 0 {
      memory.take(counted)
      context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
    }
    let channel = self.channel, memory = self.memory, closesAfter = closes && state != .discarding
    let kept = response.keeps
    context.write(wrapOutboundOut(.end(nil))).whenComplete { _ in
      memory.giveBack(counted)
      withExtendedLifetime(kept) {}
      if closesAfter { channel.close(promise: nil) }
    }
  }

  private func flushIfNeeded() {
    guard needsFlush, let context else { return }
    needsFlush = false
    context.flush()
    // The time of a response under way is that of its request.
    if !channel.isWritable, !isStreaming { expire(after: limits.responseTime) }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if channel.isWritable {
      if state == .idle { expire(after: limits.idleTime) }
      drive()
      flushIfNeeded()
    }
    context.fireChannelWritabilityChanged()
  }

  // MARK: Giving up

  func watch(
    _ request: UInt64, for limit: TimeAmount?, _ abandon: @escaping @Sendable (Cancellation.Reason) -> Void
  ) {
    guard request == self.request, state == .answering else { return }
    self.abandon = abandon
    if let limit { expire(after: limit) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is EndOfPatience { abandon?(.shutdown) }
    context.fireUserInboundEventTriggered(event)
  }

  // MARK: Memory

  private func release() {
    memory.giveBack(held)
    held = 0
  }

  /// The end of the body is read when there is memory for it; a small one always is.
  func read(context: ChannelHandlerContext) {
    guard state == .receiving, held > MemoryBudget.untouched, !memory.hasRoom() else { return context.read() }
    guard memoryTicket == nil else { return }
    let now = NIODeadline.now()
    let wait = memoryWait ?? (now, now + limits.memoryWait - memoryWaited)
    memoryWait = wait
    expire(at: min(requestDeadline, wait.until))
    memoryTicket = memory.wait(on: channel.eventLoop) { self.readAgain() }
  }

  private func readAgain() {
    memoryTicket = nil
    guard let context, memoryWait != nil else { return }
    if memory.hasRoom() || state != .receiving {
      stopWaitingForMemory()
      if state == .receiving { expire(at: requestDeadline) }
    }
    read(context: context)
  }

  private func stopWaitingForMemory() {
    if let memoryWait { memoryWaited = memoryWaited + (.now() - memoryWait.since) }
    memoryWait = nil
    if let memoryTicket { memory.cancel(memoryTicket) }
    memoryTicket = nil
  }

  // MARK: Time

  private func expire(after time: TimeAmount) { expire(at: .now() + time) }

  /// Moves the deadline. The timer is set again only where it would come too late: on a busy connection the deadline moves
  /// with every request, the timer fires once in a while, sees that it is early, and waits on.
  private func expire(at deadline: NIODeadline) {
    self.deadline = deadline
    guard timer == nil || timerDeadline > deadline else { return }
    timer?.cancel()
    timerDeadline = deadline
    timer = channel.eventLoop.scheduleTask(deadline: deadline) { self.timerFired() }
  }

  private func timerFired() {
    timer = nil
    guard let context, deadline != .distantFuture else { return }
    let now = NIODeadline.now()
    if deadline > now { return expire(at: deadline) }
    if state == .answering {
      // The client waits, and so does the connection: for a reply that says so.
      deadline = .distantFuture
      abandon?(.timeLimit)
    } else if state == .receiving, let memoryWait, memoryWait.until <= now, requestDeadline > now {
      stopWaitingForMemory()
      // Whoever was refused just before may have made room.
      if !memory.hasRoom() { refuse(service.refusalForMemory) } else { expire(at: requestDeadline) }
      context.read()
    } else {
      channel.close(promise: nil)
    }
  }
}
