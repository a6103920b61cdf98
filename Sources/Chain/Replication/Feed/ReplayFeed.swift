import Chain
import ChainStorage
import Concurrency
import HTTP
import Logging
import NIOCore
import Primitives
import Synchronization
import Telemetry

/// Gives the blocks of a chain to the nodes that follow it, as they lie in the log, each at its own pace.
///
/// * `GET /replay/v1?from=N&parent=HASH` is the stream of ``FeedFrame``s from block N on, whose parent the follower has under
///   that hash. Where this chain has another there, the answer is 409 before any block: the follower is on a fork.
/// * `GET /replay/v1/blocks/N` tells the hash of one block, by which followers find where two chains part.
///
/// A follower has a thread, which reads the log; nothing is queued for it but what is on its way, and block production never
/// waits for one. Who takes nothing for a while, or falls behind farther and farther, is let go.
public final class ReplayFeed: Service, HTTPService {
  public struct Options: Sendable {
    /// Followers at a time.
    public var maxFollowers = 32
    /// Bytes a second that one gets of blocks that are old; nothing holds back those that are new.
    public var catchUpBytesPerSecond = 256 << 20
    /// How long a follower may take nothing.
    public var patience = Duration.seconds(30)

    public init() {}
  }

  private struct State {
    var sessions: [UInt64: FeedSession] = [:]
    var lastSession: UInt64 = 0
    var isStopping = false
  }

  public let name = "replay_feed"
  private let source: FeedSource
  private let options: Options
  private let metrics: FeedMetrics
  private let log = Logger(label: "replay_feed")
  private let periodic = PeriodicThread()
  private let state = Mutex(State())

  public init(_ source: FeedSource, options: Options = Options(), registry: MetricsRegistry) {
    self.source = source
    self.options = options
    metrics = FeedMetrics(registry)
  }

  // MARK: Life

  public func start() {
    periodic.start(after: .seconds(1)) { [self] in
      let sessions = state.withLock { Array($0.sessions.values) }
      for session in sessions { session.look(at: source.stream.head, patience: options.patience) }
      return .seconds(1)
    }
  }

  public func stop() {
    let sessions = state.withLock { state in
      state.isStopping = true
      return Array(state.sessions.values)
    }
    for session in sessions { session.end("the node stops") }
    periodic.stop()
    for session in sessions { session.join() }
  }

  public var health: Health { .ready }

  /// Nodes that follow just now.
  var followerCount: Int { state.withLock { $0.sessions.count } }

  // MARK: Requests

  public func respond(to request: HTTPRequest, reply: HTTPReply) {
    guard request.method == .GET else { return reply.send(.text(.methodNotAllowed, "method not allowed\n")) }
    let path = request.path.split(separator: "/")
    switch path {
    case ["replay", "v1"]: open(request, reply)
    case _ where path.count == 4 && path[0..<3] == ["replay", "v1", "blocks"]:
      guard let number = UInt64(path[3]) else { return reply.send(.text(.badRequest, "no block number\n")) }
      reply.send(describe(number))
    default: reply.send(.text(.notFound, "not found\n"))
    }
  }

  private func describe(_ number: UInt64) -> HTTPResponse {
    do throws(StorageError) {
      guard number <= source.stream.head, let hash = try source.log.blockHash(number) else {
        return .text(.notFound, "no block \(number)\n")
      }
      return .text(.ok, "\(hash)\n")
    } catch {
      return .text(.internalServerError, "\(error)\n")
    }
  }

  private func open(_ request: HTTPRequest, _ reply: HTTPReply) {
    guard let from = request.queryParameter("from").flatMap({ UInt64($0) }), from > 0,
      let parent = request.queryParameter("parent").flatMap({ Bytes32(hex: $0) })
    else { return reply.send(.text(.badRequest, "from=NUMBER&parent=HASH is needed, from 1 on\n")) }
    do throws(StorageError) {
      let ours = from - 1 <= source.stream.head ? try source.log.blockHash(from - 1) : nil
      guard ours == parent else {
        metrics.forks.increment()
        log.warning(
          "a follower has other blocks",
          metadata: ["peer": "\(request.client)", "block": "\(from - 1)", "hash": "\(parent)"]
        )
        return reply.send(.text(.conflict, ours.map { "\($0)\n" } ?? "\n"))
      }
      let isThere = from > source.stream.head ? true : try source.log.rawRecord(from) != nil
      guard isThere else {
        return reply.send(.text(.gone, "block \(from) is not in the log any more\n"))
      }
    } catch {
      return reply.send(.text(.internalServerError, "\(error)\n"))
    }
    let cancellation = Cancellation()
    reply.whenAbandoned(after: nil) { cancellation.cancel($0) }
    let session = state.withLock { state -> FeedSession? in
      guard !state.isStopping, state.sessions.count < options.maxFollowers else { return nil }
      state.lastSession += 1
      let id = state.lastSession
      let session = FeedSession(
        source, from: from, peer: "\(request.client)", bytesPerSecond: options.catchUpBytesPerSecond, metrics: metrics,
        cancellation: cancellation
      ) { [weak self] in self?.ended(id) }
      state.sessions[id] = session
      return session
    }
    guard let session else {
      metrics.refused.increment()
      return reply.send(.text(.serviceUnavailable, "there are \(options.maxFollowers) followers already\n"))
    }
    log.info("a node follows", metadata: ["peer": "\(request.client)", "from": "\(from)"])
    metrics.followers.set(followerCount)
    session.run(reply.stream(HTTPResponse(.ok, contentType: "application/octet-stream")))
  }

  private func ended(_ id: UInt64) {
    let session = state.withLock { $0.sessions.removeValue(forKey: id) }
    metrics.followers.set(followerCount)
    guard let session else { return }
    log.info(
      "a node follows no longer",
      metadata: ["peer": "\(session.peer)", "next": "\(session.next)", "reason": "\(session.reason ?? "it has left")"])
  }
}
