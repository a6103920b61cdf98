import Concurrency
import HTTP
import JSONRPC
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Primitives

/// A connection to a replay feed: bytes come from the event loop, frames are taken by one thread. What that does not take
/// is not read from the socket.
final class FeedStream: Sendable {
  fileprivate struct State {
    var status: HTTPResponseStatus?
    var pieces: [ByteBuffer] = []
    var bytes = 0
    /// Nothing more comes.
    var fault: FeedFault?
    var decoder = FeedDecoder()
  }

  /// Bytes that may wait before no more is read.
  fileprivate static let window = 4 << 20

  private let channel: any Channel
  private let state: Monitor<State>

  private init(channel: any Channel, state: Monitor<State>) {
    self.channel = channel
    self.state = state
  }

  deinit { channel.close(promise: nil) }

  /// Connects and asks for the blocks from `from` on. Blocks the thread.
  ///
  /// - Parameters:
  ///   - parent: the hash of the block before, here.
  ///   - patience: how long the answer may take.
  static func open(
    _ place: FeedPlace, from: UInt64, parent: Bytes32, patience: Duration
  ) throws(FeedFault) -> FeedStream {
    let stream = try connect(place, "/replay/v1?from=\(from)&parent=\(parent)", patience)
    guard let status = try stream.status(patience) else { throw .disconnected("no answer") }
    switch status {
    case .ok: return stream
    case .unauthorized: throw .unauthorized
    case .conflict:
      let text = try stream.text(patience)
      throw .fork(at: from - 1, ours: parent, theirs: Bytes32(hex: text))
    case .gone: throw .pruned(from)
    case .serviceUnavailable, .tooManyRequests: throw .busy(try stream.text(patience))
    default: throw .malformed("HTTP status \(status.code)")
    }
  }

  /// The hash of a block there; `nil` where it has none.
  static func blockHash(_ number: UInt64, at place: FeedPlace, patience: Duration) throws(FeedFault) -> Bytes32? {
    let stream = try connect(place, "/replay/v1/blocks/\(number)", patience)
    switch try stream.status(patience) {
    case .ok:
      guard let hash = Bytes32(hex: try stream.text(patience)) else { throw .malformed("no hash") }
      return hash
    case .notFound: return nil
    case .unauthorized: throw .unauthorized
    case let other: throw .malformed("HTTP status \(other?.code ?? 0)")
    }
  }

  /// The next frame. Blocks the thread, for `patience` at most.
  func next(patience: Duration) throws(FeedFault) -> FeedFrame {
    let deadline = MonotonicClock.nanoseconds + patience.nanoseconds
    while true {
      let step = state.wait(until: deadline) { state -> Result<FeedFrame?, FeedFault>? in
        do throws(FeedFault) {
          if let frame = try state.decoder.next() { return .success(frame) }
        } catch {
          return .failure(error)
        }
        guard state.pieces.isEmpty else {
          for piece in state.pieces { state.decoder.append(piece.readableBytesView) }
          state.pieces.removeAll()
          state.bytes = 0
          return .success(nil)
        }
        return state.fault.map { .failure($0) }
      }
      guard let step else {
        throw .disconnected("nothing came for \(patience.components.seconds) s")
      }
      if let frame = try step.get() { return frame }
      // There is room again.
      channel.eventLoop.execute { [channel] in channel.read() }
    }
  }

  /// Ends the connection; whoever waits is told.
  func close() {
    state.update { if $0.fault == nil { $0.fault = .disconnected("closed") } }
    channel.close(promise: nil)
  }

  private func status(_ patience: Duration) throws(FeedFault) -> HTTPResponseStatus? {
    let deadline = MonotonicClock.nanoseconds + patience.nanoseconds
    let result = state.wait(until: deadline) { state -> Result<HTTPResponseStatus, FeedFault>? in
      if let status = state.status { return .success(status) }
      return state.fault.map { .failure($0) }
    }
    return try result?.get()
  }

  /// A short answer, without what is around it.
  private func text(_ patience: Duration) throws(FeedFault) -> String {
    let deadline = MonotonicClock.nanoseconds + patience.nanoseconds
    let text = state.wait(until: deadline) { state -> String? in
      guard state.fault != nil || state.bytes > 1_024 else { return nil }
      let bytes = state.pieces.flatMap { $0.readableBytesView }.prefix(1_024)
      return String(decoding: bytes, as: UTF8.self)
    }
    guard let text else { throw .disconnected("the answer does not end") }
    return String(text.prefix { $0 != "\n" && $0 != "\r\n" })
  }

  private static func connect(
    _ place: FeedPlace, _ target: String, _ patience: Duration
  ) throws(FeedFault) -> FeedStream {
    let state = Monitor(State())
    let future = ClientBootstrap(group: place.loop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.autoRead, value: false)
      .connectTimeout(.nanoseconds(Int64(clamping: patience.nanoseconds)))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls = place.tls { try pipeline.addHandler(try place.endpoint.tlsHandler(tls)) }
          try pipeline.addHTTPClientHandlers()
          try pipeline.addHandler(FeedReceiver(state, place.endpoint, target: target, token: place.token))
        }
      }
      .connect(host: place.endpoint.host, port: place.endpoint.port)
    do { return FeedStream(channel: try future.wait(), state: state) } catch {
      throw .disconnected(ConnectionFailure.text(of: error))
    }
  }
}

/// The connection's end of the stream, on its event loop.
private final class FeedReceiver: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let state: Monitor<FeedStream.State>
  private let endpoint: RPCEndpoint
  private let target: String
  private let token: String?

  init(_ state: Monitor<FeedStream.State>, _ endpoint: RPCEndpoint, target: String, token: String?) {
    self.state = state
    self.endpoint = endpoint
    self.target = target
    self.token = token
  }

  func channelActive(context: ChannelHandlerContext) {
    var headers = HTTPHeaders()
    headers.add(name: "host", value: endpoint.authority)
    if let token {
      headers.add(name: "authorization", value: "Bearer " + token)
    } else if let authorization = endpoint.authorization {
      headers.add(name: "authorization", value: authorization)
    }
    let path = endpoint.path == "/" ? target : endpoint.path + target
    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.read()
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): state.update { $0.status = head.status }
    case .body(let piece):
      state.update { state in
        state.pieces.append(piece)
        state.bytes += piece.readableBytes
      }
    case .end: end("it ended the stream", context)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if state.read({ $0.bytes < FeedStream.window }) { context.read() }
    context.fireChannelReadComplete()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end("the connection was closed", context)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { end(ConnectionFailure.text(of: error), context) }

  private func end(_ reason: String, _ context: ChannelHandlerContext) {
    state.update { if $0.fault == nil { $0.fault = .disconnected(reason) } }
    context.close(promise: nil)
  }
}
