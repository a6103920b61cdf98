import Primitives

/// Writes random programs that are sensible enough to get far: each statement leaves the stack as it was, memory stays
/// small, and what an instruction found out goes to storage, where a difference of one unit of gas shows.
struct RandomCode {
  var code: [UInt8] = []
  let addresses: [Address]
  /// How many levels of created contracts may follow.
  private let depth: Int

  static func program(_ random: inout SeededGenerator, addresses: [Address], depth: Int = 2) -> [UInt8] {
    var writer = RandomCode(addresses: addresses, depth: depth)
    for _ in 0...random.upTo(random.oneIn(5) ? 24 : 7) { writer.statement(&random) }
    writer.end(&random)
    return writer.code
  }

  /// Code that deploys `runtime`, after a few statements of its own.
  static func initCode(
    _ random: inout SeededGenerator, addresses: [Address], depth: Int, runtime: [UInt8]
  ) -> [UInt8] {
    var writer = RandomCode(addresses: addresses, depth: depth)
    for _ in 0..<random.upTo(2) { writer.statement(&random) }
    if random.oneIn(12) {
      writer.end(&random)
      return writer.code
    }
    // Copies its own tail and returns it; three pushes of two bytes make the head's length known.
    let head = writer.code.count + 3 + 3 + 2 + 1 + 3 + 2 + 1
    writer.push(runtime.count, width: 2)
    writer.push(head, width: 2)
    writer.push(0, width: 1)
    writer.emit(0x39)
    writer.push(runtime.count, width: 2)
    writer.push(0, width: 1)
    writer.emit(0xf3)
    return writer.code + runtime
  }

  init(addresses: [Address], depth: Int) {
    self.addresses = addresses
    self.depth = depth
  }

  mutating func emit(_ bytes: UInt8...) { code += bytes }

  mutating func push(_ value: Int, width: Int) {
    code.append(UInt8(0x5f + width))
    for index in (0..<width).reversed() { code.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  mutating func push(_ word: UInt256) {
    let bytes = Array(word.bytes.drop { $0 == 0 })
    code.append(UInt8(0x5f + bytes.count))
    code += bytes
  }

  mutating func pushAddress(_ random: inout SeededGenerator) {
    push(UInt256(random.oneIn(6) ? Address(truncating: random.bytes32()) : random.pick(addresses)))
  }

  /// Storage keys from a small set, so that slots are met again, next to each other and far apart.
  private mutating func pushKey(_ random: inout SeededGenerator) {
    push(random.oneIn(10) ? random.word() : UInt256(UInt64(random.upTo(11))))
  }

  mutating func pushMemory(_ random: inout SeededGenerator) {
    push(random.pick([0, 1, 31, 32, 64, 96, 200]), width: 2)
  }

  mutating func pushSize(_ random: inout SeededGenerator) {
    push(random.pick([0, 0, 1, 4, 32, 33, 68, 136]), width: 2)
  }

  /// Stores the top of the stack.
  mutating func storeTop(_ random: inout SeededGenerator) {
    if random.oneIn(3) {
      emit(0x50)
    } else {
      pushKey(&random)
      emit(0x55)
    }
  }

  mutating func statement(_ random: inout SeededGenerator) {
    switch random.upTo(25) {
    case 0, 1, 2:
      push(random.oneIn(3) ? .zero : random.word())
      pushKey(&random)
      emit(0x55)
    case 3, 4:
      pushKey(&random)
      emit(0x54)
      storeTop(&random)
    case 5:
      push(random.word())
      push(random.word())
      if random.oneIn(4) {
        push(random.word())
        emit(random.pick([0x08, 0x09]))
      } else {
        emit(
          random.pick([
            1, 2, 3, 4, 5, 6, 7, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1b, 0x1c, 0x1d,
          ]))
      }
      storeTop(&random)
    case 6:
      emit(
        random.pick([
          0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4a, 0x58,
          0x59,
        ]))
      storeTop(&random)
    case 7:
      emit(0x5a)
      pushKey(&random)
      emit(0x55)
    case 8:
      pushAddress(&random)
      emit(random.pick([0x31, 0x3b, 0x3f]))
      storeTop(&random)
    case 9:
      pushSize(&random)
      push(random.upTo(40), width: 1)
      pushMemory(&random)
      pushAddress(&random)
      emit(0x3c)
    case 10:
      pushSize(&random)
      push(random.upTo(40), width: 1)
      pushMemory(&random)
      emit(random.pick([0x37, 0x39]))
    case 11:
      push(random.word())
      pushMemory(&random)
      emit(random.pick([0x52, 0x52, 0x53]))
    case 12:
      pushSize(&random)
      pushMemory(&random)
      emit(0x20)
      storeTop(&random)
    case 13:
      let topics = random.upTo(4)
      for _ in 0..<topics { push(random.word()) }
      pushSize(&random)
      pushMemory(&random)
      emit(0xa0 + UInt8(topics))
    case 14:
      pushKey(&random)
      emit(0x5c)
      storeTop(&random)
    case 15:
      push(random.word())
      pushKey(&random)
      emit(0x5d)
    case 16:
      emit(0x43)
      push(random.upTo(300), width: 2)
      emit(random.oneIn(4) ? 0x01 : 0x90)
      if code.last == 0x90 { emit(0x03) }
      emit(0x40)
      storeTop(&random)
    case 17: conditional(&random)
    case 18, 19, 20: call(&random)
    case 21: precompile(&random)
    case 22: loop(&random)
    case 23: memoryCopy(&random)
    case 24: if random.oneIn(3) { oddOperand(&random) }
    default: create(&random)
    }
  }

  /// One statement that runs only if a byte of the calldata says so.
  private mutating func conditional(_ random: inout SeededGenerator) {
    push(random.upTo(40), width: 1)
    emit(0x35)
    push(random.upTo(255), width: 1)
    emit(0x1a)
    let patch = code.count + 1
    push(0, width: 2)
    emit(0x57)
    statement(&random)
    code[patch] = UInt8(code.count >> 8)
    code[patch + 1] = UInt8(code.count & 0xff)
    emit(0x5b)
  }

  private mutating func call(_ random: inout SeededGenerator) {
    let operation: UInt8 = random.pick([0xf1, 0xf1, 0xf1, 0xf2, 0xf4, 0xfa])
    pushSize(&random)
    pushMemory(&random)
    pushSize(&random)
    pushMemory(&random)
    if operation == 0xf1 || operation == 0xf2 { push(UInt256(UInt64(random.oneIn(3) ? random.upTo(1000) : 0))) }
    pushAddress(&random)
    switch random.upTo(3) {
    case 0: push(random.upTo(60_000), width: 3)
    case 1: push(random.word())
    default: emit(0x5a)
    }
    emit(operation)
    storeTop(&random)
    if random.oneIn(3) {
      // What came back, and the gas that is left.
      emit(0x3d)
      push(0, width: 1)
      push(0, width: 1)
      emit(0x3e)
      // Its hash tells every byte.
      emit(0x3d, 0x5f, 0x20)
      storeTop(&random)
      emit(0x5a)
      storeTop(&random)
    }
  }

  /// The same access to a row of slots or accounts.
  private mutating func loop(_ random: inout SeededGenerator) {
    push(1 + random.upTo(random.oneIn(4) ? 60 : 6), width: 1)
    let start = code.count
    emit(0x5b)
    code += random.pick([
      [0x80, 0x80, 0x55],  // sstore(i, i)
      [0x5a, 0x81, 0x55],  // sstore(i, gas)
      [0x5f, 0x81, 0x55],  // sstore(i, 0)
      [0x80, 0x54, 0x50],  // sload(i)
      [0x80, 0x31, 0x50],  // balance(i)
      [0x80, 0x80, 0x52],  // mstore(i, i)
    ])
    push(1, width: 1)
    emit(0x90, 0x03, 0x80)
    push(start, width: 2)
    emit(0x57, 0x50)
  }

  /// A call of a precompile with input that it accepts, most of the time.
  private mutating func precompile(_ random: inout SeededGenerator) {
    if random.oneIn(3) {
      let input = random.pick(Self.precompileInputs)
      precompile(input.address, words: input.words, count: input.count, &random)
      return
    }
    let one = UInt256.one, two = UInt256(2 as UInt64)
    let (address, words): (Int, [UInt256]) =
      switch random.upTo(8) {
      case 0: (1, [random.word(), UInt256(UInt64(27 + random.upTo(1))), random.word(), random.word()])
      case 1: (2, [random.word(), random.word()])
      case 2: (3, [random.word()])
      case 3: (4, [random.word(), random.word(), random.word()])
      case 4:
        (
          5,
          [
            UInt256(UInt64(random.upTo(32))), one, UInt256(UInt64(random.upTo(32))), random.word(), random.word(),
            random.word(),
          ]
        )
      case 5: (6, [one, two, random.oneIn(2) ? one : .zero, random.oneIn(2) ? two : .zero])
      case 6: (7, [one, two, random.word()])
      case 7: (8, random.oneIn(2) ? [] : (0..<6).map { _ in .zero })
      default: (0x100, (0..<5).map { _ in random.word() })
      }
    let count = 32 * words.count - (random.oneIn(5) && !words.isEmpty ? 1 : 0)
    precompile(address, words: words, count: count, &random)
  }

  /// Inputs that are as they should be, of moderate length.
  private static let precompileInputs = Shape.precompileInputs.filter { $0.2.count <= 800 }.map { input in
    let padded = input.2 + [UInt8](repeating: 0, count: (32 - input.2.count % 32) % 32)
    return (
      address: input.1, count: input.2.count,
      words: stride(from: 0, to: padded.count, by: 32).map {
        UInt256(bigEndianBytes: padded[$0..<$0 + 32]) ?? .zero
      }
    )
  }

  private mutating func precompile(
    _ address: Int, words: [UInt256], count: Int, _ random: inout SeededGenerator
  ) {
    for (index, word) in words.enumerated() {
      push(word)
      push(32 * index, width: 2)
      emit(0x52)
    }
    push(random.pick([0, 32, 64]), width: 1)
    push(256, width: 2)
    push(count, width: 2)
    push(0, width: 1)
    push(address, width: 2)
    if random.oneIn(4) { push(random.upTo(50_000), width: 3) } else { emit(0x5a) }
    emit(0xfa)
    storeTop(&random)
    push(64, width: 1)
    push(256, width: 2)
    emit(0x20)
    storeTop(&random)
    emit(0x3d)
    storeTop(&random)
  }

  private mutating func create(_ random: inout SeededGenerator) {
    guard depth > 0 else { return }
    let runtime = RandomCode.program(&random, addresses: addresses, depth: 0)
    let child = RandomCode.initCode(&random, addresses: addresses, depth: depth - 1, runtime: runtime)
    // Written to memory word by word.
    for offset in stride(from: 0, to: child.count, by: 32) {
      let piece = Array(child[offset..<min(offset + 32, child.count)])
      code.append(0x7f)
      code += piece + [UInt8](repeating: 0, count: 32 - piece.count)
      push(offset, width: 2)
      emit(0x52)
    }
    let isSalted = random.oneIn(2)
    if isSalted { push(random.upTo(3), width: 1) }
    push(child.count, width: 2)
    push(0, width: 1)
    push(random.oneIn(3) ? random.upTo(500) : 0, width: 2)
    emit(isSalted ? 0xf5 : 0xf0)
    storeTop(&random)
  }

  mutating func end(_ random: inout SeededGenerator) {
    switch random.upTo(11) {
    case 0:
      pushAddress(&random)
      emit(0xff)
    case 1:
      pushSize(&random)
      pushMemory(&random)
      emit(0xfd)
    case 2: emit(random.pick([0xfe, 0x5f, 0x01, 0x56]))
    case 3, 4, 5:
      pushSize(&random)
      pushMemory(&random)
      emit(0xf3)
    default: emit(0x00)
    }
    // Sometimes what follows is data, with bytes that look like jump destinations and half a push.
    if random.oneIn(4) { code += random.pick([[0x5b], [0x60], [0x7f, 0x5b, 0x5b], [0x5b, 0x61, 0x5b]]) }
  }
}
