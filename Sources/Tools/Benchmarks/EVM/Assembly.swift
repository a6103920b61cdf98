import EVM
import Primitives

/// Bytecode written down as opcodes and numbers.
struct Assembly {
  private(set) var code: [UInt8] = []

  mutating func emit(_ opcodes: Opcode...) { code += opcodes.map(\.rawValue) }

  /// The shortest PUSH of a number.
  mutating func push(_ value: UInt256) {
    let bytes = value.minimalBytes
    code.append(Opcode.push0.rawValue + UInt8(bytes.count))
    code += bytes
  }

  /// A loop that runs `body` `count` times (up to 65,535 places of code). The counter lies on top of the stack when the
  /// body begins and must lie there when it ends.
  mutating func loop(_ count: UInt64, body: (inout Assembly) -> Void) {
    push(UInt256(count))
    let start = code.count
    emit(.jumpdest)
    body(&self)
    push(1)
    emit(.swap1, .sub, .dup1)
    code.append(Opcode.push2.rawValue)
    code += [UInt8(truncatingIfNeeded: start >> 8), UInt8(truncatingIfNeeded: start)]
    emit(.jumpi, .pop)
  }
}
