import NodeOptions
import StorageTesting
import Testing

@Suite("Configuration files")
struct ConfigurationFileTests {
  private let directory = TemporaryDirectory()

  private func load(_ texts: String..., environment: [String: String] = [:]) throws -> NodeConfiguration {
    var arguments: [String] = []
    for (index, text) in texts.enumerated() {
      let path = directory.file("\(index).yaml")
      TemporaryDirectory.write(Array(text.utf8), to: path)
      arguments += ["--config-file", path]
    }
    return try NodeConfiguration.load(environment: environment, arguments: arguments)
  }

  @Test("A later file wins over an earlier one, and the environment over both")
  func order() throws {
    let configuration = try load(
      "rpc_chain_id: 1\nrpc_max_connections: 2\nrpc_max_filters: 3", "rpc_chain_id: 10\nrpc_max_connections: 20",
      environment: ["RPC_CHAIN_ID": "100"])
    #expect(configuration.rpc.chainID == 100)
    #expect(configuration.rpc.maxConnections == 20)
    #expect(configuration.rpc.maxFilters == 3)
  }

  @Test("A duration with its unit in the name in a stronger place wins over one without in a weaker")
  func units() throws {
    let configuration = try load("sequencer_block_time: 3s", environment: ["SEQUENCER_BLOCK_TIME_MS": "250"])
    #expect(configuration.sequencer.blockTime == .milliseconds(250))
  }

  @Test("Files in which nothing stands are fine", arguments: ["", "\n\n", "# nothing yet\n", "---\n", "--- ~\n", "{}"])
  func empty(text: String) throws {
    #expect(try load(text).rpc.chainID == 270)
  }

  @Test("Scalars of every style, and lists where an option takes several values")
  func styles() throws {
    let configuration = try load(
      """
      ---
      rpc_chain_id: 0271  # a comment
      "rpc_max_filters": '12'
      sequencer_rocks_db_path: "/tmp/\\u00e9"
      batcher_component_enabled: 0
      rpc_trusted_addresses:
        - 10.0.0.0/8
        - "192.168.0.1"
      ...
      """)
    #expect(configuration.rpc.chainID == 271)
    #expect(configuration.rpc.maxFilters == 12)
    #expect(configuration.sequencer.databasePath == "/tmp/é")
    #expect(!configuration.batcher.isEnabled)
    #expect(configuration.rpc.trustedAddresses.count == 2)
  }

  @Test(
    "What is no value of an option is refused with its line, and not passed over",
    arguments: [
      ("rpc_chain_id: [1]", "line 1: rpc_chain_id takes one value, not a list"),
      ("\nrpc_chain_id:\n  - 1", "line 3: rpc_chain_id takes one value, not a list"),
      ("rpc_chain_id:\n  id: 1", "line 2: rpc_chain_id takes a value, not names with values of their own"),
      ("rpc_chain_id: {}", "line 1: rpc_chain_id takes a value, not names with values of their own"),
      ("rpc_chain_id:", "line 1: rpc_chain_id has no value; an empty text is \"\""),
      ("rpc_chain_id: null", "line 1: rpc_chain_id has no value; an empty text is \"\""),
      ("rpc_chain_id: &a 1\nrpc_max_filters: *a", "line 2: rpc_max_filters refers to a value elsewhere; write it here"),
      ("rpc_chain_id: 1\nrpc_chain_id: 1", "line 2: rpc_chain_id is there twice"),
      ("? [a, b]\n: 1", "line 1: a name is no plain text"),
      ("rpc_trusted_addresses: [[10.0.0.1]]", "line 1: an item of rpc_trusted_addresses is no plain value"),
      ("- rpc_chain_id", "line 1: the file is no list of options, each \"name: value\""),
      ("270", "line 1: the file is no list of options, each \"name: value\""),
      ("rpc_chain_id: 1\n---\nrpc_chain_id: 2", "line 2: a second document begins"),
    ])
  func refusals(text: String, reason: String) {
    #expect(throws: ConfigurationError.unreadableFile(path: directory.file("0.yaml"), reason: reason)) {
      _ = try load(text)
    }
  }

  @Test("What is no YAML, not text, or far too much is refused in one line")
  func garbage() throws {
    let path = directory.file("garbage.yaml")
    let garbage: [[UInt8]] = [
      Array("rpc_chain_id: b: c".utf8), Array("\"".utf8), [0xff, 0xfe, 0x00], Array("rpc_chain_id: \u{0}\u{1}".utf8),
      [UInt8](repeating: 0x20, count: (1 << 20) + 1), Array(String(repeating: "[", count: 100_000).utf8),
    ]
    for bytes in garbage {
      TemporaryDirectory.write(bytes, to: path)
      #expect {
        _ = try NodeConfiguration.load(environment: [:], arguments: ["--config-file", path])
      } throws: { error in
        "\(error)".hasPrefix("configuration file \(path): ") && !"\(error)".contains("\n")
      }
    }
  }

  @Test("An option of the reference that is none here is refused with the reason")
  func reference() {
    #expect {
      _ = try load("batcher_logging_enabled: true")
    } throws: { "\($0)".contains("batcher_logging_enabled is no option of this node: the guest's own log lines") }
  }

  @Test("Two names in the environment that differ in case are refused, whichever was meant")
  func sameNameTwice() {
    #expect(throws: ConfigurationError.ambiguous(option: "RPC_CHAIN_ID", other: "rpc_chain_id")) {
      _ = try NodeConfiguration.load(environment: ["rpc_chain_id": "1", "RPC_CHAIN_ID": "2"], arguments: [])
    }
    #expect(throws: ConfigurationError.ambiguous(option: "CONFIG_FILE", other: "config_file")) {
      _ = try NodeConfiguration.load(environment: ["config_file": "a", "CONFIG_FILE": "b"], arguments: [])
    }
    // Others' names are none of its business.
    #expect(throws: Never.self) {
      _ = try NodeConfiguration.load(environment: ["path": "", "PATH": ""], arguments: [])
    }
  }
}

@Suite("Profiles")
struct ProfileTests {
  @Test("Development is a whole rollup; what is set wins over it")
  func development() throws {
    let configuration = try NodeConfiguration.load(environment: [:], arguments: ["--profile", "development"])
    #expect(configuration.profile == .development)
    #expect(configuration.developmentL1.isEnabled && configuration.proverAPI.fakeProvers > 0)
    let without = try NodeConfiguration.load(
      environment: ["NODE_PROFILE": "development", "DEVELOPMENT_L1_ENABLED": "false"], arguments: [])
    #expect(without.profile == .development && !without.developmentL1.isEnabled)
    #expect(try NodeConfiguration.load(environment: [:], arguments: []).profile == nil)
  }

  @Test("Production has proofs verified; the command line wins over the environment's profile")
  func production() throws {
    let configuration = try NodeConfiguration.load(
      environment: ["node_profile": "development"], arguments: ["--profile=production"])
    #expect(configuration.profile == .production && configuration.proverAPI.requiresVerifiedProofs)
    #expect(!configuration.developmentL1.isEnabled)
  }

  @Test("A profile that there is not is refused, wherever it is named")
  func unknown() {
    let error = ConfigurationError.illTyped(
      option: "profile", value: "test", expected: "one of development, production")
    #expect(throws: error) { _ = try NodeConfiguration.load(environment: ["NODE_PROFILE": "test"], arguments: []) }
    #expect(throws: error) { _ = try NodeConfiguration.load(environment: [:], arguments: ["--profile", "test"]) }
    #expect(throws: ConfigurationError.missingValue(option: "profile")) {
      _ = try NodeConfiguration.load(environment: [:], arguments: ["--profile"])
    }
  }
}

@Suite("Printed configurations")
struct PrintedConfigurationTests {
  private let directory = TemporaryDirectory()

  @Test("What is printed is a file that means the same")
  func roundTrip() throws {
    let path = directory.file("hostile \"\\\t path")
    let configuration = try NodeConfiguration.load(
      environment: ["RPC_CHAIN_ID": "300", "SEQUENCER_ROCKS_DB_PATH": path, "SEQUENCER_BLOCK_TIME_MS": "1500"],
      arguments: ["--rpc-max-filters=7"])
    for onlyChanges in [false, true] {
      let file = directory.file("printed.yaml")
      TemporaryDirectory.write(Array(configuration.printed(onlyChanges: onlyChanges).utf8), to: file)
      let again = try NodeConfiguration.load(environment: [:], arguments: ["--config-file", file])
      #expect(again.rpc.chainID == 300 && again.rpc.maxFilters == 7)
      #expect(again.sequencer.databasePath == path && again.sequencer.blockTime == .milliseconds(1_500))
    }
  }

  @Test("Each value says where it is from; the difference has no other")
  func places() throws {
    let configuration = try NodeConfiguration.load(
      environment: ["RPC_CHAIN_ID": "300", "RPC_MAX_FILTERS": "10000"],
      arguments: ["--profile", "development", "--rpc-eth-call-gas", "30000"])
    #expect(
      configuration.printed(onlyChanges: true).split(separator: "\n").filter { !$0.hasPrefix("#") }.prefix(2) == [
        "rpc_chain_id: \"300\"  # environment", "rpc_eth_call_gas: \"30000\"  # command line",
      ])
    let all = configuration.printed(onlyChanges: false)
    #expect(all.contains("\nrpc_max_filters: \"10000\"  # environment\n"))
    #expect(all.contains("\ndevelopment_l1_enabled: \"true\"  # profile development\n"))
    #expect(all.contains("\nrpc_address: \"0.0.0.0:3050\"\n"))
    let lines = all.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(lines.count == (try NodeConfiguration.options().count))
  }

  @Test("Secrets are not shown, not even where they are wrong")
  func secrets() throws {
    let configuration = try NodeConfiguration.load(
      environment: [
        "L1_SENDER_OPERATOR_PRIVATE_KEY": "0x5ec2e7", "PROVER_API_TOKEN": "5ec2e7",
        "L1_SENDER_PROVE_PRIVATE_KEY": "5ec2e7",
        "L1_WATCHER_L1_API_URL": "https://user:5ec2e7@example.org",
      ], arguments: [])
    for onlyChanges in [false, true] {
      let text = configuration.printed(onlyChanges: onlyChanges)
      #expect(!text.contains("5ec2e7"))
      #expect(text.contains("# prover_api_token: (hidden)  # environment"))
    }
  }
}
