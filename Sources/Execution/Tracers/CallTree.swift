// The tree of calls that several tracers tell in their own shapes.

import EVM
import JSON
import Primitives

/// Records the calls of a transaction in the order in which they begin; inputs and outputs stand in one buffer.
///
/// Where a transaction has several outermost calls, as that of an account that is a contract, the last one stays: the
/// execution.
struct CallTree {
  struct Call {
    var kind: FrameKind
    var from: Address
    var to: Address
    var value: UInt256?
    var gas: Int64
    /// 0 for the outermost.
    var depth: Int
    /// Position of the caller; of the outermost its own.
    var parent: Int
    var input: Range<Int>
    var output = 0..<0
    var gasUsed: Int64 = 0
    /// `nil` while the call is under way.
    var status: FrameStatus?
    var children = 0
    var logs: [LoggedEvent] = []

    var creates: Bool { kind == .create || kind == .create2 }
  }

  struct LoggedEvent {
    var address: Address
    var topics: Topics
    var data: Range<Int>
    /// Among the logs of the block, as its receipt will have it if it stays.
    var index: Int
    /// How many calls of its frame had begun.
    var position: Int
  }

  private(set) var calls: [Call] = []
  private var data: [UInt8] = []
  /// Positions of the calls under way, innermost last.
  private var open: [Int] = []
  /// Calls that are left out, under way.
  private var hidden = 0
  private let onlyOutermost: Bool
  private let byteLimit: Int
  private var bytes = 0
  /// The index of the next log, and what it was when each of the calls under way began: logs that are undone have given
  /// their indices back.
  private var nextLog: Int
  private var logsBefore: [Int] = []

  /// - Parameters:
  ///   - onlyOutermost: leave inner calls out.
  ///   - byteLimit: bytes of JSON that the calls may come to, roughly; what comes after that many is left out.
  ///   - firstLog: logs that are before it in its block.
  init(onlyOutermost: Bool, byteLimit: Int, firstLog: Int = 0) {
    nextLog = firstLog
    self.onlyOutermost = onlyOutermost
    self.byteLimit = byteLimit
  }

  /// Whether something is left out because of the limit.
  var isTooLarge: Bool { bytes > byteLimit }

  /// Notes a call. What is kept of it is given by ``leave(_:keeps:)``, except for the outermost.
  mutating func enter(_ event: FrameEvent) {
    if open.isEmpty, hidden == 0 {
      calls = []
      data = []
    }
    logsBefore.append(nextLog)
    if !open.isEmpty, onlyOutermost || isTooLarge || hidden > 0 {
      hidden += 1
      return
    }
    let parent = open.last ?? 0
    if !open.isEmpty { calls[parent].children += 1 }
    open.append(calls.count)
    calls.append(
      Call(
        kind: event.kind, from: event.from, to: event.to, value: event.value, gas: event.gas, depth: open.count - 1,
        parent: parent, input: keep(event.input)))
    bytes += 200
  }

  /// Ends the call entered last. With `drops` given for a call that made no others, the call is forgotten.
  mutating func leave(_ end: FrameEnd, drops: (Call) -> Bool = { _ in false }) {
    if let before = logsBefore.popLast(), !end.status.succeeded { nextLog = before }
    if hidden > 0 {
      hidden -= 1
      return
    }
    guard let index = open.popLast() else { return }
    if index > 0, index == calls.count - 1, drops(calls[index]) {
      calls[calls[index].parent].children -= 1
      calls.removeLast()
      return
    }
    calls[index].status = end.status
    calls[index].gasUsed = end.gasUsed
    calls[index].output = keep(end.output)
  }

  mutating func log(_ address: Address, _ topics: Topics, _ bytes: UnsafeRawBufferPointer) {
    defer { nextLog += 1 }
    guard hidden == 0, let call = open.last, !isTooLarge else { return }
    self.bytes += 300
    calls[call].logs.append(
      LoggedEvent(
        address: address, topics: topics, data: keep(bytes), index: nextLog, position: calls[call].children))
  }

  private mutating func keep(_ more: UnsafeRawBufferPointer) -> Range<Int> {
    bytes += 2 * more.count
    guard !isTooLarge, !more.isEmpty else { return 0..<0 }
    let start = data.count
    data.append(contentsOf: more)
    return start..<data.count
  }

  /// Calls `body` with bytes of an input or output.
  func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    data.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Writes bytes of an input or output as hexadecimal text.
  func write(_ range: Range<Int>, to json: inout JSONWriter) {
    data.withUnsafeBytes { json.data(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Says of the transaction what its outermost call cannot know: calls that did not come to an end because all
  /// stopped, a transaction that failed although its call did not, or that failed before there was a call at all.
  mutating func finish(_ transaction: TracedTransaction) {
    while let index = open.popLast() { calls[index].status = .halted(.outOfNative) }
    if calls.isEmpty {
      transaction.input.withUnsafeBytes { input in
        enter(
          FrameEvent(
            kind: transaction.creates ? .create : .call, from: transaction.from, to: transaction.to,
            value: transaction.value, input: input, gas: 0, depth: 0))
      }
      open = []
      calls[0].status = transaction.succeeded ? .stopped : .halted(.outOfGas)
    }
    calls[0].gas = Int64(clamping: transaction.gasLimit)
    calls[0].gasUsed = Int64(clamping: transaction.gasUsed)
    if !transaction.succeeded, calls[0].status?.succeeded == true { calls[0].status = .halted(.outOfNative) }
  }
}
