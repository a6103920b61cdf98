/// When blocks are made, where whoever develops decides.
public enum MiningMode: Sendable, Equatable {
  /// As soon as something waits: as on any chain.
  case automatic
  /// Only on demand.
  case manual
  /// One after each such time, whatever waits, and on demand.
  case interval(Duration)
}
