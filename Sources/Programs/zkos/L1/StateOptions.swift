import AnvilState
import ArgumentParser
import Files

/// Where the chain comes from, and where it stays.
struct StateOptions: ParsableArguments {
  @Option(help: "Begin with the state dump in this file: JSON, gzip, or hexadecimal text of it.")
  var loadState: String?

  @Option(help: "Write a state dump to this file at the end.")
  var dumpState: String?

  @Option(help: "Both: begin with the dump in this file if there is one, and write one there at the end.")
  var state: String?

  @Option(help: "Keep the chain in this folder: it goes on there after an end of any kind.")
  var dataDir: String?

  func check() throws {
    guard state == nil || (loadState == nil && dumpState == nil) else {
      throw ValidationError("--state is --load-state and --dump-state in one: give either")
    }
  }

  /// The dump that a chain begins with.
  var dumpToLoad: String? {
    loadState ?? state.flatMap { Files.exists(StateDump.file(at: $0)) ? $0 : nil }
  }

  /// Where to write a dump at the end.
  var dumpPath: String? { dumpState ?? state }
}
