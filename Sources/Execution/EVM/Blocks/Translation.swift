// The blocks of a code that are translated so far.

import Primitives
import Synchronization

/// The translation of a code under one instruction table, block by block as they become hot; shared by every frame and
/// thread that runs the code.
///
/// Interpreters read it without a lock: what they can reach never moves or changes, and a block becomes reachable by one
/// atomic store when it is complete. Writers take turns.
@usableFromInline
final class Translation: @unchecked Sendable {
  /// Entries are numbered from 1 in segments of this many. A destination has its number at its code offset in
  /// ``numbers``, other entries have it negated, and 0 stands for no entry.
  private static var segment: Int { 64 }
  private static var mostEntries: Int { Int(Int16.max) }

  let numbers: UnsafeMutablePointer<Atomic<Int16>>
  let segments: UnsafeMutablePointer<UnsafeMutablePointer<BlockEntry>>
  /// The beginning of the code.
  var start: UnsafePointer<BlockEntry> { UnsafePointer(segments[0]) }
  /// The costs that the translation contains.
  let table: UnsafePointer<InstructionTable>

  // For the thread that holds the lock. The code outlives its translation.
  private let lock = Mutex(())
  private unowned(unsafe) let code: Code
  private let budget: TranslationBudget?
  private var arena: BlockArena
  private var entryCount = 0
  private var instructionCount = 0
  private let fixedSize: Int

  /// `nil` if the budget does not allow it.
  init?(_ code: Code, table: UnsafePointer<InstructionTable>) {
    let offsets = code.count + Code.padding
    let segmentCount = min(Self.mostEntries, offsets) / Self.segment + 1
    let size = 2 * offsets + 8 * segmentCount
    budget = code.budget
    if let budget, !budget.reserve(size) { return nil }
    fixedSize = size
    self.code = code
    self.table = table
    arena = BlockArena(budget: budget)
    numbers = .allocate(capacity: offsets)
    UnsafeMutableRawPointer(numbers).initializeMemory(as: Int16.self, repeating: 0, count: offsets)
    segments = .allocate(capacity: segmentCount)
    guard makeEntry(at: 0, isDestination: false, heat: Heat.hot) != nil else { return nil }
  }

  deinit {
    arena.deallocate()
    numbers.deallocate()
    segments.deallocate()
    budget?.release(fixedSize)
  }

  /// Bytes allocated.
  var size: Int { lock.withLock { _ in fixedSize &+ arena.size } }

  // MARK: Entries

  /// The entry of a number.
  @inline(__always)
  func entry(_ number: Int16) -> UnsafePointer<BlockEntry> { Translation.entry(number, UnsafePointer(segments)) }

  @inline(__always)
  static func entry(
    _ number: Int16, _ segments: UnsafePointer<UnsafeMutablePointer<BlockEntry>>
  ) -> UnsafePointer<BlockEntry> {
    let index = Int(number.magnitude) &- 1
    return UnsafePointer(segments[index / segment] + index % segment)
  }

  /// The entry at an offset where a block begins, made if need be; `nil` if there cannot be more. For the holder of the
  /// lock. `heat` is for entries that are no destinations.
  func entry(at offset: Int, heat: UInt8) -> UnsafePointer<BlockEntry>? {
    let number = numbers[offset].load(ordering: .relaxed)
    if number != 0 { return entry(number) }
    let isDestination = code.isJumpDestination(offset)
    guard let made = makeEntry(at: offset, isDestination: isDestination, heat: heat) else { return nil }
    let newNumber = Int16(truncatingIfNeeded: entryCount)
    numbers[offset].store(isDestination ? newNumber : -newNumber, ordering: .releasing)
    return made
  }

  /// Makes the next entry.
  private func makeEntry(at offset: Int, isDestination: Bool, heat: UInt8) -> UnsafePointer<BlockEntry>? {
    if entryCount == Self.mostEntries { return nil }
    let (segment, index) = entryCount.quotientAndRemainder(dividingBy: Self.segment)
    if index == 0 {
      guard let memory = arena.allocate(Self.segment * MemoryLayout<BlockEntry>.stride) else { return nil }
      segments[segment] = memory.bindMemory(to: BlockEntry.self, capacity: Self.segment)
    }
    let entry = segments[segment] + index
    entry.initialize(to: BlockEntry(offset: offset, isDestination: isDestination, heat: heat))
    entryCount &+= 1
    return UnsafePointer(entry)
  }

  // MARK: Blocks

  /// The entry of a destination, with its block translated. `nil` if another thread is translating, or if there is no
  /// memory for it.
  func translatedEntry(at offset: Int, _ translator: inout Translator) -> UnsafePointer<BlockEntry>? {
    let number = numbers[offset].load(ordering: .acquiring)
    if number > 0, entry(number).pointee.head != nil { return entry(number) }
    let isTranslated = lock.withLockIfAvailable { _ in
      entry(at: offset, heat: Heat.hot).map { make($0, &translator) } ?? false
    }
    return isTranslated ?? false ? entry(numbers[offset].load(ordering: .relaxed)) : nil
  }

  /// Translates the block of an entry; false if another thread is translating, or if there is no memory for it.
  func translate(_ entry: UnsafePointer<BlockEntry>, _ translator: inout Translator) -> Bool {
    lock.withLockIfAvailable { _ in make(entry, &translator) } ?? false
  }

  private func make(_ entry: UnsafePointer<BlockEntry>, _ translator: inout Translator) -> Bool {
    if entry.pointee.head != nil { return true }
    // What merging duplicates is bounded by the length of the code.
    let isMerging = instructionCount < 2 &* code.count &+ 64
    translator.begin(code, table, in: self)
    translator.walk(from: Int(entry.pointee.offset), isMerging: isMerging)
    guard !translator.hasFailed, let head = store(translator, entry.pointee.offset, isMerging) else { return false }
    instructionCount &+= translator.instructions.count
    entry.pointee.publish(head)
    return true
  }

  /// Moves a block to its place: the head, its instructions, and the words that they point to.
  private func store(_ translator: Translator, _ offset: UInt32, _ isMerging: Bool) -> UnsafePointer<BlockHead>? {
    let (instructionCount, wordCount) = (translator.instructions.count, translator.words.count)
    let instructionBytes = instructionCount &* MemoryLayout<BlockInstruction>.stride
    let wordBytes = wordCount &* MemoryLayout<UInt256>.stride
    guard let memory = arena.allocate(BlockHead.size &+ instructionBytes &+ wordBytes) else { return nil }
    let head = memory.bindMemory(to: BlockHead.self, capacity: 1)
    head.initialize(to: translator.head(offset: offset, isMerging: isMerging))
    let instructions = (memory + BlockHead.size).bindMemory(to: BlockInstruction.self, capacity: instructionCount)
    let words = (memory + BlockHead.size + instructionBytes).bindMemory(to: UInt256.self, capacity: wordCount)
    words.initialize(from: translator.words.base, count: wordCount)
    for index in 0..<instructionCount {
      var instruction = translator.instructions[index]
      switch instruction.operation {
      case .load, .store, .storeByte, .loadImmediate, .storeImmediate, .reference:
        instruction.x = UInt64(UInt(bitPattern: head))
      case .addWide, .andWide, .wideConstant:
        instruction.i = UInt64(UInt(bitPattern: words + Int(truncatingIfNeeded: instruction.i)))
      default: break
      }
      (instructions + index).initialize(to: instruction)
    }
    return UnsafePointer(head)
  }

  /// Where jumps to nowhere lead: a block that halts.
  nonisolated(unsafe) static let nowhere: UnsafePointer<BlockEntry> = {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: BlockHead.size + MemoryLayout<BlockInstruction>.stride, alignment: 8)
    let head = memory.bindMemory(to: BlockHead.self, capacity: 1)
    head.initialize(to: BlockHead(gas: 0, native: 0, need: 0, room: .max, offset: 0, isMerging: false))
    (memory + BlockHead.size).initializeMemory(
      as: BlockInstruction.self, to: BlockInstruction(operation: .invalidJump, d: 0, a: 0, b: 0, i: 0, x: 0))
    let entry = UnsafeMutablePointer<BlockEntry>.allocate(capacity: 1)
    entry.initialize(to: BlockEntry(offset: 0, isDestination: false, heat: Heat.hot))
    entry.pointee.publish(UnsafePointer(head))
    return UnsafePointer(entry)
  }()
}
