import CBuildInfo

/// The version of this software.
public enum Version {
  public static let current = "0.1.0"

  /// The commit that the program was built from, with `+changes` where its sources differed; `unknown` where it was not
  /// built by `make`.
  public static var commit: String { String(cString: build_commit()) }

  /// The processors that it was built for, as compilers name them.
  public static var target: String { String(cString: build_target()) }

  /// What `--version` prints.
  public static var text: String { "sequencer \(current) (commit \(commit), \(target))" }
}
