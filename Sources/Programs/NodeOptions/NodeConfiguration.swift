/// Everything that an operator can decide, checked. Names and defaults are those of the Rust node where it has the
/// option; `Sections` declares them.
public struct NodeConfiguration: Sendable {
  public var rpc: RPC
  public var rpcAccess: RPCAccess
  public var mempool: Mempool
  public var sequencer: Sequencer
  public var archive: Archive
  public var tree: StateTree
  public var batcher: Batcher
  public var proverInput: ProverInput
  public var proverAPI: ProverAPI
  public var l1Watcher: L1Watcher
  public var l1Sender: L1Sender
  public var developmentL1: DevelopmentL1
  public var development: Development
  public var replication: Replication
  public var webPage: WebPage
  public var pruning: Pruning
  public var admin: Admin
  public var operations: Operations
  public private(set) var profile: Profile?
  private let printed: PrintedConfiguration

  /// The first option that is ill-typed stops the start.
  private init(_ read: inout OptionReader) throws(ConfigurationError) {
    rpc = try read(RPC.self)
    rpcAccess = try read(RPCAccess.self)
    mempool = try read(Mempool.self)
    sequencer = try read(Sequencer.self)
    archive = try read(Archive.self)
    tree = try read(StateTree.self)
    batcher = try read(Batcher.self)
    proverInput = try read(ProverInput.self)
    proverAPI = try read(ProverAPI.self)
    l1Watcher = try read(L1Watcher.self)
    l1Sender = try read(L1Sender.self)
    developmentL1 = try read(DevelopmentL1.self)
    development = try read(Development.self)
    replication = try read(Replication.self)
    webPage = try read(WebPage.self)
    pruning = try read(Pruning.self)
    admin = try read(Admin.self)
    operations = try read(Operations.self)
    printed = PrintedConfiguration(entries: read.entries)
  }

  /// Every option with its value as a YAML file, and where it comes from. Secrets are left out.
  ///
  /// - Parameter onlyChanges: without what is as by default.
  public func printed(onlyChanges: Bool) -> String { printed.text(onlyChanges: onlyChanges) }

  /// Whether anybody proves: without provers, real or fake, batches would only pile up.
  package var provesBlocks: Bool { batcher.isEnabled && (proverAPI.isEnabled || proverAPI.fakeProvers > 0) }

  /// The configuration of a process: its environment, its command line, and the files and profile that either names.
  ///
  /// - Parameter arguments: without the program's name.
  public static func load(
    environment: [String: String], arguments: [String]
  ) throws(ConfigurationError) -> NodeConfiguration {
    let selection = try Selection(environment: environment, arguments: arguments)
    var reader = OptionReader(
      try ConfigurationSource(
        environment: environment, arguments: selection.rest, files: selection.files, profile: selection.profile,
        options: try options()))
    var configuration = try NodeConfiguration(&reader)
    configuration.profile = selection.profile
    return configuration
  }

  /// Every option, in the order of the sections.
  public static func options() throws(ConfigurationError) -> [OptionDescription] {
    var reader = OptionReader(nil)
    _ = try NodeConfiguration(&reader)
    return reader.entries.map(\.option)
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
      USAGE: sequencer [--profile development|production] [--config-file FILE]… [--repair] [--quiet] [OPTION VALUE]…
             sequencer --print-config [--diff] …   the configuration that would count, and where each value comes from
             sequencer --version

      The sequencer of a ZKsync OS chain. Each option may also be given in the environment (RPC_ADDRESS) or in a YAML
      file (rpc_address: …); the command line wins over the environment, the environment over the files, a later file
      over an earlier one, and a profile over the defaults.
      \(lines.joined(separator: "\n"))
      """
  }
}
