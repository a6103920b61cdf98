import JSON

/// What carries JSON-RPC calls to a node of L1: connections to one or several of them, or an L1 in the same process.
///
/// Implementations end every call after a time of their own, and when the task is cancelled.
public protocol L1Transport: Sendable {
  /// Calls `method`; `parameters` writes the elements of the parameter array. The result may be `null`.
  func call(_ method: String, _ parameters: (inout JSONWriter) -> Void) async throws(L1Error) -> JSONValue
}
