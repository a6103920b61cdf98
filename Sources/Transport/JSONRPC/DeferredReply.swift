import Concurrency
import HTTP
import JSON
import NIOCore
import Synchronization

/// The answer of a method that waits for something and keeps no thread meanwhile. It is given once, on any thread; what is
/// given after that is dropped.
public final class DeferredReply: Sendable {
  /// The text of the call's id; `nil` where a notification wants no answer.
  private let id: [UInt8]?
  private let delivery: Mutex<RPCDelivery?>
  private let ended: @Sendable (RPCError?) -> Void

  /// - Parameter ended: is told of the answer, with its error.
  init(id: [UInt8]?, _ delivery: RPCDelivery, ended: @escaping @Sendable (RPCError?) -> Void) {
    self.id = id
    self.ended = ended
    self.delivery = Mutex(delivery)
  }

  /// Answers with what `body` writes, exactly one value, or with the error that it throws.
  public func complete(_ body: (inout JSONWriter) throws(RPCError) -> Void) {
    let delivery = delivery.withLock { delivery in
      defer { delivery = nil }
      return delivery
    }
    guard let delivery else { return }
    guard let id else { return delivery.complete(nil) }
    var writer = JSONWriter()
    RPCDispatcher.begin(&writer)
    let start = writer.mark
    var failure: RPCError?
    do throws(RPCError) {
      writer.key("result")
      try body(&writer)
    } catch {
      writer.truncate(to: start)
      writer.key("error")
      error.write(to: &writer)
      failure = error
    }
    ended(failure)
    writer.key("id")
    writer.raw(id[...])
    writer.endObject()
    delivery.complete(writer.withUnsafeBytes { ByteBuffer(bytes: $0) })
  }
}

extension RPCDispatcher {
  /// Makes a call that is answered later.
  func answerLater(
    _ call: RPCRequest.Call, of request: RPCRequest, with handler: MethodTable.DeferredHandler, _ delivery: RPCDelivery
  ) {
    let began = MonotonicClock.nanoseconds
    let reply = DeferredReply(
      id: call.isNotification ? nil : call.id.map { Array(request.text[$0]) }, delivery
    ) { [metrics, errors] error in
      metrics.methods.answered(call.method, nanoseconds: MonotonicClock.nanoseconds - began, code: error?.code)
      if let error { errors.answered(call.method, error) }
    }
    do throws(RPCError) {
      try delivery.context.checkCancellation()
      try Self.check(call, delivery.context)
      var parameters = Parameters(call.parameters.map { JSONValue(storage: request.text, checked: $0) })
      try handler(&parameters, delivery.context, reply)
    } catch {
      reply.complete { (_) throws(RPCError) in throw error }
    }
  }
}
