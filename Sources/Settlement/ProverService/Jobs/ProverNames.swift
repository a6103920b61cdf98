import Synchronization

/// The names of provers as labels of metrics.
///
/// Provers name themselves, whoever reaches the prover API can invent names, and a label is kept as long as the process
/// runs: the first names are labels of their own, all later ones share one.
package final class ProverNames: Sendable {
  /// The label of everybody who came after the limit.
  package static let other = "other"

  private let limit: Int
  private let known = Mutex<Set<String>>([])

  package init(limit: Int = 64) { self.limit = limit }

  package func label(_ name: String) -> String {
    known.withLock { known in
      if known.contains(name) { return name }
      guard known.count < limit else { return Self.other }
      known.insert(name)
      return name
    }
  }
}
