import Primitives

/// Bytecode of one purpose, written down as bytes and numbers.
struct ShapeCode {
  private(set) var bytes: [UInt8] = []

  mutating func emit(_ code: [UInt8]) { bytes += code }

  mutating func push(_ value: UInt256) { bytes += Self.push(value) }

  /// The shortest PUSH of a number.
  static func push(_ value: UInt256) -> [UInt8] {
    let digits = Array(value.bytes.drop { $0 == 0 })
    return [UInt8(0x5f + digits.count)] + digits
  }

  static func push(_ value: Int) -> [UInt8] { push(UInt256(UInt64(value))) }

  /// A loop that goes on while there is more than `gas` left, and then stops.
  ///
  /// - Parameters:
  ///   - setup: runs once; what it leaves on the stack, `body` may look at.
  ///   - body: leaves the stack as it was; written down `times` times.
  static func loop(setup: [UInt8] = [], _ body: [UInt8], times: Int = 1, gas: Int = 40_000) -> [UInt8] {
    var code = ShapeCode()
    code.emit(setup)
    let start = code.bytes.count
    code.emit([0x5b])
    for _ in 0..<times { code.emit(body) }
    code.emit(push(gas) + [0x5a, 0x11, 0x61, UInt8(start >> 8), UInt8(start & 0xff), 0x57, 0x00])
    return code.bytes
  }

  /// A call: the operands from the last to the first, then the instruction, whose result is dropped.
  static func call(
    _ address: Address, by operation: UInt8 = 0xf1, gas: Int? = nil, value: Int = 0,
    input: (offset: Int, count: Int) = (0, 0), output: (offset: Int, count: Int) = (0, 0)
  ) -> [UInt8] {
    var code = push(output.count) + push(output.offset) + push(input.count) + push(input.offset)
    if operation == 0xf1 || operation == 0xf2 { code += push(value) }
    return code + push(UInt256(address)) + (gas.map { push($0) } ?? [0x5a]) + [operation, 0x50]
  }

  /// Copies the whole calldata to memory.
  static let loadCalldata: [UInt8] = [0x36, 0x5f, 0x5f, 0x37]

  /// Init code that returns `runtime`.
  static func deploying(_ runtime: [UInt8]) -> [UInt8] {
    let size = [0x61, UInt8(runtime.count >> 8), UInt8(runtime.count & 0xff)] as [UInt8]
    return size + [0x60, 13, 0x5f, 0x39] + size + [0x5f, 0xf3, 0x00] + runtime
  }
}
