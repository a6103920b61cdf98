import Primitives

// Operands where a machine's word width shows: the guest has words of 32 bits, a host of 64, the EVM of 256.

extension RandomCode {
  private static func power(_ exponent: Int) -> UInt256 { UInt256.one << UInt64(exponent) }

  /// The neighbourhoods of the widths, of the memory limit, and of where products and sums overflow.
  private static let oddNumbers: [UInt256] = [
    power(31), power(32) &- UInt256(64), power(32) &- UInt256(32), power(32) &- UInt256(31), power(32) &- .one,
    power(32), power(32) &+ .one, power(32) &+ UInt256(32), power(33), power(36), power(40), power(56), power(58),
    power(59), power(60), power(63), power(64) &- .one, power(64), power(64) &+ UInt256(32), power(128), .max,
  ]

  private mutating func pushOdd(_ random: inout SeededGenerator) { push(random.pick(Self.oddNumbers)) }

  /// An offset or length: odd, or harmless.
  private mutating func pushEither(_ random: inout SeededGenerator) {
    if random.oneIn(2) { pushOdd(&random) } else { push(random.pick([0, 0, 1, 32, 64]), width: 1) }
  }

  /// MCOPY and RETURNDATACOPY within bounds, and BLOBHASH.
  mutating func memoryCopy(_ random: inout SeededGenerator) {
    switch random.upTo(3) {
    case 0:
      pushOdd(&random)
      emit(0x49)
      storeTop(&random)
    case 1:
      emit(0x3d)
      push(0, width: 1)
      pushMemory(&random)
      emit(0x3e)
    default:
      pushSize(&random)
      pushMemory(&random)
      pushMemory(&random)
      emit(0x5e)
    }
  }

  /// One instruction with an operand that no program needs.
  mutating func oddOperand(_ random: inout SeededGenerator) {
    switch random.upTo(12) {
    case 0, 1, 2:
      // Copies: length, source, destination.
      pushEither(&random)
      pushEither(&random)
      pushEither(&random)
      emit(random.pick([0x37, 0x39, 0x3e, 0x5e]))
    case 3:
      pushEither(&random)
      pushEither(&random)
      pushEither(&random)
      pushAddress(&random)
      emit(0x3c)
    case 4:
      pushEither(&random)
      pushOdd(&random)
      emit(0x20)
      storeTop(&random)
    case 5:
      pushOdd(&random)
      emit(0x51)
      storeTop(&random)
    case 6:
      push(1, width: 1)
      pushOdd(&random)
      emit(random.pick([0x52, 0x53]))
    case 7:
      // Shifts, BYTE and SIGNEXTEND by counts that only look small in 32 bits.
      push(random.word())
      push(random.pick(Self.oddNumbers) &+ UInt256(UInt64(random.upTo(8))))
      emit(random.pick([0x1a, 0x1b, 0x1b, 0x1c, 0x1c, 0x1d, 0x0b]))
      storeTop(&random)
    case 8:
      pushOdd(&random)
      emit(random.pick([0x35, 0x40]))
      storeTop(&random)
    case 9:
      // Calls whose regions are empty and far away, or not empty.
      for _ in 0..<2 {
        pushEither(&random)
        pushOdd(&random)
      }
      pushAddress(&random)
      pushOdd(&random)
      emit(random.pick([0xf4, 0xfa]))
      storeTop(&random)
    case 10:
      let topics = random.upTo(2)
      for _ in 0..<topics { push(random.word()) }
      pushEither(&random)
      pushOdd(&random)
      emit(0xa0 + UInt8(topics))
    case 11:
      pushEither(&random)
      pushOdd(&random)
      push(0, width: 1)
      emit(0xf0)
      storeTop(&random)
    default: oddModularExponentiation(&random)
    }
  }

  /// A call of modexp whose header announces more than there is.
  private mutating func oddModularExponentiation(_ random: inout SeededGenerator) {
    for index in 0..<3 {
      if random.oneIn(2) { pushOdd(&random) } else { push(random.pick([0, 1, 32, 33, 64, 255]), width: 1) }
      push(32 * index, width: 1)
      emit(0x52)
    }
    push(32, width: 1)
    push(256, width: 2)
    push(random.pick([96, 97, 128, 160, 192]), width: 1)
    push(0, width: 1)
    push(5, width: 1)
    emit(0x5a, 0xfa)
    storeTop(&random)
    emit(0x3d)
    storeTop(&random)
  }
}
