import RandomTesting
import Testing
import VerificationKeys

@Suite("Low-degree extension")
struct LowDegreeExtensionTests {
  /// A polynomial c·x^k + c̄·x^(n-k) for each term, which has values in the base field on the domain.
  private struct Polynomial {
    let terms: [(coefficient: Mersenne31Complex, exponent: Int)]
    let count: Int

    init(terms: Int, count: Int, using random: inout SplitMix64) {
      self.count = count
      self.terms = (0..<terms).map { _ in
        let word = { (random: inout SplitMix64) in UInt32.random(in: 0..<Mersenne31.modulus, using: &random) }
        return (
          Mersenne31Complex(re: word(&random), im: word(&random)), Int.random(in: 1..<count / 2, using: &random)
        )
      }
    }

    func callAsFunction(_ point: Mersenne31Complex) -> Mersenne31Complex {
      terms.reduce(into: Mersenne31Complex(re: 0, im: 0)) { sum, term in
        for summand in [
          term.coefficient * point.power(term.exponent),
          term.coefficient.conjugate * point.power(count - term.exponent),
        ] {
          sum.re = Mersenne31.add(sum.re, summand.re)
          sum.im = Mersenne31.add(sum.im, summand.im)
        }
      }
    }
  }

  @Test("The values beside the domain are those of the polynomial", arguments: [6, 7, 10, 16])
  func values(bits: Int) throws {
    var random = SplitMix64(seed: UInt64(bits))
    let columns = try SetupColumns(count: 4, rowBits: bits), count = columns.rowCount
    let polynomials = (0..<4).map { _ in Polynomial(terms: 3, count: count, using: &random) }
    let step = Mersenne31Complex.generator(bits: bits)
    var point = Mersenne31Complex.one
    for row in 0..<count {
      for column in 0..<4 {
        let value = polynomials[column](point)
        #expect(value.im == 0)
        columns[row, column] = value.re
      }
      point = point * step
    }
    let transform = try LowDegreeExtension(rowBits: bits)
    transform.extend(columns, 0, 1)
    transform.extend(columns, 3, 2)
    let tau = Mersenne31Complex.generator(bits: bits + 1), scale = tau.power(count / 2).conjugate
    for row in count <= 1024 ? Array(0..<count) : (0..<200).map({ _ in Int.random(in: 0..<count, using: &random) }) {
      let point = tau * step.power(row)
      for column in 0..<4 {
        #expect(
          polynomials[column](point) * scale == Mersenne31Complex(re: columns[row, column], im: 0),
          "row \(row), column \(column)")
      }
    }
  }

  @Test("Columns are balanced by their last row")
  func balance() throws {
    let columns = try SetupColumns(count: 2, rowBits: 6)
    for row in 0..<columns.rowCount { columns[row, 0] = Mersenne31.modulus - 1 - UInt32(row) }
    columns.balance()
    let sum = (0..<columns.rowCount).reduce(UInt32(0)) { Mersenne31.add($0, columns[$1, 0]) }
    #expect(sum == 0)
    #expect(columns[62, 0] == Mersenne31.modulus - 63)
    #expect((0..<columns.rowCount).allSatisfy { columns[$0, 1] == 0 })
  }
}
