enum PointEvaluationPrecompile {
  static func compute(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool { false }
}
