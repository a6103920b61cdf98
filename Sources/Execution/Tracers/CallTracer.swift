// callTracer: the tree of calls.

import EVM
import JSON
import Primitives

/// Collects geth's `callTracer` result: a tree of frames with gas, input, output and errors.
///
/// The outermost frame is the transaction: whoever runs it reports its beginning and end, and afterwards what it used
/// (``finish(_:)``).
public struct CallTracer: Tracer {
  /// geth's options, with the same meaning.
  public struct Options: Sendable, Equatable {
    /// Leave inner calls out.
    public var onlyTopCall: Bool
    /// List the logs of each frame.
    public var withLog: Bool

    public init(onlyTopCall: Bool = false, withLog: Bool = false) {
      self.onlyTopCall = onlyTopCall
      self.withLog = withLog
    }
  }

  private let options: Options
  private var tree: CallTree

  /// - Parameters:
  ///   - byteLimit: bytes that may be collected; what comes after that many is left out, and ``isTooLarge`` says so.
  ///   - firstLog: logs that are before the transaction in its block.
  public init(_ options: Options = Options(), byteLimit: Int = .max, firstLog: Int = 0) {
    self.options = options
    tree = CallTree(onlyOutermost: options.onlyTopCall, byteLimit: byteLimit, firstLog: firstLog)
  }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { false }

  /// Whether something is left out because of the limit.
  public var isTooLarge: Bool { tree.isTooLarge }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {}
  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}
  public mutating func enter(_ event: FrameEvent, world: some WorldReader) { tree.enter(event) }
  public mutating func leave(_ end: FrameEnd, world: some WorldReader) { tree.leave(end) }

  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {
    if options.withLog { tree.log(address, topics, data) }
  }

  /// Tells what became of the transaction as a whole.
  public mutating func finish(_ transaction: TracedTransaction) { tree.finish(transaction) }

  /// Writes the JSON object of the outermost frame; nothing before it ended.
  public func write(to text: TraceText) {
    guard tree.calls.first?.status != nil else { return }
    // Calls that are written but for what comes after their inner calls, and whether they or one above failed.
    var open: [(index: Int, failed: Bool)] = []
    for (index, call) in tree.calls.enumerated() {
      while let last = open.last, tree.calls[last.index].depth >= call.depth {
        open.removeLast()
        end(last.index, failed: last.failed, &text.json)
        text.pass()
      }
      let failed = open.last?.failed == true || call.status?.succeeded != true
      open.append((index, failed))
      begin(call, &text.json)
    }
    while let last = open.popLast() { end(last.index, failed: last.failed, &text.json) }
  }

  private func begin(_ call: CallTree.Call, _ json: inout JSONWriter) {
    let error = call.status?.gethMessage
    json.beginObject()
    json.key("from")
    json.data(call.from)
    json.key("gas")
    json.quantity(UInt64(max(0, call.gas)))
    json.key("gasUsed")
    json.quantity(UInt64(max(0, call.gasUsed)))
    if !(call.creates && error != nil) {
      json.key("to")
      json.data(call.to)
    }
    json.key("input")
    tree.write(call.input, to: &json)
    if !call.output.isEmpty && (error == nil || call.status == .reverted) {
      json.key("output")
      tree.write(call.output, to: &json)
    }
    if let error {
      json.key("error")
      json.string(error)
      if call.status == .reverted, let reason = tree.withBytes(call.output, { RevertReason(output: Array($0)).text }) {
        json.key("revertReason")
        json.string(reason)
      }
    }
    if call.children > 0 {
      json.key("calls")
      json.beginArray()
    }
  }

  private func end(_ index: Int, failed: Bool, _ json: inout JSONWriter) {
    let call = tree.calls[index]
    if call.children > 0 { json.endArray() }
    // What failed, or was undone with its caller, has no logs.
    if !failed, !call.logs.isEmpty {
      json.key("logs")
      json.beginArray()
      for log in call.logs { write(log, &json) }
      json.endArray()
    }
    if let value = call.value {
      json.key("value")
      json.quantity(value)
    }
    json.key("type")
    json.string(call.kind.rawValue)
    json.endObject()
  }

  private func write(_ log: CallTree.LoggedEvent, _ json: inout JSONWriter) {
    json.beginObject()
    json.key("address")
    json.data(log.address)
    json.key("topics")
    json.beginArray()
    for topic in log.topics.array { json.data(topic) }
    json.endArray()
    json.key("data")
    tree.write(log.data, to: &json)
    json.key("index")
    json.quantity(log.index)
    json.key("position")
    json.quantity(log.position)
    json.endObject()
  }
}

extension RevertReason {
  /// The reason in geth's words; `nil` where the output has none.
  fileprivate var text: String? {
    switch self {
    case .empty, .other: nil
    case .error(let message): message
    case .panic(let code): Self.panics[code] ?? "unknown panic code: 0x\(String(code.saturatedUInt64, radix: 16))"
    }
  }

  /// Of Solidity's documentation, as geth's `abi` package shortens them.
  private static let panics: [UInt256: String] = [
    0x00: "generic panic", 0x01: "assert(false)", 0x11: "arithmetic underflow or overflow",
    0x12: "division or modulo by zero", 0x21: "enum overflow", 0x22: "invalid encoded storage byte array accessed",
    0x31: "out-of-bounds array access; popping on an empty array", 0x32: "out-of-bounds access of an array or bytesN",
    0x41: "out of memory", 0x51: "uninitialized function",
  ]
}
