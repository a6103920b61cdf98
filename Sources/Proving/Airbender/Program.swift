/// A guest program: a flat image for address 0, decoded once and shared by every machine that runs it.
///
/// Code executes from the ROM only (the first 2 MiB), and the ROM cannot change, so the decoded table stays true.
public final class Program: @unchecked Sendable {  // immutable once built
  /// How a program is run. All engines do the same, instruction by instruction and cycle by cycle.
  public enum Engine: String, Sendable, CaseIterable {
    /// Decoded instructions, one at a time; works everywhere and never generates code.
    case interpreter
    /// Translated once to the host's own instructions, where that is possible (x86-64, and a system that lets a process
    /// make code); otherwise interpreted.
    case translator
  }

  /// The image, one little-endian word per instruction or constant.
  public let words: [UInt32]
  /// The machine that the program was decoded for.
  public let machine: MachineKind

  /// One instruction per word of the ROM; beyond the image all are illegal.
  let table: LazyMemory

  #if arch(x86_64)
    /// The program as code of this processor; `nil` when the interpreter is to run it.
    let native: NativeCode?
  #endif

  /// - Parameters:
  ///   - image: the instructions and constants, for address 0.
  ///   - machine: the machine that the program is for.
  ///   - engine: how machines run the program.
  /// - Throws: ``AirbenderError/imageSize(_:)`` for an image that is empty, no multiple of 4 bytes, or larger than the
  ///   ROM; ``AirbenderError/outOfMemory``.
  public convenience init(
    image: [UInt8], machine: MachineKind = .standard, engine: Engine = .translator
  ) throws(AirbenderError) {
    guard image.count % 4 == 0, !image.isEmpty, image.count <= Int(AddressSpace.romSize) else {
      throw .imageSize(image.count)
    }
    let words = image.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
      }
    }
    try self.init(words: words, machine: machine, engine: engine)
  }

  /// - Throws: as ``init(image:machine:engine:)``.
  public init(
    words: [UInt32], machine: MachineKind = .standard, engine: Engine = .translator
  ) throws(AirbenderError) {
    let instructionCount = Int(AddressSpace.romSize) / 4
    guard !words.isEmpty, words.count <= instructionCount else { throw .imageSize(words.count * 4) }
    // One page more than the ROM: falling off its end meets an illegal instruction.
    guard let table = LazyMemory(byteCount: instructionCount * MemoryLayout<Instruction>.stride + 4096) else {
      throw .outOfMemory
    }
    self.words = words
    self.machine = machine
    let instructions = table.base.assumingMemoryBound(to: Instruction.self)
    for (index, word) in words.enumerated() {
      instructions[index] = Decoder.decode(word, at: UInt32(index * 4), for: machine)
    }
    self.table = table
    #if arch(x86_64)
      native = engine == .translator ? NativeCode(instructions, count: words.count) : nil
    #endif
  }

  var instructions: UnsafeMutablePointer<Instruction> {
    table.base.assumingMemoryBound(to: Instruction.self)
  }

  /// The word at `pc`, 0 beyond the image.
  public func word(at pc: UInt32) -> UInt32 {
    let index = Int(pc / 4)
    return index < words.count ? words[index] : 0
  }
}

/// Why a machine cannot be made.
public enum AirbenderError: Error, Equatable, CustomStringConvertible {
  /// Bytes in the image.
  case imageSize(Int)
  case outOfMemory

  public var description: String {
    switch self {
    case .imageSize(let count): "a guest image has 4 to 2,097,152 bytes, a multiple of 4; this one has \(count)"
    case .outOfMemory: "the system refuses to reserve the guest's address space"
    }
  }
}
