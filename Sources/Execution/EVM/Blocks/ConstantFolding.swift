// Instructions on known operands.

import Primitives

extension Opcode {
  /// The value of an instruction on constants: `a` is the top of the stack. Only for the pure instructions that the
  /// translator folds.
  func evaluate(_ a: UInt256, _ b: UInt256, truncatesShifts: Bool) -> UInt256 {
    func truth(_ flag: Bool) -> UInt256 { flag ? .one : .zero }
    func places() -> UInt64 { truncatesShifts ? a.saturatedUInt64 & 0xffff_ffff : a.saturatedUInt64 }
    switch self {
    case .add: return a &+ b
    case .mul: return a &* b
    case .sub: return a &- b
    case .div: return a / b
    case .sdiv: return a.dividedSigned(by: b)
    case .mod: return a % b
    case .smod: return a.remainderSigned(by: b)
    case .signextend: return b.signExtended(fromByte: a)
    case .lt: return truth(a < b)
    case .gt: return truth(b < a)
    case .slt: return truth(a.isLessSigned(than: b))
    case .sgt: return truth(b.isLessSigned(than: a))
    case .eq: return truth(a == b)
    case .iszero: return truth(a.isZero)
    case .and: return a & b
    case .or: return a | b
    case .xor: return a ^ b
    case .not: return ~a
    case .byte: return b.byte(at: a)
    case .shl: return b << places()
    case .shr: return b >> places()
    case .sar: return b.shiftedRightArithmetically(by: a)
    default: preconditionFailure("not an instruction that is folded")
    }
  }
}

extension UInt256 {
  /// The exponent of a power of two.
  var exponentOfTwo: UInt64? {
    let width = bitWidth
    return width > 0 && self == UInt256.one << UInt64(width &- 1) ? UInt64(width &- 1) : nil
  }
}
