// The text of the struct log: written for every instruction, and therefore straight into memory.

import EVM
import Primitives

/// The finished steps, with commas between them, and what is prepared of the step under way.
///
/// A step's cost is known only after it ran, and its stack only before: the stack's text waits. Items that are the same as
/// at the step before are not written anew.
final class StepText {
  /// Finished steps.
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity = 16_384
  private(set) var count = 0

  /// The text of the stack's items, each with a comma behind it; where each ends; and their values.
  private let items: UnsafeMutablePointer<UInt8>
  private let ends: UnsafeMutablePointer<Int>
  private let words: UnsafeMutablePointer<UInt256>
  /// Items of which there is text, and of the step under way.
  private var known = 0, shown = 0

  private let names = OpcodeTexts.shared
  /// The digits of the gas before its last four, which stay the same for many steps.
  private var gasHead: UInt64 = 0
  private var gasDigits = SIMD32<UInt8>()
  private var gasDigitCount = 0

  /// An item is `"0x` with 64 digits, `",`; digits are written sixteen at a time.
  private static let itemSize = 96
  /// What a step has besides its stack and what is asked for specially: names and five numbers, and room behind them for
  /// what is copied in pieces of 32 bytes.
  private static let frameSize = 384

  init() {
    base = .allocate(capacity: capacity)
    items = .allocate(capacity: Self.itemSize * 1_025 + 32)
    ends = .allocate(capacity: 1_025)
    words = .allocate(capacity: 1_025)
  }

  deinit {
    base.deallocate()
    items.deallocate()
    ends.deallocate()
    words.deallocate()
  }

  /// What has been written of finished steps.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Forgets the finished steps, which have gone out.
  func clear() { count = 0 }

  /// Prepares the stack of the step under way, bottom first.
  func prepare(_ stack: UnsafeBufferPointer<UInt256>) {
    shown = min(stack.count, 1_024)
    let words = self.words, ends = self.ends
    var same = 0
    let most = min(known, shown)
    while same < most, words[same] == stack[same] { same &+= 1 }
    var cursor = TextCursor(items + (same == 0 ? 0 : ends[same &- 1]))
    for index in same..<shown {
      let word = stack[index]
      words[index] = word
      cursor.quotedQuantity(word)
      cursor.byte(UInt8(ascii: ","))
      ends[index] = cursor.place - items
    }
    // What lies above is kept for the step after next: most come back.
    known = same < shown ? shown : max(known, shown)
  }

  /// Writes the step under way, now that its cost is known.
  ///
  /// - Parameters:
  ///   - rest: further members, with commas between them.
  func finish(
    programCounter: Int, opcode: UInt8, gas: Int64, cost: Int64, depth: Int, error: String?, showsStack: Bool,
    rest: UnsafeRawBufferPointer
  ) {
    let stackSize = showsStack && shown > 0 ? ends[shown - 1] - 1 : 0
    reserve(Self.frameSize + stackSize + rest.count + (error?.utf8.count ?? 0))
    var cursor = TextCursor(base + count)
    if count > 0 { cursor.text(",{\"pc\":") } else { cursor.text("{\"pc\":") }
    cursor.decimal(UInt64(programCounter))
    cursor.wide(names.text + OpcodeTexts.size &* Int(opcode), pieces: 2)
    cursor.place += Int(names.lengths[Int(opcode)])
    writeGas(UInt64(max(0, gas)), &cursor)
    cursor.text(",\"gasCost\":")
    cursor.decimal(UInt64(max(0, cost)))
    cursor.text(",\"depth\":")
    cursor.decimal(UInt64(depth))
    if var error {
      cursor.text(",\"error\":\"")
      error.withUTF8 { if let start = $0.baseAddress { cursor.copy(start, count: $0.count) } }
      cursor.byte(UInt8(ascii: "\""))
    }
    if showsStack {
      cursor.text(",\"stack\":[")
      if stackSize <= 512 {
        cursor.wide(items, pieces: (stackSize &+ 31) &>> 5)
        cursor.place += stackSize
      } else {
        cursor.copy(items, count: stackSize)
      }
      cursor.byte(UInt8(ascii: "]"))
    }
    if let start = rest.baseAddress, rest.count > 0 {
      cursor.byte(UInt8(ascii: ","))
      cursor.copy(start.assumingMemoryBound(to: UInt8.self), count: rest.count)
    }
    cursor.byte(UInt8(ascii: "}"))
    count = cursor.place - base
  }

  @inline(__always)
  private func writeGas(_ gas: UInt64, _ cursor: inout TextCursor) {
    guard gas >= 10_000 else { return cursor.decimal(gas) }
    let head = gas / 10_000
    if head != gasHead { noteGasHead(head) }
    UnsafeMutableRawPointer(cursor.place).storeBytes(of: gasDigits, as: SIMD32<UInt8>.self)
    cursor.place += gasDigitCount
    cursor.fourDigits(gas &- head &* 10_000)
  }

  @inline(never)
  private func noteGasHead(_ head: UInt64) {
    withUnsafeMutableBytes(of: &gasDigits) { digits in
      guard let start = digits.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
      var cursor = TextCursor(start)
      cursor.decimal(head)
      gasDigitCount = cursor.place - start
    }
    gasHead = head
  }

  private func reserve(_ more: Int) {
    guard capacity - count < more else { return }
    let larger = max(2 * capacity, count + more)
    let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    fresh.update(from: base, count: count)
    base.deallocate()
    base = fresh
    capacity = larger
  }
}

/// What stands between the offset of an instruction and its gas, for each of the 256.
private final class OpcodeTexts: Sendable {
  /// Bytes of a text, of which the last ones mean nothing.
  static let size = 64
  static let shared = OpcodeTexts()
  nonisolated(unsafe) let text: UnsafePointer<UInt8>
  nonisolated(unsafe) let lengths: UnsafePointer<UInt8>

  private init() {
    let text = UnsafeMutablePointer<UInt8>.allocate(capacity: 256 * Self.size)
    let lengths = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    text.initialize(repeating: 0, count: 256 * Self.size)
    for byte in UInt8.min...UInt8.max {
      let piece = ",\"op\":\"\(Opcode(byte: byte).mnemonic)\",\"gas\":".utf8.prefix(Self.size)
      for (index, character) in piece.enumerated() { text[Self.size * Int(byte) + index] = character }
      lengths[Int(byte)] = UInt8(piece.count)
    }
    self.text = UnsafePointer(text)
    self.lengths = UnsafePointer(lengths)
  }
}

/// Writes text into memory of which there is enough.
private struct TextCursor {
  var place: UnsafeMutablePointer<UInt8>

  init(_ place: UnsafeMutablePointer<UInt8>) { self.place = place }

  @inline(__always)
  mutating func byte(_ byte: UInt8) {
    place.pointee = byte
    place += 1
  }

  @inline(__always)
  mutating func text(_ text: StaticString) { copy(text.utf8Start, count: text.utf8CodeUnitCount) }

  @inline(__always)
  mutating func copy(_ bytes: UnsafePointer<UInt8>, count: Int) {
    UnsafeMutableRawPointer(place).copyMemory(from: bytes, byteCount: count)
    place += count
  }

  /// Copies pieces of 32 bytes to the place, which stays.
  @inline(__always)
  func wide(_ bytes: UnsafePointer<UInt8>, pieces: Int) {
    let from = UnsafeRawPointer(bytes), to = UnsafeMutableRawPointer(place)
    var offset = 0
    while offset < pieces &* 32 {
      to.storeBytes(
        of: from.loadUnaligned(fromByteOffset: offset, as: SIMD32<UInt8>.self), toByteOffset: offset,
        as: SIMD32<UInt8>.self)
      offset &+= 32
    }
  }

  @inline(__always)
  mutating func decimal(_ value: UInt64) {
    if value < 10 {
      byte(UInt8(truncatingIfNeeded: value) &+ 0x30)
    } else if value < 100 {
      twoDigits(value)
    } else if value < 10_000 {
      if value < 1_000 {
        let hundreds = value / 100
        byte(UInt8(truncatingIfNeeded: hundreds) &+ 0x30)
        twoDigits(value &- hundreds &* 100)
      } else {
        fourDigits(value)
      }
    } else {
      longDecimal(value)
    }
  }

  @inline(never)
  private mutating func longDecimal(_ value: UInt64) {
    let head = value / 10_000
    if head < 10_000 { decimal(head) } else { longDecimal(head) }
    fourDigits(value &- head &* 10_000)
  }

  /// The digits of a number below 10,000, zeros in front included.
  @inline(__always)
  mutating func fourDigits(_ value: UInt64) {
    let hundreds = value / 100
    twoDigits(hundreds)
    twoDigits(value &- hundreds &* 100)
  }

  /// The digits of a number below 100, a zero in front included.
  @inline(__always)
  private mutating func twoDigits(_ value: UInt64) {
    let pair = UInt16(truncatingIfNeeded: value)
    let tens = (pair &* 103) &>> 10
    let ones = pair &- tens &* 10
    UnsafeMutableRawPointer(place).storeBytes(of: tens &+ 0x30 | (ones &+ 0x30) &<< 8, as: UInt16.self)
    place += 2
  }

  /// A minimal hexadecimal number after `0x`, in quotes. Up to sixteen bytes behind it are written over.
  @inline(__always)
  mutating func quotedQuantity(_ value: UInt256) {
    text("\"0x")
    if value.fitsUInt64 {
      leading(value.l0)
    } else {
      var limbs = (value.l3, value.l2, value.l1)
      var more = 3
      while limbs.0 == 0, more > 1 {
        limbs = (limbs.1, limbs.2, 0)
        more &-= 1
      }
      leading(limbs.0)
      if more > 1 { sixteen(limbs.1) }
      if more > 2 { sixteen(limbs.2) }
      sixteen(value.l0)
    }
    byte(UInt8(ascii: "\""))
  }

  /// The digits of a number without zeros in front, one for zero.
  @inline(__always)
  private mutating func leading(_ value: UInt64) {
    let digits = max(1, (67 &- value.leadingZeroBitCount) &>> 2)
    let shifted = value &<< UInt64(64 &- 4 &* digits)
    store(Hex.digits(of: UInt32(truncatingIfNeeded: shifted &>> 32)), at: 0)
    if digits > 8 { store(Hex.digits(of: UInt32(truncatingIfNeeded: shifted)), at: 8) }
    place += digits
  }

  @inline(__always)
  private mutating func sixteen(_ value: UInt64) {
    store(Hex.digits(of: UInt32(truncatingIfNeeded: value &>> 32)), at: 0)
    store(Hex.digits(of: UInt32(truncatingIfNeeded: value)), at: 8)
    place += 16
  }

  @inline(__always)
  private func store(_ digits: UInt64, at offset: Int) {
    UnsafeMutableRawPointer(place).storeBytes(of: digits.bigEndian, toByteOffset: offset, as: UInt64.self)
  }
}
