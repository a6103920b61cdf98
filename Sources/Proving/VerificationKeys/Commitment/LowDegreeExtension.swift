import Glibc

/// Takes the values of a polynomial on the domain of a power of two points to its values on the coset beside it.
///
/// The domain H has the powers of ω, the coset τ·H with τ² = ω. Values there are multiplied by τ^(-|H|/2): for a polynomial
/// that has values in the base field on H and no constant term they are in the base field then, so that two columns
/// travel as the real and the imaginary part of one. Source: zksync-airbender, `fft/src/row_major/precomputes.rs`.
package final class LowDegreeExtension: @unchecked Sendable {  // immutable once built
  private typealias Words = SIMD8<UInt32>

  private let rowBits: Int
  /// Steps within a lane: the others combine the eight lanes.
  private let laneBits: Int
  /// For the step that combines blocks of 2^b the powers of an element of order 2^(b+1), from index 2^b on.
  private let re: UnsafeMutablePointer<UInt32>
  private let im: UnsafeMutablePointer<UInt32>

  /// Steps that fit the processor's cache together: 2^12 vectors of both parts are 256 KiB.
  private static let cachedBits = 12

  /// - Throws: ``VerificationKeyError/outOfMemory``.
  package init(rowBits: Int) throws(VerificationKeyError) {
    precondition(rowBits >= 6, "too few rows for the lanes")
    self.rowBits = rowBits
    laneBits = rowBits - 3
    guard let re = malloc(4 << rowBits), let im = malloc(4 << rowBits) else { throw .outOfMemory }
    self.re = re.bindMemory(to: UInt32.self, capacity: 1 << rowBits)
    self.im = im.bindMemory(to: UInt32.self, capacity: 1 << rowBits)
    let top = rowBits - 1, generator = Mersenne31Complex.generator(bits: rowBits)
    var power = Mersenne31Complex.one
    for index in 0..<1 << top {
      self.re[1 << top + index] = power.re
      self.im[1 << top + index] = power.im
      power = power * generator
    }
    for step in 0..<top {
      for index in 0..<1 << step {
        self.re[1 << step + index] = self.re[1 << top + index << (top - step)]
        self.im[1 << step + index] = self.im[1 << top + index << (top - step)]
      }
    }
  }

  deinit {
    free(re)
    free(im)
  }

  /// Extends two columns in place.
  package func extend(_ columns: SetupColumns, _ first: Int, _ second: Int) {
    let pair = Pair(re: columns.vectors(first), im: columns.vectors(second))
    interpolate(pair, bits: laneBits)
    combineLanes(pair)
    evaluate(pair, bits: laneBits)
  }

  /// The vectors of two columns.
  private struct Pair {
    let re: UnsafeMutablePointer<Words>
    let im: UnsafeMutablePointer<Words>

    subscript(index: Int) -> ComplexLanes {
      @inline(__always)
      get { ComplexLanes(re: re[index], im: im[index]) }
      @inline(__always)
      nonmutating set {
        re[index] = newValue.re
        im[index] = newValue.im
      }
    }

    func advanced(by count: Int) -> Pair { Pair(re: re + count, im: im + count) }
  }

  // MARK: Within the lanes

  /// Bit-reversed values to |H| times the coefficients in their order, of each lane by itself.
  private func interpolate(_ pair: Pair, bits: Int) {
    guard bits > Self.cachedBits else {
      for step in 0..<bits {
        for start in stride(from: 0, to: 1 << bits, by: 2 << step) { interpolate(pair.advanced(by: start), step: step) }
      }
      return
    }
    interpolate(pair, bits: bits - 1)
    interpolate(pair.advanced(by: 1 << (bits - 1)), bits: bits - 1)
    interpolate(pair, step: bits - 1)
  }

  @inline(__always)
  private func interpolate(_ pair: Pair, step: Int) {
    let half = 1 << step
    for index in 0..<half {
      let power = Mersenne31Complex(re: re[half &+ index], im: im[half &+ index])
      let even = pair[index], odd = pair[half &+ index].timesConjugate(ComplexLanes(repeating: power))
      pair[index] = even + odd
      pair[half &+ index] = even - odd
    }
  }

  /// Coefficients in their order to bit-reversed values, of each lane by itself.
  private func evaluate(_ pair: Pair, bits: Int) {
    guard bits > Self.cachedBits else {
      for step in (0..<bits).reversed() {
        for start in stride(from: 0, to: 1 << bits, by: 2 << step) { evaluate(pair.advanced(by: start), step: step) }
      }
      return
    }
    evaluate(pair, step: bits - 1)
    evaluate(pair, bits: bits - 1)
    evaluate(pair.advanced(by: 1 << (bits - 1)), bits: bits - 1)
  }

  @inline(__always)
  private func evaluate(_ pair: Pair, step: Int) {
    let half = 1 << step
    for index in 0..<half {
      let power = Mersenne31Complex(re: re[half &+ index], im: im[half &+ index])
      let low = pair[index], high = pair[half &+ index]
      pair[index] = low + high
      pair[half &+ index] = (low - high) * ComplexLanes(repeating: power)
    }
  }

  // MARK: Across the lanes

  /// The last three steps to the coefficients, the way to the coset, and the first three steps to the values there.
  ///
  /// Between them a coefficient's number is that of its lane before that of its vector, so that vectors are transposed, eight at
  /// a time.
  private func combineLanes(_ pair: Pair) {
    let tau = Mersenne31Complex.generator(bits: rowBits + 1)
    let laneStride = tau.power(1 << laneBits)
    let laneFactors = InlineArray<8, ComplexLanes> { ComplexLanes(repeating: laneStride.power($0)) }
    let advance = ComplexLanes(repeating: tau.power(8))
    // 1/|H| of the interpolation, and τ^(-|H|/2).
    var scale = tau.power(1 << (rowBits - 1)).conjugate
    let inverse = Mersenne31.inverse(ofPowerOfTwo: rowBits)
    scale = scale * Mersenne31Complex(re: inverse, im: 0)
    var factors = ComplexLanes(repeating: .one)
    for index in 0..<8 {
      let factor = scale * tau.power(index)
      factors.re[index] = factor.re
      factors.im[index] = factor.im
    }
    for start in stride(from: 0, to: 1 << laneBits, by: 8) {
      var rows = Self.transposed(pair.advanced(by: start))
      for step in 0..<3 {
        for lane in 0..<8 where lane & 1 << step == 0 {
          let even = rows[lane], odd = rows[lane | 1 << step].timesConjugate(powers(step, lane, start))
          rows[lane] = even + odd
          rows[lane | 1 << step] = even - odd
        }
      }
      for lane in 0..<8 { rows[lane] = rows[lane] * (factors * laneFactors[lane]) }
      factors = factors * advance
      for step in (0..<3).reversed() {
        for lane in 0..<8 where lane & 1 << step == 0 {
          let low = rows[lane], high = rows[lane | 1 << step]
          rows[lane] = low + high
          rows[lane | 1 << step] = (low - high) * powers(step, lane, start)
        }
      }
      Self.transpose(rows, into: pair.advanced(by: start))
    }
  }

  /// The powers for eight vectors of a lane in a step.
  @inline(__always)
  private func powers(_ step: Int, _ lane: Int, _ start: Int) -> ComplexLanes {
    let index = 1 << (laneBits + step) + (lane & (1 << step - 1)) << laneBits + start
    return ComplexLanes(
      re: UnsafeRawPointer(re + index).loadUnaligned(as: Words.self),
      im: UnsafeRawPointer(im + index).loadUnaligned(as: Words.self))
  }

  private static func transposed(_ pair: Pair) -> InlineArray<8, ComplexLanes> {
    var rows = InlineArray<8, ComplexLanes>(repeating: ComplexLanes(repeating: .one))
    for vector in 0..<8 {
      let words = pair[vector]
      for lane in 0..<8 {
        rows[lane].re[vector] = words.re[lane]
        rows[lane].im[vector] = words.im[lane]
      }
    }
    return rows
  }

  private static func transpose(_ rows: InlineArray<8, ComplexLanes>, into pair: Pair) {
    for vector in 0..<8 {
      var words = ComplexLanes(repeating: .one)
      for lane in 0..<8 {
        words.re[lane] = rows[lane].re[vector]
        words.im[lane] = rows[lane].im[vector]
      }
      pair[vector] = words
    }
  }
}
