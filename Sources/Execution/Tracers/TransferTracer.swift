// eth_simulateV1 with traceTransfers: payments as if they were events of a token.

import EVM
import Primitives
import Transactions

/// Collects the logs of a transaction, and between them a log of each payment in the chain's own token, in the form of an
/// ERC-20 transfer that the address 0xee…ee emits. What is undone has none.
///
/// Source: execution-apis, `ethsimulatev1-notes`.
public struct TransferTracer: Tracer {
  /// keccak256("Transfer(address,address,uint256)").
  private static let topic =
    Bytes32(hex: "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef") ?? .zero
  private static let emitter = Address(hex: "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee") ?? .zero

  /// In the order in which they came; of a transaction that failed, without meaning.
  public private(set) var logs: [Log] = []
  /// How many logs there were when each open frame began.
  private var beginnings: [Int] = []

  public init() {}

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { false }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {}
  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}

  public mutating func enter(_ event: FrameEvent, world: some WorldReader) {
    beginnings.append(logs.count)
    switch event.kind {
    case .call, .create, .create2, .selfDestruct: break
    // Who calls code in its own name keeps its money.
    case .callCode, .delegateCall, .staticCall: return
    }
    guard let value = event.value, !value.isZero else { return }
    logs.append(
      Log(
        address: Self.emitter, topics: [Self.topic, Bytes32(UInt256(event.from)), Bytes32(UInt256(event.to))],
        data: Bytes32(value).bytes))
  }

  public mutating func leave(_ end: FrameEnd, world: some WorldReader) {
    guard let beginning = beginnings.popLast(), !end.status.succeeded else { return }
    logs.removeSubrange(beginning...)
  }

  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {
    logs.append(Log(address: address, topics: topics.array, data: Array(data)))
  }
}
