import Primitives
import Testing

@Suite("32-byte strings and addresses")
struct FixedBytesTests {
  static let counting = (0..<32).map { UInt8($0 + 1) }

  @Test("Bytes are held in their order")
  func byteOrder() throws {
    let word = try #require(Bytes32(Self.counting))
    #expect(word.bytes == Self.counting)
    #expect((0..<32).map { word[$0] } == Self.counting)
    #expect(word.withUnsafeBytes { Array($0) } == Self.counting)
    #expect(UInt256(word) == UInt256(bigEndianBytes: Self.counting))
    #expect(Bytes32(UInt256(word)) == word)
    let address = try #require(Address(Self.counting[..<20]))
    #expect(address.bytes == Array(Self.counting[..<20]))
    #expect(address.withUnsafeBytes { Array($0) } == address.bytes)
    #expect(UInt256(address).bytes == [UInt8](repeating: 0, count: 12) + address.bytes)
    #expect(Bytes32(address).bytes == UInt256(address).bytes)
  }

  @Test("Any other number of bytes is refused", arguments: [0, 1, 19, 21, 31, 33])
  func sizes(count: Int) {
    let bytes = [UInt8](repeating: 1, count: count)
    #expect(Bytes32(bytes) == nil)
    #expect(Address(bytes) == nil)
  }

  @Test("Loading and storing need no alignment", arguments: 0..<8)
  func alignment(offset: Int) {
    var memory = [UInt8](repeating: 0xee, count: 48)
    memory.replaceSubrange(offset..<offset + 32, with: Self.counting)
    memory.withUnsafeMutableBytes {
      let start = $0.baseAddress! + offset
      #expect(Bytes32(loading: start).bytes == Self.counting)
      #expect(UInt256(bigEndian: start) == UInt256(bigEndianBytes: Self.counting))
      #expect(Address(loading: start).bytes == Array(Self.counting.prefix(20)))
      Bytes32.zero.store(to: start)
      Address(0xff).store(to: start)
    }
    let expected = [UInt8](repeating: 0, count: 19) + [0xff] + [UInt8](repeating: 0, count: 12)
    #expect(Array(memory[offset..<offset + 32]) == expected)
    #expect(memory[..<offset].allSatisfy { $0 == 0xee } && memory[(offset + 32)...].allSatisfy { $0 == 0xee })
  }

  @Test("An address is the low 160 bits of a word")
  func truncation() {
    for number in interestingNumbers {
      let address = Address(truncating: number)
      #expect(address.bytes == Array(number.bytes.suffix(20)))
      #expect(Address(truncating: Bytes32(number)) == address)
      #expect(Address(truncating: UInt256(address)) == address)
      #expect(address.isZero == (UInt256(address) == .zero))
    }
  }

  @Test("The order is that of the bytes")
  func order() {
    let numbers = interestingNumbers
    for (a, b) in zip(numbers, numbers.dropFirst()) {
      #expect((Bytes32(a) < Bytes32(b)) == a.bytes.lexicographicallyPrecedes(b.bytes))
      let x = Address(truncating: a), y = Address(truncating: b)
      #expect((x < y) == x.bytes.lexicographicallyPrecedes(y.bytes))
    }
  }

  @Test("Equal values hash alike and others nearly always differ, whichever bit it is")
  func hashing() {
    var hashes: Set<Int> = []
    var words: Set<Bytes32> = [], numbers: Set<UInt256> = [], addresses: Set<Address> = []
    for position in 0..<256 as Range<UInt64> {
      let number = UInt256.one << position
      #expect(Bytes32(number).hashValue == Bytes32(number.bytes)?.hashValue)
      hashes.insert(number.hashValue)
      words.insert(Bytes32(number))
      numbers.insert(number)
      addresses.insert(Address(truncating: number))
    }
    #expect(hashes.count == 256)
    #expect(words.count == 256 && numbers.count == 256)
    // The powers from 2^160 on are the zero address.
    #expect(addresses.count == 161)
    #expect(words.contains(Bytes32(.one << 77 as UInt256)) && !words.contains(.zero))
  }

  @Test("Neighbouring keys, as those of Solidity arrays, spread over a table")
  func spread() {
    // Of 4096 keys in 4096 buckets, about 1 − 1/e of the buckets are hit by a random function.
    for shift in [0, 64, 128, 192] as [UInt64] {
      var buckets: Set<Int> = []
      for index in 0..<4_096 as Range<UInt64> { buckets.insert((UInt256(index) << shift).hashValue & 4_095) }
      #expect(buckets.count > 2_300, "shifted by \(shift)")
    }
  }
}
