// The meter while an interpreter has it in machine registers.

/// An interpreter's working set with its copy of the frame's meter, which is the true one while the interpreter runs.
/// Whatever else charges gets it through the frame.
protocol MeterRegisters {
  associatedtype Rules: RuleSet
  var gas: Int64 { get set }
  var native: UInt64 { get set }
  var frame: UnsafeMutablePointer<Frame> { get }
}

extension MeterRegisters {
  @inline(__always)
  func saveMeter() {
    frame.pointee.meter.gas = gas
    if Rules.metersNative { frame.pointee.meter.native = native }
  }

  @inline(__always)
  mutating func loadMeter() {
    gas = frame.pointee.meter.gas
    if Rules.metersNative { native = frame.pointee.meter.native }
  }
}
