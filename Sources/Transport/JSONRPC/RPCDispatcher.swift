import Concurrency
import HTTP
import JSON
import Logging
import NIOCore
import Synchronization

/// From the text of a message to the text of its reply: parses the calls, runs their methods, writes the results.
///
/// The calls of a batch run one after the other and answer in their order. A message whose methods are all cheap is
/// answered before `handle` returns, and so is a call of its own for which all is in memory; any other message goes to a
/// pool of threads whole, and can be cancelled there.
public final class RPCDispatcher: Sendable {
  public struct Limits: Sendable {
    /// Calls in one batch.
    public var batchCalls = 1_000
    /// Bytes of a reply, that of a batch as a whole. A method whose answers are given whole, called alone, knows no limit.
    public var responseBytes = 10_485_760
    /// Bytes of a result that goes out while it is written, see ``RPCContext/flow(_:)``.
    public var streamedBytes = 1 << 30
    /// From the arrival of a message with a heavy method to its answer, a batch as a whole.
    public var heavyTime = TimeAmount.seconds(5)
    /// The same for a message whose methods are merely pooled.
    public var pooledTime = TimeAmount.seconds(30)
    /// Messages with heavy methods that one WebSocket client may have waiting and running. Over HTTP it is one anyway.
    public var heavyPerConnection = 16

    public init() {}
  }

  /// A reply up to this size is sent even where the server's memory is spent.
  private static let smallReply = 65_536
  /// A message up to this size is read on the event loop, which takes less than a millisecond.
  private static let readAtOnce = 262_144

  private let table: Mutex<MethodTable>
  public let limits: Limits
  public let pool: WorkerPool
  public let heavyPool: WorkerPool
  let metrics: RPCMetrics
  let errors: RPCErrorLog
  let largeReplies = LargeReplies()

  /// - Parameters:
  ///   - heavyPool: threads of their own for heavy methods.
  ///   - log: hears of calls that fail.
  public init(
    methods: MethodTable, pool: WorkerPool, heavyPool: WorkerPool, limits: Limits = Limits(), metrics: RPCMetrics,
    log: Logger = Logger(label: "rpc")
  ) {
    table = Mutex(methods)
    self.pool = pool
    self.heavyPool = heavyPool
    self.limits = limits
    self.metrics = metrics
    errors = RPCErrorLog(log)
  }

  /// What is served now.
  public var methods: MethodTable { table.withLock { $0 } }

  /// Serves other methods from the next message on, to clients that are connected, too.
  public func serve(_ methods: MethodTable) { table.withLock { $0 = methods } }

  /// Works off `message` and calls `completion` once, perhaps from another thread, with the reply; `nil` where the message
  /// asks for none.
  ///
  /// - Parameters:
  ///   - context: what is known of the sender.
  ///   - memory: what a large reply must find room in.
  ///   - stream: begins a reply that goes out in pieces, in place of that given to `completion`, which is called with `nil`
  ///     once it has ended.
  /// - Returns: The work that is left to do, to be cancelled where nobody waits for it any more.
  @discardableResult
  public func handle(
    _ message: [UInt8], _ context: RPCContext = RPCContext(), memory: MemoryBudget? = nil,
    stream: (@Sendable () -> OutgoingStream)? = nil, completion: @escaping @Sendable (RPCReply?) -> Void
  ) -> RPCWork? {
    let delivery = RPCDelivery(context: context, memory: memory, stream: stream, completion: completion)
    if delivery.refusal == nil { context.purse?.spend(bytes: message.count) }
    guard message.count <= Self.readAtOnce else { return readLater(message, delivery) }
    guard let request = read(message, delivery) else { return nil }
    guard request.execution > .inline else {
      let reply = run(request, delivery.context)
      delivery.context.commitments.run()
      delivery.complete(reply)
      return nil
    }
    if let reply = runImmediately(request, delivery.context) {
      delivery.complete(reply)
      return nil
    }
    let work = RPCWork(
      timeLimit: request.execution == .heavy ? limits.heavyTime : limits.pooledTime,
      cancellation: delivery.context.cancellation)
    return submit(request, work, delivery) ? work : nil
  }

  /// The calls of a message; `nil`, and it is answered, where it has none or its sender has nothing left to use.
  private func read(_ message: [UInt8], _ delivery: RPCDelivery) -> RPCRequest? {
    var request: RPCRequest?
    do throws(RPCError) {
      request = try RPCRequest(parsing: message, methods: methods, batchLimit: limits.batchCalls)
      if let refusal = delivery.refusal { throw refusal }
      return request
    } catch {
      if delivery.refusal != nil { metrics.refusedAsBusy(.budget) }
      delivery.complete(Self.reply(error, to: request))
      return nil
    }
  }

  /// A message so long that the event loop must not read it: a thread does, and runs it unless it is heavy. Its time is
  /// that of a heavy one in any case.
  private func readLater(_ message: [UInt8], _ delivery: RPCDelivery) -> RPCWork? {
    let work = RPCWork(timeLimit: limits.heavyTime, cancellation: delivery.context.cancellation)
    let job = WorkerPool.Job(
      bytes: message.count, of: delivery.context,
      elseRefused: {
        work.begin()
        self.metrics.refusedAsBusy(.queue)
        delivery.complete(Self.reply(.busy(.queue)))
      }
    ) {
      work.begin()
      guard let request = self.read(message, delivery) else { return }
      if request.execution == .heavy {
        _ = self.submit(request, work, delivery)
      } else {
        self.perform(request, work, delivery)
      }
    }
    let isTaken = work.submit(job, to: pool) { reason in
      self.metrics.gaveUp(reason)
      delivery.complete(Self.reply(.cancelled(reason)))
    }
    return isTaken ? work : nil
  }

  /// Has the calls run on the threads that they need; false, and the message is answered, where there is no room.
  private func submit(_ request: RPCRequest, _ work: RPCWork, _ delivery: RPCDelivery) -> Bool {
    guard request.execution != .heavy || delivery.beginHeavy(limit: limits.heavyPerConnection) else {
      delivery.complete(refuse(request, .connection))
      return false
    }
    return begin(request, work, delivery)
  }

  private func begin(
    _ request: RPCRequest, _ work: RPCWork, _ delivery: RPCDelivery, _ claim: LargeReplies.Claim? = nil
  ) -> Bool {
    let isHeavy = request.execution == .heavy
    let job = WorkerPool.Job(
      bytes: request.text.count, of: delivery.context,
      elseRefused: {
        work.begin()
        delivery.complete(self.refuse(request, isHeavy ? .heavyQueue : .queue))
      }
    ) { self.perform(request, work, delivery, claim) }
    // Run without a thread, cancelled calls say that they are, and nothing else.
    return work.submit(job, to: isHeavy ? heavyPool : pool) { _ in self.perform(request, work, delivery) }
  }

  /// - Parameter claim: a place for the reply, where it has waited for one.
  private func perform(
    _ request: RPCRequest, _ work: RPCWork, _ delivery: RPCDelivery, _ claim: LargeReplies.Claim? = nil
  ) {
    work.begin()
    if !request.isBatch, let call = request.calls.first, let handler = call.deferred {
      return answerLater(call, of: request, with: handler, delivery)
    }
    var context = delivery.context
    context.mostBytes = limits.responseBytes
    if let begin = delivery.stream, !request.isBatch, request.calls.first?.isNotification == false {
      context.results = ResultFlow(mostBytes: limits.streamedBytes, memory: delivery.memory, begin: begin)
    }
    var reply = run(request, context), claim = claim
    if let stream = context.results?.stream {
      stream.end(reply ?? ByteBuffer())
      reply = nil
    }
    let size = reply?.readableBytes ?? 0
    let hasRoom = size <= Self.smallReply || delivery.memory?.hasRoom(for: size) != false
    let needsPlace = !hasRoom || context.session != nil && size > LargeReplies.webSocketBytes
    claim = needsPlace ? claim ?? largeReplies.claim(for: context.client) : nil
    if needsPlace, claim == nil, request.isWhole, !context.cancellation.isCancelled {
      context.commitments.truncate(to: 0)
      return work.wait(
        for: largeReplies, of: context.client, orElse: { delivery.complete(self.refuse(request, .memory)) }
      ) { _ = self.begin(request, work, delivery, $0) }
    }
    if !hasRoom, claim == nil || !request.isWhole {
      reply = refuse(request, .memory)
    } else if context.cancellation.reason != .clientGone {
      context.commitments.run()
    }
    if let reason = context.cancellation.reason { metrics.gaveUp(reason) }
    delivery.complete(reply, claim)
  }

  private func refuse(_ request: RPCRequest, _ reason: BusyReason) -> ByteBuffer {
    metrics.refusedAsBusy(reason)
    return Self.reply(.busy(reason), to: request)
  }

  /// Runs the calls. Once the context is cancelled those that are left are answered with the reason.
  private func run(_ request: RPCRequest, _ context: RPCContext) -> ByteBuffer? {
    var writer = JSONWriter(notesNesting: context.results != nil)
    if request.isBatch { writer.beginArray() }
    var hasReply = false
    for (index, call) in request.calls.enumerated() {
      if context.cancellation.reason == .clientGone { return nil }
      let start = writer.mark
      run(call, of: request, context, &writer, isFirst: index == 0)
      if call.isNotification {
        writer.truncate(to: start)
        continue
      }
      hasReply = true
      if request.isBatch, writer.count > limits.responseBytes {
        context.commitments.truncate(to: 0)
        return Self.reply(.batchResponseTooBig(limits.responseBytes))
      }
    }
    guard hasReply else { return nil }
    if request.isBatch { writer.endArray() }
    return writer.withUnsafeBytes { ByteBuffer(bytes: $0) }
  }

  /// Bytes of a request that is tried at once.
  private static let longestImmediate = 8_192

  /// The reply to a call that stands alone, where its method can give that at once.
  private func runImmediately(_ request: RPCRequest, _ context: RPCContext) -> ByteBuffer? {
    // What is long takes long to decode, and would be decoded twice.
    guard !request.isBatch, request.text.count <= Self.longestImmediate, let call = request.calls.first,
      !call.isNotification, let handler = call.immediate
    else { return nil }
    var writer = JSONWriter()
    guard run(call, with: handler, of: request, context, &writer, isFirst: true) else { return nil }
    return writer.withUnsafeBytes { ByteBuffer(bytes: $0) }
  }

  /// - Parameter immediate: is called in place of the call's handler.
  /// - Returns: false where `immediate` gives no answer.
  @discardableResult
  private func run(
    _ call: RPCRequest.Call, with immediate: MethodTable.ImmediateHandler? = nil, of request: RPCRequest,
    _ context: RPCContext, _ writer: inout JSONWriter, isFirst: Bool
  ) -> Bool {
    Self.begin(&writer)
    let start = writer.mark, commitments = context.commitments.count
    var watch = Stopwatch()
    var code: Int?
    defer { context.purse?.spend(gas: context.cancellation.takeCount()) }
    do throws(RPCError) {
      guard let handler = call.handler else { throw call.error ?? .invalidRequest("no method") }
      try context.checkCancellation()
      try Self.check(call, context)
      // Before the first it was looked at when the message came.
      if !isFirst { try context.purse?.check() }
      var parameters = Parameters(call.parameters.map { JSONValue(storage: request.text, checked: $0) })
      writer.key("result")
      if let immediate {
        guard try immediate(&parameters, context, &writer) else { return false }
      } else {
        try handler(&parameters, context, &writer)
      }
      guard writer.count(since: start) <= limits.responseBytes || request.isWhole else {
        throw .responseTooBig(limits.responseBytes)
      }
    } catch {
      context.commitments.truncate(to: commitments)
      // What has gone out cannot be taken back: the error then stands behind it.
      if context.results?.stream == nil { writer.truncate(to: start) } else { writer.closeContainers(to: start) }
      writer.key("error")
      // Whatever a method says that was given up: this is why.
      let told = context.cancellation.isCancelled ? .cancelled(context.cancellation.reason) : error
      told.write(to: &writer)
      code = told.code
      errors.answered(call.method, told)
    }
    writer.key("id")
    if let id = call.id { writer.raw(request.text[id]) } else { writer.null() }
    writer.endObject()
    metrics.methods.answered(call.method, nanoseconds: watch.lap(), code: code)
    return true
  }

  /// Throws where the sender may not make the call.
  static func check(_ call: RPCRequest.Call, _ context: RPCContext) throws(RPCError) {
    if call.isProtected, context.credentials != .valid { throw .unauthorized(context.credentials) }
  }

  static func begin(_ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("jsonrpc")
    writer.string("2.0" as StaticString)
  }

  /// A reply to a message as a whole. It carries the id where the message is a single call.
  static func reply(_ error: RPCError, to request: RPCRequest? = nil) -> ByteBuffer {
    var writer = JSONWriter()
    begin(&writer)
    writer.key("error")
    error.write(to: &writer)
    writer.key("id")
    if let request, !request.isBatch, let id = request.calls.first?.id {
      writer.raw(request.text[id])
    } else {
      writer.null()
    }
    writer.endObject()
    return writer.withUnsafeBytes { ByteBuffer(bytes: $0) }
  }
}
