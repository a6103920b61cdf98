/// When blocks are made.
public enum MiningMode: Sendable, Equatable {
  /// One for each transaction, as it comes.
  case automatic
  /// One after each such time, whether there are transactions or not.
  case interval(Duration)
  /// One for each transaction, and one after each such time.
  case mixed(Duration)
  /// Only when somebody asks for it.
  case manual

  /// Whether a transaction is mined as it comes.
  var minesTransactions: Bool {
    switch self {
    case .automatic, .mixed: true
    case .interval, .manual: false
    }
  }

  /// The time between two blocks, where it is fixed.
  var interval: Duration? {
    switch self {
    case .interval(let time), .mixed(let time): time
    case .automatic, .manual: nil
    }
  }
}
