enum BN254Precompiles {
  static func add(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool { false }
  static func multiply(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool { false }
  static func pairing(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool { false }
}
enum PointEvaluationPrecompile {
  static func compute(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool { false }
}
