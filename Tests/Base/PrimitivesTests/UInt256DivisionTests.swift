import Primitives
import RandomTesting
import Testing

/// Numbers whose limbs are all zeros, all ones, one bit, or nearly so, in every combination: the estimates of long division
/// are wrong for such numbers and, with probability 2^-63, for no others.
private struct PatternedNumbers {
  var generator: SplitMix64

  private mutating func limb() -> UInt64 {
    switch generator.next() % 8 {
    case 0, 1: 0
    case 2, 3: .max
    case 4: 1 << 63
    case 5: 1
    case 6: .max - 1
    default: generator.next()
    }
  }

  mutating func next() -> UInt256 {
    let number = UInt256(l0: limb(), l1: limb(), l2: limb(), l3: limb())
    return number >> (generator.next() % 4 * 64)
  }
}

@Suite("Division of 256-bit words at its edges")
struct UInt256DivisionTests {
  @Test("Quotient and remainder obey the law of division")
  func divisionLaw() {
    var numbers = PatternedNumbers(generator: SplitMix64(seed: 41))
    var failures = 0
    for _ in 0..<300_000 {
      let a = numbers.next(), b = numbers.next()
      let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
      if b.isZero {
        if !quotient.isZero || !remainder.isZero { failures += 1 }
        continue
      }
      let product = quotient.multipliedFullWidth(by: b)
      if remainder >= b || !product.high.isZero || product.low &+ remainder != a { failures += 1 }
    }
    #expect(failures == 0)
  }

  @Test("A dividend one below, at, and one above a multiple of the divisor")
  func multiples() {
    var numbers = PatternedNumbers(generator: SplitMix64(seed: 42))
    var failures = 0
    for _ in 0..<100_000 {
      let divisor = numbers.next(), factor = numbers.next()
      let product = divisor.multipliedReportingOverflow(by: factor)
      guard !product.overflow, divisor > .one, !factor.isZero, product.partialValue < .max else { continue }
      let multiple = product.partialValue
      if multiple / divisor != factor || multiple % divisor != .zero { failures += 1 }
      if (multiple - .one) / divisor != factor - .one || (multiple - .one) % divisor != divisor - .one { failures += 1 }
      if (multiple + .one) / divisor != factor || (multiple + .one) % divisor != .one { failures += 1 }
    }
    #expect(failures == 0)
  }

  @Test("(a·b) mod m and (a+b) mod m: distributive, and zero where m divides")
  func modularLaws() {
    var numbers = PatternedNumbers(generator: SplitMix64(seed: 43))
    var failures = 0
    for _ in 0..<100_000 {
      let a = numbers.next(), b = numbers.next(), c = numbers.next(), m = numbers.next()
      let left = a.multipliedModulo(b, m).addingModulo(a.multipliedModulo(c, m), m)
      if left != a.multipliedModulo(b.addingModulo(c, m), m) { failures += 1 }
      if !a.multipliedModulo(m, m).isZero { failures += 1 }
      if !m.isZero, a.multipliedModulo(b, m) >= m || a.addingModulo(b, m) >= m { failures += 1 }
    }
    #expect(failures == 0)
  }

  @Test("(a·b) mod m agrees with doubling and adding, bit by bit")
  func slowProducts() {
    var numbers = PatternedNumbers(generator: SplitMix64(seed: 44))
    func double(_ x: UInt256, plus y: UInt256, _ m: UInt256) -> UInt256 {
      func add(_ x: UInt256, _ y: UInt256) -> UInt256 {
        let sum = x.addingReportingOverflow(y)
        return sum.overflow || sum.partialValue >= m ? sum.partialValue &- m : sum.partialValue
      }
      return add(add(x, x), y)
    }
    var failures = 0
    for _ in 0..<3_000 {
      let a = numbers.next(), b = numbers.next(), m = numbers.next()
      guard !m.isZero else { continue }
      var product = UInt256.zero
      for position in stride(from: 255, through: 0, by: -1) {
        product = double(product, plus: a.testBit(position) ? b % m : .zero, m)
      }
      if product != a.multipliedModulo(b, m) { failures += 1 }
    }
    #expect(failures == 0)
  }

  @Test("The quotient of signed numbers has the sign of both, the remainder that of the dividend")
  func signedLaws() {
    var numbers = PatternedNumbers(generator: SplitMix64(seed: 45))
    var failures = 0
    for _ in 0..<100_000 {
      let a = numbers.next(), b = numbers.next()
      guard !b.isZero else { continue }
      let quotient = a.dividedSigned(by: b), remainder = a.remainderSigned(by: b)
      if quotient &* b &+ remainder != a { failures += 1 }
      if !remainder.isZero, remainder.isNegative != a.isNegative { failures += 1 }
    }
    #expect(failures == 0)
  }
}
