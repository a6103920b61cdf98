// 4byteTracer: which functions were called, by selector and size of arguments.

import EVM
import JSON
import Primitives

/// Collects geth's `4byteTracer` result: how often each `selector-argumentBytes` was called. Calls to precompiles and
/// creations do not count.
public struct FourByteTracer: Tracer {
  private let isPrecompile: @Sendable (Address) -> Bool
  private var counts: [String: Int] = [:]

  /// A tracer that has counted nothing.
  ///
  /// - Parameter isPrecompile: whether there is a precompile at an address.
  public init(isPrecompile: @escaping @Sendable (Address) -> Bool) { self.isPrecompile = isPrecompile }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { false }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {}
  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}

  public mutating func enter(_ event: FrameEvent, world: some WorldReader) {
    switch event.kind {
    case .call, .callCode, .delegateCall, .staticCall: break
    case .create, .create2, .selfDestruct: return
    }
    guard event.input.count >= 4, !isPrecompile(event.to) else { return }
    counts["\(Hex.encode(Array(event.input[..<4])))-\(event.input.count - 4)", default: 0] += 1
  }

  public mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}

  /// The counts as a JSON object, in the order of the keys.
  public var result: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    for (key, count) in counts.sorted(by: { $0.key < $1.key }) {
      json.key(key)
      json.number(count)
    }
    json.endObject()
    return json.bytes
  }
}
