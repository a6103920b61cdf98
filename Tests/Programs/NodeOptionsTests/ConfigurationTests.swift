import Glibc
import NodeOptions
import Primitives
import Testing

@Suite("Configuration")
struct ConfigurationTests {
  private func load(
    _ environment: [String: String] = [:], _ arguments: [String] = []
  ) throws -> NodeConfiguration {
    try NodeConfiguration.load(environment: environment, arguments: arguments)
  }

  @Test("Defaults are those of the reference node")
  func defaults() throws {
    let configuration = try load()
    #expect(configuration.rpc.address == Endpoint(host: "0.0.0.0", port: 3050))
    #expect(configuration.operations.metricsAddress == Endpoint(host: "0.0.0.0", port: 3312))
    #expect(configuration.rpc.chainID == 270)
    #expect(configuration.sequencer.blockTime == .milliseconds(100))
    #expect(configuration.sequencer.maxTransactions == 1000)
    #expect(configuration.sequencer.databasePath == "./db/node1")
  }

  @Test("Names in the environment are matched in any case, and unknown ones are ignored")
  func environment() throws {
    let configuration = try load([
      "RPC_ADDRESS": "127.0.0.1:8000", "sequencer_block_time": "5 sec", "PATH": "/bin", "l1_sender_chain_id": "270",
    ])
    #expect(configuration.rpc.address == Endpoint(host: "127.0.0.1", port: 8000))
    #expect(configuration.sequencer.blockTime == .seconds(5))
  }

  @Test("Quiet is no greeting and no lines below a warning, whatever the environment says")
  func quiet() throws {
    let configuration = try load(["LOG_LEVEL": "debug", "TERMINAL_OUTPUT": "always"], ["--quiet"])
    #expect(configuration.operations.terminalOutput == .never)
    #expect(configuration.operations.logLevel == .warning)
    #expect(try load().operations.terminalOutput == .auto)
  }

  @Test("The development L1 is off unless it is asked for")
  func developmentL1() throws {
    let none = try load().developmentL1
    #expect(!none.isEnabled && none.blockTime == .zero && none.chainID == 9 && none.state == .disk)
    #expect(none.address == Endpoint(host: "localhost", port: 8545))
    let some = try load([
      "DEVELOPMENT_L1_ENABLED": "true", "DEVELOPMENT_L1_BLOCK_TIME": "250ms", "DEVELOPMENT_L1_STATE": "memory",
      "DEVELOPMENT_L1_HARDFORK": "prague",
    ]).developmentL1
    #expect(some.isEnabled && some.blockTime == .milliseconds(250) && some.state == .memory && some.hardfork == .prague)
    #expect(throws: (any Error).self) { try load(["DEVELOPMENT_L1_STATE": "elsewhere"]) }
  }

  @Test("The command line wins over the environment, the environment over the file")
  func precedence() throws {
    let path = "/tmp/zksync-os-configuration-\(getpid()).yaml"
    defer { unlink(path) }
    try write("rpc_chain_id: 1\nrpc_max_connections: 2\nsequencer_block_time: 3s\n", to: path)
    let configuration = try load(
      ["RPC_CHAIN_ID": "10", "RPC_MAX_CONNECTIONS": "20"], ["--rpc-chain-id", "100", "--config-file", path])
    #expect(configuration.rpc.chainID == 100)
    #expect(configuration.rpc.maxConnections == 20)
    #expect(configuration.sequencer.blockTime == .seconds(3))
  }

  @Test(
    "Durations take every unit of the reference, in the value or in the name",
    arguments: [
      ("SEQUENCER_BLOCK_TIME", "100ms", Duration.milliseconds(100)),
      ("SEQUENCER_BLOCK_TIME", "2 hours", .seconds(7200)),
      ("SEQUENCER_BLOCK_TIME", "1.5s", .milliseconds(1_500)), ("SEQUENCER_BLOCK_TIME", "0.25 min", .seconds(15)),
      ("SEQUENCER_BLOCK_TIME", "0.5ms", .microseconds(500)), ("sequencer_block_time_s", "1.5", .milliseconds(1_500)),
      ("SEQUENCER_BLOCK_TIME_MS", "250", .milliseconds(250)), ("sequencer_block_time_secs", "7", .seconds(7)),
    ])
  func durations(name: String, value: String, expected: Duration) throws {
    #expect(try load([name: value]).sequencer.blockTime == expected)
  }

  @Test(
    "Ill-typed values stop the start with one line that names the option",
    arguments: [
      ("RPC_ADDRESS", "nowhere"), ("RPC_ADDRESS", "host:70000"), ("RPC_MAX_CONNECTIONS", "many"),
      ("RPC_MAX_CONNECTIONS", "0"), ("RPC_MAX_CONNECTIONS", ""), ("SEQUENCER_BLOCK_TIME", "100"),
      ("SEQUENCER_BLOCK_TIME", "-1s"), ("SEQUENCER_BLOCK_TIME", "99999999999999999999h"),
      ("SEQUENCER_BLOCK_TIME", "1.s"), ("SEQUENCER_BLOCK_TIME", ".5s"),
      ("SEQUENCER_BLOCK_TIME", "1.5.5s"), ("SEQUENCER_BLOCK_TIME", "1.-5s"), ("SEQUENCER_BLOCK_TIME", "1.1234567s"),
      ("LOG_FORMAT", "xml"),
    ])
  func illTyped(name: String, value: String) {
    #expect {
      _ = try load([name: value])
    } throws: { error in
      let text = "\(error)"
      return text.hasPrefix(name.lowercased()) && !text.contains("\n")
    }
  }

  @Test("Unknown names on the command line or in the file, and stray words, are refused")
  func unknownNames() throws {
    #expect(throws: ConfigurationError.unknownName(name: "rpc-adress", place: "command line")) {
      _ = try load([:], ["--rpc-adress", "x"])
    }
    #expect(throws: ConfigurationError.strayArgument("start")) { _ = try load([:], ["start"]) }
    #expect(throws: ConfigurationError.missingValue(option: "rpc-address")) {
      _ = try load([:], ["--rpc-address"])
    }
    let path = "/tmp/zksync-os-unknown-\(getpid()).yaml"
    defer { unlink(path) }
    try write("rpc_port: 3\n", to: path)
    #expect(throws: ConfigurationError.unknownName(name: "rpc_port", place: path)) {
      _ = try load(["config_file": path])
    }
  }

  @Test("A file that is missing is refused by name")
  func unreadableFile() throws {
    #expect {
      _ = try load([:], ["--config-file", "/nonexistent.yaml"])
    } throws: { "\($0)".hasPrefix("configuration file /nonexistent.yaml") }
  }

  @Test("Programs that proofs may be of are a word, or hashes")
  func programs() throws {
    let one = "0x" + String(repeating: "ab", count: 32), other = "0x" + String(repeating: "01", count: 32)
    let hashes = [one, other].compactMap { Bytes32(hex: $0) }
    for (text, programs) in [
      (nil, .published), ("published", .published), ("any", .any), ("\(one), \(other)", .chains(hashes)),
    ] as [(String?, ProvedPrograms)] {
      let options = text.map { ["PROVER_API_ALLOWED_PROGRAMS": $0] } ?? [:]
      #expect(try load(options).proverAPI.allowedPrograms == programs)
    }
    for text in ["", ",", "0x12", one + ",some"] {
      #expect(throws: ConfigurationError.self) { _ = try load(["PROVER_API_ALLOWED_PROGRAMS": text]) }
    }
  }

  @Test("A duration given in two ways is ambiguous")
  func ambiguity() {
    #expect(throws: ConfigurationError.self) {
      _ = try load(["SEQUENCER_BLOCK_TIME": "1s", "SEQUENCER_BLOCK_TIME_MS": "1"])
    }
  }

  @Test("Every option is listed once, with its section, form and default, and help shows it")
  func options() throws {
    let options = try NodeConfiguration.options()
    #expect(Set(options.map(\.name)).count == options.count)
    let connections = try #require(options.first { $0.name == "rpc_max_connections" })
    #expect(connections.section == "JSON-RPC")
    #expect(connections.form == "a whole number from 1 to 1000000")
    #expect(connections.defaultText == "1000")
    #expect(connections.environmentName == "RPC_MAX_CONNECTIONS")
    let help = try NodeConfiguration.help()
    for option in options { #expect(help.contains("\n  --\(option.argumentName) ")) }
    for section in ["JSON-RPC:", "MEMPOOL:", "STATE TREE:"] { #expect(help.contains("\n\(section)\n")) }
  }

  private func write(_ text: String, to path: String) throws {
    let file = try #require(fopen(path, "w"))
    fputs(text, file)
    fclose(file)
  }
}
