/// Why a measurement cannot be made.
public enum EVMBenchmarkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A workload that cannot be built.
  case workload(String)
  /// The shared library of the other machine: the loader's words.
  case library(String)
  /// The two machines do not agree about an execution.
  case disagreement(workload: String, execution: Int, ours: String, theirs: String)

  public var description: String {
    switch self {
    case .workload(let reason): reason
    case .library(let reason): reason
    case .disagreement(let workload, let execution, let ours, let theirs):
      "\(workload), execution \(execution): we say \(ours), the other machine \(theirs)"
    }
  }
}
