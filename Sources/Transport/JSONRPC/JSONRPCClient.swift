import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Why a call of ``JSONRPCClient`` has no result.
public enum RPCClientError: Error, Sendable {
  /// The server answered with an error object.
  case refused(RPCError)
  /// No connection, or it broke before the answer.
  case disconnected(String)
  /// No answer in time.
  case timedOut
  /// An answer that is no JSON-RPC response, and what is wrong with it.
  case malformed(String)
  /// An answer with an HTTP status other than 200.
  case status(UInt)
  /// The address is not `http://host[:port][/path]`.
  case badAddress(String)
}

/// A JSON-RPC client over HTTP that keeps its connections and never blocks: the load tool has thousands of calls in flight
/// with it, and it can talk to any Ethereum node.
///
/// There is one request on a connection at a time. Requests beyond the number of connections wait in line. All state lives
/// on one event loop.
public final class JSONRPCClient: Sendable {
  /// Where to: the parts of an `http` URL.
  struct Endpoint: Sendable {
    let host: String
    let port: Int
    let path: String

    init(_ url: String) throws(RPCClientError) {
      guard url.hasPrefix("http://") else { throw .badAddress(url) }
      let rest = url.dropFirst("http://".count)
      let authority = rest.prefix { $0 != "/" }
      let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
      guard let host = parts.first, !host.isEmpty, parts.count <= 2 else { throw .badAddress(url) }
      guard let port = parts.count == 2 ? UInt16(parts[1]) : 80 else { throw .badAddress(url) }
      self.host = String(host)
      self.port = Int(port)
      path = authority.endIndex == rest.endIndex ? "/" : String(rest[authority.endIndex...])
    }
  }

  private let pool: ClientConnectionPool
  private let timeout: TimeAmount
  private let nextID = Atomic<UInt64>(1)

  /// - Parameters:
  ///   - connections: connections to open at most, as they are needed.
  ///   - timeout: time from a call to its answer, waiting in line included.
  public init(
    url: String, connections: Int = 8, timeout: TimeAmount = .seconds(30), on loop: any EventLoop
  ) throws(RPCClientError) {
    pool = ClientConnectionPool(endpoint: try Endpoint(url), limit: max(1, connections), loop: loop)
    self.timeout = timeout
  }

  public var eventLoop: any EventLoop { pool.loop }

  /// Calls `method`. `parameters` writes the elements of the parameter array.
  public func call(_ method: String, _ parameters: (inout JSONWriter) -> Void = { _ in }) async throws(RPCClientError)
    -> JSONValue
  {
    let body = request(method, parameters)
    let outcome = await withCheckedContinuation { continuation in
      send(body) { continuation.resume(returning: $0) }
    }
    return try outcome.get()
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
    pool.submit(body, timeout: timeout, completion)
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
