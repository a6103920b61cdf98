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
  /// Pieces whose memory is used again once the client has them: what the allocator gives back to the system and gets anew
  /// costs as much as the way of the bytes.
  private static let kept = 4

  private let begin: @Sendable () -> OutgoingStream
  private let mostBytes: Int
  private let memory: MemoryBudget?
  private let state = Mutex(State())

  private struct State {
    var stream: OutgoingStream?
    var sent = 0
    var pieces: [ByteBuffer] = []
    var nextPiece = 0

    /// A copy of `bytes`, in the memory of the piece sent longest ago where that has gone.
    mutating func piece(of bytes: UnsafeRawBufferPointer) -> ByteBuffer {
      guard bytes.count <= 2 * ResultFlow.piece else { return ByteBuffer(bytes: bytes) }
      if pieces.count < ResultFlow.kept {
        pieces.append(ByteBuffer(bytes: bytes))
        return pieces[pieces.count - 1]
      }
      nextPiece = (nextPiece + 1) % pieces.count
      pieces[nextPiece].clear(minimumCapacity: bytes.count)
      pieces[nextPiece].writeBytes(bytes)
      return pieces[nextPiece]
    }
  }

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
    let (stream, sent) = state.withLock { ($0.stream, $0.sent) }
    guard writer.count >= (stream == nil ? Self.beginsAt : Self.piece), !writer.endsWithKey else { return }
    guard sent + writer.count <= mostBytes else { throw .responseTooBig(mostBytes) }
    if stream == nil, memory?.hasRoom(for: writer.count) == false { throw .busy(.memory) }
    let outgoing = stream ?? begin()
    var piece = ByteBuffer()
    writer.drain { bytes in
      piece = state.withLock { state in
        state.stream = outgoing
        state.sent = sent + bytes.count
        return state.piece(of: bytes)
      }
    }
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
