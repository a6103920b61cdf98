// Code translated to blocks.

import Primitives

/// The translation of a code under one instruction table: immutable, shared by every frame that runs the code.
///
/// One allocation holds the entries, the instructions, the words that instructions point to, and for each byte of code
/// the index of the entry of the JUMPDEST there.
final class Translation: @unchecked Sendable {
  /// Index 0: the target of jumps to nowhere. Index 1: the beginning of the code.
  let entries: UnsafePointer<BlockEntry>
  /// By code offset; 0 where no jump may go.
  let entryIndices: UnsafePointer<UInt16>
  /// The costs that the translation contains.
  let table: UnsafePointer<InstructionTable>
  /// Bytes allocated.
  let size: Int
  private let storage: UnsafeMutableRawPointer

  /// That of no code, for frames without a translation.
  static let none = Translation()

  private init() {
    size = MemoryLayout<BlockEntry>.stride
    storage = .allocate(byteCount: size, alignment: 64)
    let entry = storage.bindMemory(to: BlockEntry.self, capacity: 1)
    entry.initialize(to: BlockEntry(offset: 0, isDestination: false))
    entries = UnsafePointer(entry)
    entryIndices = UnsafePointer(storage.assumingMemoryBound(to: UInt16.self))
    table = EthereumRules(.cancun).table
  }

  /// The translation of `code`, `nil` for code with more blocks than entries can be numbered.
  convenience init?(_ code: Code, table: UnsafePointer<InstructionTable>, truncatesShifts: Bool) {
    var translator = Translator(code, table: table, truncatesShifts: truncatesShifts)
    defer { translator.deallocate() }
    guard translator.translate() else { return nil }
    self.init(translator, count: code.count, table: table)
  }

  /// Moves what the translator produced to its final place and turns indices into addresses.
  private init(_ translator: Translator, count: Int, table: UnsafePointer<InstructionTable>) {
    let entryBytes = translator.entries.count &* MemoryLayout<BlockEntry>.stride
    let wordBytes = translator.words.count &* MemoryLayout<UInt256>.stride
    let instructionBytes = translator.instructions.count &* MemoryLayout<BlockInstruction>.stride
    size = entryBytes &+ wordBytes &+ instructionBytes &+ 2 &* count
    storage = .allocate(byteCount: size, alignment: 64)
    self.table = table

    let entries = storage.bindMemory(to: BlockEntry.self, capacity: translator.entries.count)
    let words = (storage + entryBytes).bindMemory(to: UInt256.self, capacity: translator.words.count)
    let instructions = (storage + entryBytes + wordBytes)
      .bindMemory(to: BlockInstruction.self, capacity: translator.instructions.count)
    let entryIndices = (storage + entryBytes + wordBytes + instructionBytes)
      .bindMemory(to: UInt16.self, capacity: count)
    words.initialize(from: translator.words.base, count: translator.words.count)
    for offset in 0..<count {
      let index = translator.entryIndices[offset]
      (entryIndices + offset).initialize(to: translator.entries[Int(index)].isDestination ? index : 0)
    }
    for index in 0..<translator.entries.count {
      var entry = translator.entries[index]
      entry.body = Int(bitPattern: instructions + entry.body)
      (entries + index).initialize(to: entry)
    }
    for index in 0..<translator.instructions.count {
      var instruction = translator.instructions[index]
      switch instruction.operation {
      case .proceed, .branch, .branchEqual, .branchLess, .branchSignedLess, .branchEqualImmediate, .branchLessImmediate,
        .branchGreaterImmediate:
        instruction.x = UInt64(UInt(bitPattern: entries + Int(instruction.x)))
      case .leave:
        instruction.x = instruction.x == 0 ? 0 : UInt64(UInt(bitPattern: entries + Int(instruction.x)))
      case .load, .store, .storeByte, .loadImmediate, .storeImmediate, .reference:
        instruction.x = UInt64(UInt(bitPattern: entries + Int(instruction.x)))
      case .addWide, .andWide, .wideConstant:
        instruction.i = UInt64(UInt(bitPattern: words + Int(instruction.i)))
      default: break
      }
      (instructions + index).initialize(to: instruction)
    }
    self.entries = UnsafePointer(entries)
    self.entryIndices = UnsafePointer(entryIndices)
  }

  deinit { storage.deallocate() }
}
