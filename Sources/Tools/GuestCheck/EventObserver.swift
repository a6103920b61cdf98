import Cryptography
import EVM
import Primitives
import Transactions
import ZKsyncOS

/// Finds out by itself what a transaction logs: from the instructions that it sees, and from what it sees the system
/// contracts be called with. The guest has no events in what it proves, so that nothing else would tell a wrong one.
struct EventObserver: Tracer {
  /// A call of a system contract that logs when it succeeds.
  private struct SystemCall {
    var contract: Address
    var caller: Address
    var value: UInt256
    var input: [UInt8]
  }

  private struct OpenFrame {
    var events: Int
    var messages: Int
    var call: SystemCall?
  }

  private(set) var events: [Log] = []
  /// Sender and text.
  private(set) var messages: [(sender: Address, text: [UInt8])] = []
  private var open: [OpenFrame] = []
  /// Where the last outermost frame began.
  private var outermost = OpenFrame(events: 0, messages: 0)

  static var isActive: Bool { true }
  static var observesSteps: Bool { false }

  mutating func willStep(_ frame: FrameView, world: some WorldReader) {}
  mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}

  mutating func enter(_ event: FrameEvent, world: some WorldReader) {
    var frame = OpenFrame(events: events.count, messages: messages.count)
    if event.to == Address(0x8008) || event.to == Address(0x800a), event.kind == .call {
      frame.call = SystemCall(
        contract: event.to, caller: event.from, value: event.value ?? .zero, input: Array(event.input))
    }
    if event.depth == 0 { outermost = frame }
    open.append(frame)
  }

  mutating func leave(_ end: FrameEnd, world: some WorldReader) {
    guard let frame = open.popLast() else { return }
    guard end.status.succeeded else {
      undo(frame)
      return
    }
    if let call = frame.call { note(call) }
  }

  mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {
    events.append(Log(address: address, topics: topics.array, data: Array(data)))
  }

  private mutating func undo(_ frame: OpenFrame) {
    events.removeSubrange(frame.events...)
    messages.removeSubrange(frame.messages...)
  }

  private mutating func note(_ call: SystemCall) {
    let input = call.input
    func number(at offset: Int) -> Int { input[offset..<offset + 32].suffix(4).reduce(0) { $0 << 8 | Int($1) } }
    let withdrawal: [UInt8] = [0x6c, 0x09, 0x60, 0xf9] + input.dropFirst(16).prefix(20) + call.value.bytes
    switch input.prefix(4) {
    case [0x62, 0xf8, 0x4b, 0x24]:
      let text = Array(input[68..<68 + number(at: 36)])
      messages.append((call.caller, text))
      events.append(
        Log(
          address: call.contract,
          topics: [
            Keccak256.hash(utf8: "L1MessageSent(address,bytes32,bytes)"), Bytes32(UInt256(call.caller)),
            Keccak256.hash(text),
          ], data: Array(input.dropFirst(4))))
    case [0x51, 0xcf, 0xf8, 0xd9]: messages.append((call.caller, withdrawal))
    default:
      let start = 36 + number(at: 36)
      messages.append(
        (call.caller, withdrawal + call.caller.bytes + input[start..<start + number(at: start - 32)]))
    }
  }

  /// Compares with what the executor says.
  ///
  /// - Parameter isL1: whether L1 requested the transaction, and is told its result.
  mutating func expect(_ result: TransactionResult, isL1: Bool) throws(Disagreement) {
    if let first = open.first {
      // It ran out of native: nobody left the frames.
      undo(first)
    } else if !result.succeeded, outermost.events < events.count || outermost.messages < messages.count {
      // Its pubdata could not be paid for.
      undo(outermost)
    }
    guard result.logs == events else {
      throw Disagreement("the events are \(result.logs), observed were \(events)")
    }
    var expected = messages.map { message in
      [Bytes32(UInt256(Address(0x8008))), Bytes32(UInt256(message.sender)), Keccak256.hash(message.text)]
    }
    if isL1 {
      expected.append([
        Bytes32(UInt256(Address(0x8001))), result.bootloaderHash, Bytes32(result.succeeded ? UInt256.one : .zero),
      ])
    }
    guard result.l2ToL1Logs.map({ [Bytes32(UInt256($0.sender)), $0.key, $0.value] }) == expected,
      result.l2ToL1Logs.compactMap(\.message) == messages.map(\.text)
    else { throw Disagreement("the messages are \(result.l2ToL1Logs), observed were \(expected)") }
    guard Bloom(result.logs).bytes == Self.bloom(events) else { throw Disagreement("the bloom of the events differs") }
  }

  /// The yellow paper's M3:2048, bit by bit.
  private static func bloom(_ events: [Log]) -> [UInt8] {
    var bits = [Bool](repeating: false, count: 2_048)
    for item in events.flatMap({ [$0.address.bytes] + $0.topics.map(\.bytes) }) {
      let hash = Keccak256.hash(item).bytes
      for pair in 0..<3 { bits[(Int(hash[2 * pair]) * 256 + Int(hash[2 * pair + 1])) % 2_048] = true }
    }
    return (0..<256).map { byte in (0..<8).reduce(0) { $0 | (bits[8 * (255 - byte) + $1] ? 1 << UInt8($1) : 0) } }
  }
}
