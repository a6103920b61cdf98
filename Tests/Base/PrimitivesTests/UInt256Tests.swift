import Primitives
import RandomTesting
import Testing

/// Numbers that stress every limb count: powers of two, their neighbours, and random ones of all widths.
let interestingNumbers: [UInt256] = {
  var generator = SplitMix64(seed: 7)
  var numbers: [UInt256] = [.zero, .one, 2, .max]
  for position in stride(from: 8 as UInt64, to: 256, by: 8) {
    let power = UInt256.one << position
    numbers += [power, power &- .one, power &+ .one]
  }
  for _ in 0..<120 {
    numbers.append(generator.word() >> (generator.next() % 256))
  }
  // Divisors whose quotient digits the estimate overshoots.
  numbers.append(UInt256(l0: 0, l1: 0, l2: .max, l3: 1 << 63))
  numbers.append(UInt256(l0: .max, l1: 0, l2: 0, l3: 1 << 63))
  numbers.append(UInt256(l0: 0, l1: .max, l2: 1 << 63, l3: 0))
  numbers.append(UInt256(l0: .max, l1: .max, l2: .max &- 1, l3: .max))
  return numbers
}()

@Suite("256-bit words")
struct UInt256Tests {
  @Test("Division is the inverse of multiplication and addition, for every pair of widths")
  func divisionLaw() {
    for a in interestingNumbers {
      for b in interestingNumbers where !b.isZero {
        let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
        #expect(remainder < b)
        let product = quotient.multipliedFullWidth(by: b)
        #expect(product.high.isZero)
        #expect(product.low &+ remainder == a)
        #expect(product.low <= a)
      }
    }
  }

  @Test("Division by zero gives zero")
  func divisionByZero() {
    for a in interestingNumbers {
      #expect(a / .zero == .zero)
      #expect(a % .zero == .zero)
      #expect(a.dividedSigned(by: .zero) == .zero)
      #expect(a.remainderSigned(by: .zero) == .zero)
      #expect(a.addingModulo(.max, .zero) == .zero)
      #expect(a.multipliedModulo(.max, .zero) == .zero)
    }
  }

  @Test("MULMOD and ADDMOD agree with bit-by-bit arithmetic")
  func modularOperations() {
    var generator = SplitMix64(seed: 99)
    for modulus in interestingNumbers where !modulus.isZero {
      let a = interestingNumbers[Int(generator.next() % UInt64(interestingNumbers.count))]
      let b = interestingNumbers[Int(generator.next() % UInt64(interestingNumbers.count))]
      #expect(a.addingModulo(b, modulus) == slowAddModulo(a % modulus, b % modulus, modulus))
      #expect(a.multipliedModulo(b, modulus) == slowMultiplyModulo(a, b, modulus))
    }
  }

  private func slowAddModulo(_ a: UInt256, _ b: UInt256, _ modulus: UInt256) -> UInt256 {
    let sum = a.addingReportingOverflow(b)
    return sum.overflow || sum.partialValue >= modulus ? sum.partialValue &- modulus : sum.partialValue
  }

  private func slowMultiplyModulo(_ a: UInt256, _ b: UInt256, _ modulus: UInt256) -> UInt256 {
    var result = UInt256.zero
    let factor = a % modulus
    for position in stride(from: 255, through: 0, by: -1) {
      result = slowAddModulo(result, result, modulus)
      if b.testBit(position) { result = slowAddModulo(result, factor, modulus) }
    }
    return result
  }

  @Test("The low half of the full product is the wrapping product; products commute")
  func products() {
    for a in interestingNumbers {
      for b in interestingNumbers {
        let full = a.multipliedFullWidth(by: b)
        #expect(full.low == a &* b)
        #expect(full == b.multipliedFullWidth(by: a))
        #expect(a.multipliedReportingOverflow(by: b).overflow == !full.high.isZero)
      }
    }
  }

  @Test("Full products agree with long multiplication of bytes")
  func longMultiplication() {
    for (a, b) in zip(interestingNumbers, interestingNumbers.reversed()) {
      var digits = [UInt64](repeating: 0, count: 65)
      let x = Array(a.bytes.reversed()), y = Array(b.bytes.reversed())
      for i in 0..<32 {
        for j in 0..<32 { digits[i + j] += UInt64(x[i]) * UInt64(y[j]) }
      }
      for i in 0..<64 {
        digits[i + 1] += digits[i] >> 8
        digits[i] &= 0xff
      }
      let bytes = digits[..<64].reversed().map { UInt8($0) }
      let full = a.multipliedFullWidth(by: b)
      #expect(full.high.bytes + full.low.bytes == bytes)
    }
  }

  @Test("Sums and differences undo each other, and carry through every limb")
  func sums() {
    for a in interestingNumbers {
      for b in interestingNumbers {
        let sum = a.addingReportingOverflow(b)
        #expect(sum.partialValue &- b == a)
        #expect(sum.overflow == (sum.partialValue < a))
      }
    }
    #expect(UInt256.max &+ .one == .zero)
    #expect(.zero &- UInt256.one == .max)
  }

  @Test("The order is that of the bytes, most significant first")
  func order() {
    for a in interestingNumbers {
      for b in interestingNumbers {
        #expect((a < b) == a.bytes.lexicographicallyPrecedes(b.bytes))
        #expect((a == b) == (a.bytes == b.bytes))
      }
      #expect(!(a < a))
    }
  }

  @Test("Shifts by k multiply and divide by 2^k; 256 places leave nothing")
  func shifts() {
    for a in interestingNumbers {
      for count in [0, 1, 7, 63, 64, 65, 127, 128, 191, 192, 255] as [UInt64] {
        let power = UInt256(2).power(UInt256(count))
        #expect(a << count == a &* power)
        #expect(a >> count == a / power)
      }
      #expect(a << 256 == .zero)
      #expect(a >> 256 == .zero)
      #expect(a.shiftedRightArithmetically(by: .max) == (a.isNegative ? .max : .zero))
      #expect(a.shiftedRightArithmetically(by: .zero) == a)
    }
  }

  @Test("Signed operations follow two's complement")
  func signedOperations() {
    let minusOne = UInt256.max, smallest = UInt256.one << 255
    #expect(smallest.dividedSigned(by: minusOne) == smallest)
    #expect(UInt256(7).negated.dividedSigned(by: 2) == UInt256(3).negated)
    #expect(UInt256(7).negated.remainderSigned(by: 2) == minusOne)
    #expect(UInt256(7).remainderSigned(by: UInt256(2).negated) == .one)
    #expect(minusOne.isLessSigned(than: .zero))
    #expect(!UInt256.zero.isLessSigned(than: smallest))
    #expect(UInt256(0xff).signExtended(fromByte: 0) == minusOne)
    #expect(UInt256(0x7f).signExtended(fromByte: 0) == 0x7f)
    #expect(UInt256(0x1ff).signExtended(fromByte: 1) == 0x1ff)
    #expect(UInt256(0x80).signExtended(fromByte: 31) == 0x80)
    #expect(UInt256(0x80).signExtended(fromByte: .max) == 0x80)
  }

  @Test("BYTE counts from the most significant end")
  func byteSelection() {
    let word = UInt256(hex: "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")!
    for index in 0..<32 as Range<UInt64> { #expect(word.byte(at: UInt256(index)) == UInt256(index)) }
    #expect(word.byte(at: 32) == .zero)
    #expect(word.byte(at: .max) == .zero)
  }

  @Test("Powers agree with repeated multiplication")
  func powers() {
    for base in [0, 1, 2, 3, 10, .max, UInt256.one << 200] as [UInt256] {
      var product = UInt256.one
      for exponent in 0..<70 as Range<UInt64> {
        #expect(base.power(UInt256(exponent)) == product)
        product = product &* base
      }
    }
    #expect(UInt256(2).power(.max) == .zero)
  }

  @Test("Bytes and text survive the round trip")
  func roundTrips() {
    for a in interestingNumbers {
      #expect(UInt256(bigEndianBytes: a.bytes) == a)
      #expect(UInt256(bigEndianBytes: a.minimalBytes) == a)
      #expect(a.minimalBytes.first != 0)
      #expect(UInt256(a.description) == a)
      #expect(UInt256(a.hex) == a)
      #expect(UInt256(Bytes32(a)) == a)
      #expect(a.byteWidth == a.minimalBytes.count)
    }
    #expect(UInt256.zero.hex == "0x0")
    #expect(UInt256.zero.description == "0")
    #expect(UInt256(0x0f00).hex == "0xf00")
    #expect(UInt256("115792089237316195423570985008687907853269984665640564039457584007913129639935") == .max)
    #expect(UInt256("115792089237316195423570985008687907853269984665640564039457584007913129639936") == nil)
    for text in ["", "0x", "-1", "1e3", "0xg", "0x" + String(repeating: "1", count: 65)] {
      #expect(UInt256(text) == nil)
    }
    #expect(UInt256(bigEndianBytes: [UInt8](repeating: 0, count: 33)) == nil)
  }
}
