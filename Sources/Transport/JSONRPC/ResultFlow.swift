import HTTP
import JSON
import NIOCore
import Synchronization

/// The way of a result that goes out while it is written, piece by piece.
///
/// Only a call that stands alone, on a thread that may wait, has its result streamed; the results of a batch and those of
/// cheap methods are written whole.
final class ResultFlow: Sendable {
  /// Bytes with which streaming begins. Shorter results are sent whole, with their length, and an error takes their place.
  static let beginsAt = 1 << 18
  /// Bytes of a piece, few enough that the allocator does not ask the system for each.
  static let piece = 1 << 16

  private let begin: @Sendable () -> OutgoingStream
  private let mostBytes: Int
  private let memory: MemoryBudget?
  private let state = Mutex<(stream: OutgoingStream?, sent: Int)>((nil, 0))

  /// - Parameters:
  ///   - mostBytes: that a result may have.
  ///   - memory: in which the first piece must find room. What follows is little, and waits for the client.
  init(mostBytes: Int, memory: MemoryBudget?, begin: @escaping @Sendable () -> OutgoingStream) {
    self.mostBytes = mostBytes
    self.memory = memory
    self.begin = begin
  }

  /// What is already on its way; `nil` where nothing is.
  var stream: OutgoingStream? { state.withLock { $0.stream } }

  func flow(_ writer: inout JSONWriter, _ context: RPCContext) throws(RPCError) {
    let (stream, sent) = state.withLock { $0 }
    guard writer.count >= (stream == nil ? Self.beginsAt : Self.piece), !writer.endsWithKey else { return }
    guard sent + writer.count <= mostBytes else { throw .responseTooBig(mostBytes) }
    if stream == nil, memory?.hasRoom(for: writer.count) == false { throw .busy(.memory) }
    let outgoing = stream ?? begin()
    var piece = ByteBuffer()
    writer.drain { piece = ByteBuffer(bytes: $0) }
    state.withLock { $0 = (outgoing, sent + piece.readableBytes) }
    context.purse?.spend(bytes: piece.readableBytes)
    guard outgoing.send(piece, cancellation: context.cancellation) else {
      throw .cancelled(context.cancellation.reason ?? .clientGone)
    }
  }
}

extension RPCContext {
  /// Sends what has been written of a long result, if it is much, and waits where the client does not take it; to be called
  /// between values, as often as it pleases. What was written before is then out of the writer: no mark that was taken before
  /// the call may be used afterwards.
  ///
  /// Throws where nobody waits for the answer any more, or where the result has more bytes than it may. An error that a
  /// method throws after a part of its result has gone out ends that result, with every bracket closed, and stands behind it
  /// as the member `error`.
  public func flow(_ writer: inout JSONWriter) throws(RPCError) {
    try checkCancellation()
    if let results {
      try results.flow(&writer, self)
    } else if let mostBytes, writer.count > mostBytes {
      throw .responseTooBig(mostBytes)
    }
  }
}
