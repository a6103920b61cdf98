import JSON
import NIOCore
import Synchronization

/// A JSON-RPC client over HTTP or WebSocket, with TLS or without, that keeps its connections and never blocks: the load tool
/// has thousands of calls in flight with it, and it can talk to any Ethereum node.
///
/// There is one request on a connection at a time. Requests beyond the number of connections wait in line. All state lives
/// on one event loop.
public final class JSONRPCClient: Sendable {
  /// What a client may take.
  public struct Limits: Sendable {
    /// Connections to open at most, as they are needed.
    public var connections = 8
    /// Calls that wait for a connection.
    public var waiting = Int.max
    /// Bytes of one response.
    public var responseBytes = 64 << 20

    public init() {}
  }

  private let pool: ClientConnectionPool
  private let timeout: TimeAmount
  private let nextID = Atomic<UInt64>(1)

  /// - Parameters:
  ///   - connections: connections to open at most, as they are needed.
  ///   - timeout: time from a call to its answer, waiting in line included.
  public convenience init(
    url: String, connections: Int = 8, timeout: TimeAmount = .seconds(30), on loop: any EventLoop
  ) throws(RPCClientError) {
    guard let endpoint = RPCEndpoint(url) else { throw .badAddress }
    var limits = Limits()
    limits.connections = connections
    try self.init(endpoint, limits: limits, timeout: timeout, on: loop)
  }

  /// - Parameters:
  ///   - timeout: time from a call to its answer, waiting in line included.
  ///   - certificates: the path of a PEM file with those that a server is trusted by; `nil` for the system's.
  public init(
    _ endpoint: RPCEndpoint, limits: Limits, timeout: TimeAmount, certificates: String? = nil, on loop: any EventLoop
  ) throws(RPCClientError) {
    pool = ClientConnectionPool(
      endpoint: endpoint, tls: try endpoint.tlsContext(certificates: certificates), limits: limits, loop: loop)
    self.timeout = timeout
  }

  public var eventLoop: any EventLoop { pool.loop }

  /// Calls `method`. `parameters` writes the elements of the parameter array. Ends when the task is cancelled.
  public func call(_ method: String, _ parameters: (inout JSONWriter) -> Void = { _ in }) async throws(RPCClientError)
    -> JSONValue
  {
    let request = ClientConnectionPool.Request(body: self.request(method, parameters))
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        pool.submit(request, timeout: timeout) { continuation.resume(returning: $0) }
      }
    } onCancel: {
      pool.cancel(request)
    }
    return try outcome.flatMap(Self.result).get()
  }

  /// The text of a call, for ``send(_:then:)``.
  public func request(_ method: String, _ parameters: (inout JSONWriter) -> Void) -> ByteBuffer {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("jsonrpc")
    writer.string("2.0" as StaticString)
    writer.key("id")
    writer.number(nextID.add(1, ordering: .relaxed).oldValue)
    writer.key("method")
    writer.string(method)
    writer.key("params")
    writer.beginArray()
    parameters(&writer)
    writer.endArray()
    writer.endObject()
    return writer.withUnsafeBytes { ByteBuffer(bytes: $0) }
  }

  /// Sends the text of one call; `completion` is called once, on the event loop, with its result.
  public func send(
    _ body: ByteBuffer, then completion: @escaping @Sendable (Result<JSONValue, RPCClientError>) -> Void
  ) {
    sendRaw(body) { completion($0.flatMap(Self.result)) }
  }

  /// Sends any text, a batch for example; `completion` gets the text of the response as it is.
  public func sendRaw(
    _ body: ByteBuffer, then completion: @escaping @Sendable (Result<[UInt8], RPCClientError>) -> Void
  ) {
    pool.submit(ClientConnectionPool.Request(body: body), timeout: timeout, completion)
  }

  /// Closes the connections; calls in flight fail.
  public func shutdown() async { try? await pool.shutdown().get() }

  /// The result in the text of a response.
  package static func result(of text: [UInt8]) -> Result<JSONValue, RPCClientError> {
    let response: JSONValue
    do throws(JSONError) { response = try JSONValue(parsing: text) } catch { return .failure(.malformed("\(error)")) }
    if let error = response["error"], !error.isNull {
      guard let code = error["code"]?.integer, let message = error["message"]?.string else {
        return .failure(.malformed("an error without code and message"))
      }
      let data: RPCError.Detail? = error["data"].flatMap { $0.data.map { .bytes($0) } ?? $0.string.map { .text($0) } }
      return .failure(.refused(RPCError(code: Int(code), message: message, data: data)))
    }
    guard let result = response["result"] else { return .failure(.malformed("neither result nor error")) }
    return .success(result)
  }
}
