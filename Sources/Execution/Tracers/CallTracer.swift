// callTracer: the tree of calls.

import EVM
import JSON
import Primitives

/// Collects geth's `callTracer` result: a tree of frames with gas, input, output and errors.
///
/// The outermost frame is the transaction; whoever runs it reports its beginning and end with the transaction's gas.
public struct CallTracer: Tracer {
  private struct Call {
    var kind: FrameKind
    var from: Address
    var to: Address
    var value: UInt256?
    var gas: Int64
    var input: [UInt8]
    var logs: [[UInt8]] = []
    /// Finished inner calls, as JSON objects.
    var calls: [[UInt8]] = []
  }

  private let onlyTopCall: Bool
  private let withLog: Bool
  private let byteLimit: Int
  private var bytes = 0
  private var open: [Call] = []
  private var root: [UInt8] = []

  /// - Parameters:
  ///   - onlyTopCall: leave inner calls out.
  ///   - withLog: list the logs of each frame.
  ///   - byteLimit: bytes that may be collected; what comes after that many is left out, and ``isTooLarge`` says so.
  public init(onlyTopCall: Bool = false, withLog: Bool = false, byteLimit: Int = .max) {
    self.byteLimit = byteLimit
    self.onlyTopCall = onlyTopCall
    self.withLog = withLog
  }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { false }

  /// Whether something is left out because of the limit.
  public var isTooLarge: Bool { bytes > byteLimit }

  /// The JSON object of the outermost frame; empty before it ended.
  public var result: [UInt8] { root }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {}
  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}

  public mutating func enter(_ event: FrameEvent, world: some WorldReader) {
    if !onlyTopCall || open.isEmpty { bytes += 200 + 2 * event.input.count }
    let input = isTooLarge || (onlyTopCall && !open.isEmpty) ? [] : Array(event.input)
    open.append(
      Call(kind: event.kind, from: event.from, to: event.to, value: event.value, gas: event.gas, input: input))
  }

  public mutating func leave(_ end: FrameEnd, world: some WorldReader) {
    guard let call = open.popLast() else { return }
    if !onlyTopCall || open.isEmpty { bytes += 2 * end.output.count }
    if isTooLarge { return }
    if open.isEmpty {
      root = CallTracer.json(call, end)
    } else if !onlyTopCall {
      open[open.count - 1].calls.append(CallTracer.json(call, end))
    }
  }

  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {
    guard withLog, let last = open.indices.last else { return }
    bytes += 300 + 2 * data.count
    if isTooLarge { return }
    var json = JSONWriter()
    json.beginObject()
    json.key("address")
    json.data(address)
    json.key("topics")
    json.beginArray()
    for topic in topics.array { json.data(topic) }
    json.endArray()
    json.key("data")
    json.data(data)
    json.key("position")
    json.quantity(open[last].calls.count)
    json.endObject()
    open[last].logs.append(json.bytes)
  }

  private static func json(_ call: Call, _ end: FrameEnd) -> [UInt8] {
    let creates = call.kind == .create || call.kind == .create2
    let error = end.status.gethMessage
    var json = JSONWriter()
    json.beginObject()
    json.key("from")
    json.data(call.from)
    json.key("gas")
    json.quantity(UInt64(call.gas))
    json.key("gasUsed")
    json.quantity(UInt64(max(0, end.gasUsed)))
    if !(creates && error != nil) {
      json.key("to")
      json.data(call.to)
    }
    json.key("input")
    json.data(call.input)
    if end.output.count > 0 && (error == nil || end.status == .reverted) {
      json.key("output")
      json.data(end.output)
    }
    if let error {
      json.key("error")
      json.string(error)
      if end.status == .reverted, case .error(let reason) = RevertReason(output: Array(end.output)) {
        json.key("revertReason")
        json.string(reason)
      }
    }
    list("calls", call.calls, &json)
    // A failed frame has no logs.
    if error == nil { list("logs", call.logs, &json) }
    if let value = call.value {
      json.key("value")
      json.quantity(value)
    }
    json.key("type")
    json.string(call.kind.rawValue)
    json.endObject()
    return json.bytes
  }

  private static func list(_ key: StaticString, _ items: [[UInt8]], _ json: inout JSONWriter) {
    guard !items.isEmpty else { return }
    json.key(key)
    json.beginArray()
    for item in items { json.raw(item) }
    json.endArray()
  }
}
