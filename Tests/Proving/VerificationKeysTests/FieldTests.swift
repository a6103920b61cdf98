import RandomTesting
import Testing
import VerificationKeys

@Suite("The field of 2^31 - 1 elements")
struct FieldTests {
  @Test("The generator has the order 2^31 and the norm 1")
  func generator() {
    let generator = Mersenne31Complex.generator
    #expect(generator * generator.conjugate == .one)
    #expect(generator.power(1 << 30) == Mersenne31Complex(re: Mersenne31.modulus - 1, im: 0))
    #expect(Mersenne31Complex.generator(bits: 0) == .one)
    #expect(Mersenne31Complex.generator(bits: 31) == generator)
    #expect(Mersenne31Complex.generator(bits: 5).power(32) == .one)
  }

  @Test("Halving as often as doubling", arguments: [0, 1, 22, 30, 31, 40])
  func inverses(bits: Int) {
    let doubled = (0..<bits).reduce(UInt32(1)) { value, _ in Mersenne31.add(value, value) }
    #expect(Mersenne31.multiply(doubled, Mersenne31.inverse(ofPowerOfTwo: bits)) == 1)
  }

  @Test("Eight at once are what each alone is, at the bounds too")
  func lanes() {
    var random = SplitMix64(seed: 1)
    let bounds: [UInt32] = [0, 1, Mersenne31.modulus - 1, Mersenne31.modulus / 2]
    func word() -> UInt32 {
      Bool.random(using: &random)
        ? bounds.randomElement(using: &random) ?? 0 : UInt32.random(in: 0..<Mersenne31.modulus, using: &random)
    }
    for _ in 0..<500 {
      let a = (0..<8).map { _ in Mersenne31Complex(re: word(), im: word()) }
      let b = (0..<8).map { _ in Mersenne31Complex(re: word(), im: word()) }
      let x = Self.lanes(a), y = Self.lanes(b)
      let sum = x + y, difference = x - y, product = x * y, conjugate = x.timesConjugate(y)
      for index in 0..<8 {
        let (a, b) = (a[index], b[index])
        #expect(
          Self.lane(sum, index)
            == Mersenne31Complex(re: Mersenne31.add(a.re, b.re), im: Mersenne31.add(a.im, b.im)))
        #expect(
          Self.lane(difference, index)
            == Mersenne31Complex(
              re: Mersenne31.add(a.re, Mersenne31.negate(b.re)), im: Mersenne31.add(a.im, Mersenne31.negate(b.im))))
        #expect(Self.lane(product, index) == a * b)
        #expect(Self.lane(conjugate, index) == a * b.conjugate)
      }
    }
  }

  private static func lanes(_ elements: [Mersenne31Complex]) -> ComplexLanes {
    ComplexLanes(re: SIMD8(elements.map(\.re)), im: SIMD8(elements.map(\.im)))
  }

  private static func lane(_ lanes: ComplexLanes, _ index: Int) -> Mersenne31Complex {
    Mersenne31Complex(re: lanes.re[index], im: lanes.im[index])
  }
}
