import HTTP
import JSON
import NIOCore

/// From the text of a message to the text of its reply: parses the calls, runs their methods, writes the results.
///
/// The calls of a batch run one after the other and answer in their order. A message whose methods are all cheap is
/// answered before `handle` returns; any other goes to the worker pool whole.
public final class RPCDispatcher: Sendable {
  public struct Limits: Sendable {
    /// Calls in one batch.
    public var batchCalls = 1_000
    /// Bytes of a reply, that of a batch as a whole.
    public var responseBytes = 10_485_760

    public init() {}
  }

  public let methods: MethodTable
  public let limits: Limits
  private let pool: WorkerPool
  private let heavyPool: WorkerPool

  /// - Parameter heavyPool: threads of their own for heavy methods; without it they share `pool`.
  public init(methods: MethodTable, pool: WorkerPool, heavyPool: WorkerPool? = nil, limits: Limits = Limits()) {
    self.methods = methods
    self.pool = pool
    self.heavyPool = heavyPool ?? pool
    self.limits = limits
  }

  /// Works off `message` and calls `completion` once, perhaps from another thread, with the reply; `nil` where the message
  /// asks for none.
  public func handle(
    _ message: [UInt8], context: RPCContext = RPCContext(), completion: @escaping @Sendable (ByteBuffer?) -> Void
  ) {
    let request: RPCRequest
    do throws(RPCError) {
      request = try RPCRequest(parsing: message, methods: methods, batchLimit: limits.batchCalls)
    } catch {
      return completion(Self.reply(error))
    }
    let threads: WorkerPool
    switch request.execution {
    case .inline: return completion(run(request, context))
    case .pooled: threads = pool
    case .heavy: threads = heavyPool
    }
    if !threads.submit({ completion(self.run(request, context)) }) {
      completion(Self.reply(.busy("the queue of requests is full"), to: request))
    }
  }

  private func run(_ request: RPCRequest, _ context: RPCContext) -> ByteBuffer? {
    var writer = JSONWriter()
    if request.isBatch { writer.beginArray() }
    var hasReply = false
    for call in request.calls {
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
      var parameters = Parameters(call.parameters.map { JSONValue(storage: request.text, checked: $0) })
      writer.key("result")
      try handler(&parameters, context, &writer)
      if writer.count(since: start) > limits.responseBytes { throw .responseTooBig(limits.responseBytes) }
    } catch {
      writer.truncate(to: start)
      writer.key("error")
      error.write(to: &writer)
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
