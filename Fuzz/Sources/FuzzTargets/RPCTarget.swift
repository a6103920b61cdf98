import Dispatch
import JSON
import JSONRPC
import Synchronization

/// JSON-RPC: whatever parameters a method is called with, there is one answer, in JSON, and it is no internal error.
enum RPCTarget {
  private static let methods = FuzzAPI.dispatcher.methods.documentation.map(\.name)

  /// The first byte chooses the method, the rest is its parameters; behind 255 the rest is a whole message.
  static func run(_ input: UnsafeRawBufferPointer) {
    guard let choice = input.first else { return }
    let rest = Array(input.dropFirst())
    guard choice < 255 else { return check(answer(to: rest), isWhole: false) }
    let method = methods[Int(choice) % methods.count]
    let head = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":"#
    check(answer(to: Array(head.utf8) + rest + [UInt8(ascii: "}")]), isWhole: true)
  }

  private static func answer(to message: [UInt8]) -> [UInt8]? {
    let done = DispatchSemaphore(value: 0)
    let answer = Mutex<[UInt8]?>(nil)
    FuzzAPI.dispatcher.handle(message) { reply in
      answer.withLock { $0 = reply.map { Array($0.text.readableBytesView) } }
      done.signal()
    }
    promise(done.wait(timeout: .now() + 60) == .success, "every message is worked off")
    return answer.withLock { $0 }
  }

  private static func check(_ answer: [UInt8]?, isWhole: Bool) {
    guard let answer else { return promise(!isWhole, "a call with an id is answered") }
    guard let value = try? JSONValue(parsing: answer) else { return promise(false, "an answer is JSON") }
    for reply in value.elements ?? [value] {
      promise((reply["result"] == nil) != (reply["error"] == nil), "an answer is a result or an error")
    }
    promise(FuzzAPI.faults.value == 0, "no parameters make the API fail")
  }
}
