import Concurrency
import HTTP
import Synchronization

/// Who sends a message, by whom limits are counted: several connections may be of one client.
public typealias RPCClient = IPAddress

/// What a handler can know of where its call came from.
public struct RPCContext: Sendable {
  /// The WebSocket client, `nil` over HTTP: subscriptions need one.
  public let session: RPCSession?
  public let client: RPCClient
  /// Cancelled once nobody waits for the answer: work that takes long looks at it.
  public let cancellation: Cancellation
  /// What the client has shown, for methods that are not public.
  let credentials: RPCAuthorization.Credentials
  /// What the client has left; `nil` where nothing is limited.
  let purse: RPCPurse?
  let commitments = RPCCommitments()
  /// How a long result goes out while it is written; `nil` where results are sent whole, with at most ``mostBytes``.
  var results: ResultFlow?
  var mostBytes: Int?

  public init(
    session: RPCSession? = nil, client: RPCClient = .unknown, cancellation: Cancellation = Cancellation()
  ) {
    self.init(session: session, client: client, cancellation: cancellation, credentials: .none, purse: nil)
  }

  init(
    session: RPCSession?, client: RPCClient, cancellation: Cancellation = Cancellation(),
    credentials: RPCAuthorization.Credentials, purse: RPCPurse?
  ) {
    self.session = session
    self.client = client
    self.cancellation = cancellation
    self.credentials = credentials
    self.purse = purse
  }

  /// Throws where nobody waits for the answer any more. For work in many small steps.
  public func checkCancellation() throws(RPCError) {
    if cancellation.isCancelled { throw .cancelled(cancellation.reason) }
  }

  /// Calls `body` once it is certain that the result of the call goes out as it is, and never where an error goes out in
  /// its place: for what must only change where the client learns of it.
  public func whenAnswered(_ body: @escaping @Sendable () -> Void) { commitments.add(body) }
}

/// What is to be done once the reply to a message is certain.
final class RPCCommitments: Sendable {
  private let bodies = Mutex<[@Sendable () -> Void]>([])

  func add(_ body: @escaping @Sendable () -> Void) { bodies.withLock { $0.append(body) } }

  var count: Int { bodies.withLock { $0.count } }

  /// Forgets all but the first `count`.
  func truncate(to count: Int) { bodies.withLock { $0.removeLast($0.count - count) } }

  func run() {
    for body in bodies.withLock({ bodies in
      defer { bodies = [] }
      return bodies
    }) { body() }
  }
}
