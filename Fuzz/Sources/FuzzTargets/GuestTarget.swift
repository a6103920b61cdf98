import Airbender

/// Runs a guest in the interpreter and in the translator, which must end alike: registers, cycles, memory, what was written.
///
/// Input: cycle limit (two bytes; bit 4 of the second asks for the recursion machine), number of words for the guest to read, those words, then five bytes an instruction: the
/// first chooses a shape that the other four are bent into, so that most of them are instructions and some are not.
enum GuestTarget {
  static func run(_ input: UnsafeRawBufferPointer) {
    guard input.count > 8 else { return }
    let limit = 1 + Int(input[0]) | Int(input[1] & 15) << 8
    let machine: MachineKind = input[1] & 16 == 0 ? .standard : .recursion
    let inputEnd = min(3 + 4 * Int(input[2] & 15), input.count)
    let source = stride(from: 3, to: inputEnd - 3, by: 4).map { word(input, $0) }
    var code = prologue
    for offset in stride(from: inputEnd, to: input.count - 4, by: 5) {
      code.append(instruction(input[offset], word(input, offset + 1)))
    }
    code.append(0x0000_006f)  // A jump to itself: the end.

    let interpreted = outcome(code, machine, .interpreter, source, limit)
    let translated = outcome(code, machine, .translator, source, limit)
    promise(interpreted?.report == translated?.report, "both engines end alike")
    promise(interpreted?.memory == translated?.memory, "both engines leave the same memory")
    promise(interpreted?.written == translated?.written, "both engines write the same")
  }

  /// Pointers into RAM for s0, s1, a0 and a1, one of them past the beginning, and an odd one in t0.
  private static let prologue: [UInt32] = [
    0x0020_0437,  // lui s0, 0x200
    0x0020_04b7,  // lui s1, 0x200
    0x2004_8493,  // addi s1, s1, 512
    0x0404_0513,  // addi a0, s0, 64
    0x0604_0593,  // addi a1, s0, 96
    0xfff4_0293,  // addi t0, s0, -1
  ]

  private static func word(_ input: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  private static func instruction(_ shape: UInt8, _ word: UInt32) -> UInt32 {
    let plain = word & ~0x7f
    let pointer: UInt32 = shape & 0x80 == 0 ? 8 : 9
    switch shape & 15 {
    case 0, 1: return word & 0x01ff_ff80 | 0x33 | [0, 0, 0x0200_0000, 0x4000_0000][Int(word >> 25 & 3)]
    case 2, 3: return plain | 0x13
    case 4, 5: return word & ~0x000f_807f | pointer << 15 | 0x03
    case 6, 7: return word & ~0x000f_807f & 0x01ff_ffff | pointer << 15 | 0x23
    // Branches and jumps that stay near: of twelve bits of distance the low ones.
    case 8, 9: return word & 0x01ff_ff80 & ~0x80 | (shape & 0x40 == 0 ? 0 : 0xfe00_0080) | 0x63
    case 10: return word & 0x01e0_0f80 | 0x6f
    case 11: return plain | (shape & 0x80 == 0 ? 0x37 : 0x17)
    case 12: return word & 0x01ff_8f80 & ~0x7000 | 0x67
    case 13, 14:
      let register: [UInt32] = [0x7c0, 0x7c7, 0x7ca, 0x7ff]
      let number = register[Int(word >> 20 & 3)]
      return word & (number & 0xf == 0 || shape & 0x40 != 0 ? 0x000f_8f80 : 0x0000_0f80) | number << 20 | 0x1073
    // The three field operations and their neighbours.
    case 15 where shape & 0x40 == 0: return word & 0x01ff_8f80 | 0x8200_4073 | (word >> 25 & 7) << 26
    default: return word
    }
  }

  private static func outcome(
    _ code: [UInt32], _ kind: MachineKind, _ engine: Program.Engine, _ source: [UInt32], _ limit: Int
  ) -> (report: RunReport, memory: [UInt8], written: [UInt32])? {
    guard let program = try? Program(words: code, machine: kind, engine: engine), let machine = try? Machine(program)
    else { return nil }
    var host = Host(words: WordQueue(source))
    let report = machine.run(&host, cycleLimit: limit)
    return (report, machine.bytes(at: AddressSpace.romSize, count: 4_096), host.written)
  }

  private struct Host: NonDeterminismSource {
    var words: WordQueue
    var written: [UInt32] = []

    mutating func read() -> UInt32? { words.read() }
    mutating func write(_ word: UInt32) { written.append(word) }
  }
}
