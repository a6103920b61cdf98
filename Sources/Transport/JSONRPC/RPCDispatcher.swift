import Concurrency
import HTTP
import JSON
import NIOCore

/// From the text of a message to the text of its reply: parses the calls, runs their methods, writes the results.
///
/// The calls of a batch run one after the other and answer in their order. A message whose methods are all cheap is
/// answered before `handle` returns; any other goes to a pool of threads whole, and can be cancelled there.
public final class RPCDispatcher: Sendable {
  public struct Limits: Sendable {
    /// Calls in one batch.
    public var batchCalls = 1_000
    /// Bytes of a reply, that of a batch as a whole.
    public var responseBytes = 10_485_760
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

  public let methods: MethodTable
  public let limits: Limits
  public let pool: WorkerPool
  public let heavyPool: WorkerPool
  let metrics: RPCMetrics

  /// - Parameter heavyPool: threads of their own for heavy methods.
  public init(
    methods: MethodTable, pool: WorkerPool, heavyPool: WorkerPool, limits: Limits = Limits(), metrics: RPCMetrics
  ) {
    self.methods = methods
    self.pool = pool
    self.heavyPool = heavyPool
    self.limits = limits
    self.metrics = metrics
  }

  /// Works off `message` and calls `completion` once, perhaps from another thread, with the reply; `nil` where the message
  /// asks for none.
  ///
  /// - Parameter memory: what a large reply must find room in.
  /// - Returns: The work that is left to do, to be cancelled where nobody waits for it any more.
  @discardableResult
  public func handle(
    _ message: [UInt8], from session: RPCSession? = nil, memory: MemoryBudget? = nil,
    completion: @escaping @Sendable (ByteBuffer?) -> Void
  ) -> RPCWork? {
    let request: RPCRequest
    do throws(RPCError) {
      request = try RPCRequest(parsing: message, methods: methods, batchLimit: limits.batchCalls)
    } catch {
      completion(Self.reply(error))
      return nil
    }
    let context = RPCContext(session: session)
    switch request.execution {
    case .inline:
      completion(run(request, context))
      return nil
    case .pooled: return submit(request, context, to: pool, limits.pooledTime, memory, completion)
    case .heavy:
      guard let session else { return submit(request, context, to: heavyPool, limits.heavyTime, memory, completion) }
      guard session.beginHeavy(limit: limits.heavyPerConnection) else {
        completion(refuse(request, .connection))
        return nil
      }
      return submit(request, context, to: heavyPool, limits.heavyTime, memory) { reply in
        session.endHeavy()
        completion(reply)
      }
    }
  }

  private func submit(
    _ request: RPCRequest, _ context: RPCContext, to pool: WorkerPool, _ time: TimeAmount, _ memory: MemoryBudget?,
    _ completion: @escaping @Sendable (ByteBuffer?) -> Void
  ) -> RPCWork? {
    let job = WorkerPool.Job(bytes: request.text.count) {
      var reply = self.run(request, context)
      if let memory, let size = reply?.readableBytes, size > Self.smallReply, !memory.hasRoom(for: size) {
        reply = self.refuse(request, .memory)
      }
      if let reason = context.cancellation.reason { self.metrics.gaveUp(reason) }
      completion(reply)
    }
    guard pool.submit(job) else {
      completion(refuse(request, pool === heavyPool ? .heavyQueue : .queue))
      return nil
    }
    return RPCWork(timeLimit: time, cancellation: context.cancellation, pool: pool, job: job) { reason in
      self.metrics.gaveUp(reason)
      completion(self.run(request, context))
    }
  }

  private func refuse(_ request: RPCRequest, _ reason: BusyReason) -> ByteBuffer {
    metrics.refusedAsBusy(reason)
    return Self.reply(.busy(reason), to: request)
  }

  /// Runs the calls. Once the context is cancelled those that are left are answered with the reason.
  private func run(_ request: RPCRequest, _ context: RPCContext) -> ByteBuffer? {
    var writer = JSONWriter()
    if request.isBatch { writer.beginArray() }
    var hasReply = false
    for call in request.calls {
      if context.cancellation.reason == .clientGone { return nil }
      let start = writer.mark
      run(call, of: request, context, &writer)
      if call.isNotification {
        writer.truncate(to: start)
        continue
      }
      hasReply = true
      if request.isBatch, writer.count > limits.responseBytes {
        return Self.reply(.batchResponseTooBig(limits.responseBytes))
      }
    }
    guard hasReply else { return nil }
    if request.isBatch { writer.endArray() }
    return writer.withUnsafeBytes { ByteBuffer(bytes: $0) }
  }

  private func run(_ call: RPCRequest.Call, of request: RPCRequest, _ context: RPCContext, _ writer: inout JSONWriter) {
    Self.begin(&writer)
    let start = writer.mark
    do throws(RPCError) {
      guard let handler = call.handler else { throw call.error ?? .invalidRequest("no method") }
      try context.checkCancellation()
      var parameters = Parameters(call.parameters.map { JSONValue(storage: request.text, checked: $0) })
      writer.key("result")
      try handler(&parameters, context, &writer)
      if writer.count(since: start) > limits.responseBytes { throw .responseTooBig(limits.responseBytes) }
    } catch {
      writer.truncate(to: start)
      writer.key("error")
      // Whatever a method says that was given up: this is why.
      (context.cancellation.isCancelled ? .cancelled(context.cancellation.reason) : error).write(to: &writer)
    }
    writer.key("id")
    if let id = call.id { writer.raw(request.text[id]) } else { writer.null() }
    writer.endObject()
  }

  private static func begin(_ writer: inout JSONWriter) {
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
