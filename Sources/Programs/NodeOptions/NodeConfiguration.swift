/// Everything that an operator can decide, checked. Names and defaults are those of the Rust node where it has the
/// option; `Sections` declares them.
public struct NodeConfiguration: Sendable {
  public var rpc: RPC
  public var mempool: Mempool
  public var sequencer: Sequencer
  public var tree: StateTree
  public var batcher: Batcher
  public var proverInput: ProverInput
  public var proverAPI: ProverAPI
  public var l1Watcher: L1Watcher
  public var l1Sender: L1Sender
  public var developmentL1: DevelopmentL1
  public var development: Development
  public var webPage: WebPage
  public var operations: Operations

  /// The first option that is ill-typed stops the start.
  private init(_ read: inout OptionReader) throws(ConfigurationError) {
    rpc = try read(RPC.self)
    mempool = try read(Mempool.self)
    sequencer = try read(Sequencer.self)
    tree = try read(StateTree.self)
    batcher = try read(Batcher.self)
    proverInput = try read(ProverInput.self)
    proverAPI = try read(ProverAPI.self)
    l1Watcher = try read(L1Watcher.self)
    l1Sender = try read(L1Sender.self)
    developmentL1 = try read(DevelopmentL1.self)
    development = try read(Development.self)
    webPage = try read(WebPage.self)
    operations = try read(Operations.self)
  }

  /// Whether anybody proves: without provers, real or fake, batches would only pile up.
  package var provesBlocks: Bool { batcher.isEnabled && (proverAPI.isEnabled || proverAPI.fakeProvers > 0) }

  /// The configuration of a process: its environment, its command line, and the file that either names.
  public static func load(
    environment: [String: String], arguments: [String]
  ) async throws(ConfigurationError) -> NodeConfiguration {
    var rest: [String] = []
    var file = environment.first { $0.key.uppercased() == "CONFIG_FILE" }?.value
    var iterator = arguments.makeIterator()
    while let argument = iterator.next() {
      if argument == "--config-file" {
        guard let path = iterator.next() else { throw .missingValue(option: "config-file") }
        file = path
      } else if argument.hasPrefix("--config-file=") {
        file = String(argument.dropFirst("--config-file=".count))
      } else if argument == "--repair" {
        rest.append("--sequencer-repair=true")
      } else if argument == "--quiet" {
        rest += ["--terminal-output=never", "--log-level=warning"]
      } else {
        rest.append(argument)
      }
    }
    var reader = OptionReader(
      try await ConfigurationSource(environment: environment, arguments: rest, file: file, options: try options()))
    return try NodeConfiguration(&reader)
  }

  /// Every option, in the order of the sections.
  public static func options() throws(ConfigurationError) -> [OptionDescription] {
    var reader = OptionReader(nil)
    _ = try NodeConfiguration(&reader)
    return reader.descriptions
  }

  /// What `--help` prints.
  public static func help() throws(ConfigurationError) -> String {
    let options = try options()
    let width = options.map(\.name.count).max() ?? 0
    var lines: [String] = []
    var section = ""
    for option in options {
      if option.section != section {
        section = option.section
        lines += ["", section.uppercased() + ":"]
      }
      let padding = String(repeating: " ", count: width + 2 - option.name.count)
      lines.append("  --\(option.argumentName)\(padding)\(option.help) [\(option.defaultText)]")
    }
    return """
      USAGE: sequencer [--config-file FILE] [--repair] [--quiet] [OPTION VALUE]…

      The sequencer of a ZKsync OS chain. Each option may also be given in the environment (RPC_ADDRESS) or in the YAML
      file (rpc_address: …); the command line wins over the environment, the environment over the file.
      \(lines.joined(separator: "\n"))
      """
  }
}
