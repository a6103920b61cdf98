// The two resources and the order in which they are charged.

import EVM
import Testing

@Suite("Meter")
struct MeterTests {
  @Test("native is charged first and stays charged when gas is short")
  func order() {
    var meter = Meter(gas: 10, native: 100)
    #expect(throws: Halt.outOfGas) { try meter.charge(gas: 11, native: 40) }
    #expect(meter == Meter(gas: 0, native: 60))
  }

  @Test("a shortage of native wins over a shortage of gas, and charges gas all the same")
  func nativeShortage() {
    var meter = Meter(gas: 10, native: 100)
    #expect(throws: Halt.outOfNative) { try meter.charge(gas: 4, native: 101) }
    #expect(meter == Meter(gas: 6, native: 0))
    meter = Meter(gas: 10, native: 100)
    #expect(throws: Halt.outOfNative) { try meter.charge(gas: 11, native: 101) }
    #expect(meter == Meter(gas: 0, native: 0))
  }

  @Test("ergs are 256 to a gas and need not be whole gas")
  func ergs() throws {
    var meter = Meter(ergs: 1000, native: 5)
    #expect(meter == Meter(gas: 3, fraction: 232, native: 5))
    try meter.charge(ergs: 10)
    #expect(meter.ergs == 990)
    try meter.charge(gas: 3)
    #expect(meter.ergs == 222)
    #expect(throws: Halt.outOfGas) { try meter.charge(gas: 1) }
    #expect(meter.ergs == 0)
    meter = Meter(ergs: 9, native: 5)
    #expect(throws: Halt.outOfGas) { try meter.charge(ergs: 10) }
    #expect(meter.ergs == 0)
  }

  @Test("a callee gets 63/64 of the whole gas at most; the fraction goes with all that may go")
  func forwarding() {
    for ergs in [0, 255, 256, 16_383, 16_384, 1_000_003] as [UInt64] {
      for request in [0, 1, 62, 63, 64, 3845, 3846, .max] as [UInt64] {
        var meter = Meter(ergs: ergs, native: 77)
        let callee = meter.forward(atMost: request)
        let passable = ergs - ergs / 256 / 64 * 256
        let wanted = request.multipliedReportingOverflow(by: 256)
        #expect(callee.ergs == min(passable, wanted.overflow ? .max : wanted.partialValue))
        #expect(meter.ergs == ergs - callee.ergs)
        #expect((meter.native, callee.native) == (0, 77))
        meter.reclaim(callee)
        #expect(meter == Meter(ergs: ergs, native: 77))
      }
    }
  }
}
