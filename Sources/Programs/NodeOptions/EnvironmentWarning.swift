/// A name in the environment that looks like an option of the node and is none. It does not stop the start, as the
/// environment is shared with others; but a misspelt option would otherwise be ignored without a word.
public enum EnvironmentWarning: Equatable, Sendable, CustomStringConvertible {
  /// The Rust node has this option, and this version does not.
  case notSupported(name: String, reason: String)
  /// No option has this name; `nearest` is the one that takes the fewest changes of a letter.
  case unknown(name: String, nearest: String)

  public var description: String {
    switch self {
    case .notSupported(let name, let reason):
      "\(name) in the environment is ignored: \(reason)"
    case .unknown(let name, let nearest):
      "\(name) in the environment is ignored: there is no such option; the nearest is \(nearest)"
    }
  }

  /// What to say of `environment`, sorted by name.
  public static func all(in environment: [String: String]) throws(ConfigurationError) -> [EnvironmentWarning] {
    let options = try NodeConfiguration.options()
    let names = options.flatMap { [$0.name] + $0.aliases }
    let known = Set(names)
    return environment.keys.sorted().compactMap { name in
      let lowercased = name.lowercased()
      guard prefixes.contains(where: lowercased.hasPrefix), !known.contains(lowercased) else { return nil }
      if let reason = ReferenceOptions.unsupported(lowercased) { return .notSupported(name: name, reason: reason) }
      let nearest = names.min { distance($0, lowercased) < distance($1, lowercased) }
      return nearest.map { .unknown(name: name, nearest: $0.uppercased()) }
    }
  }

  /// How options begin that nobody else names like that; `log_` and `metrics_` are not among them.
  private static let prefixes = [
    "rpc_", "mempool_", "sequencer_", "tree_", "batcher_", "prover_", "l1_", "development_l1_", "web_page_",
  ]

  /// The least number of bytes to insert, delete or replace that makes `b` of `a` (Levenshtein).
  private static func distance(_ a: String, _ b: String) -> Int {
    let b = Array(b.utf8)
    var row = Array(0...b.count)
    for (i, byte) in a.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let replaced = diagonal + (byte == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
      }
    }
    return row[b.count]
  }
}
