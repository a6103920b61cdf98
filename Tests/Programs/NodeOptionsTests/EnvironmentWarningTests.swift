import NodeOptions
import Testing

@Suite("Warnings about the environment")
struct EnvironmentWarningTests {
  @Test(
    "A name that begins like ours and is none is named with the nearest option",
    arguments: [
      ("RPC_ADRESS", "RPC_ADDRESS"), ("rpc_chainid", "RPC_CHAIN_ID"), ("MEMPOOL_MAX_TX", "MEMPOOL_MAX_BYTES"),
      ("SEQUENCER_BLOCKTIME", "SEQUENCER_BLOCK_TIME"), ("SEQUENCER_BLOCK_TIME_MSS", "SEQUENCER_BLOCK_TIME_MS"),
      ("TREE_CACHE_BYTE", "TREE_CACHE_BYTES"), ("BATCHER_COMPONENT_ENABLE", "BATCHER_COMPONENT_ENABLED"),
      ("PROVER_API_ADDR", "PROVER_API_ADDRESS"),
    ])
  func unknown(name: String, nearest: String) throws {
    let warnings = try EnvironmentWarning.all(in: [name: "x"])
    #expect(warnings == [.unknown(name: name, nearest: nearest)])
    let text = try #require(warnings.first).description
    #expect(text.contains(name) && text.contains(nearest))
  }

  @Test("An option of the reference node that this one lacks is said to be one, with the reason")
  func notSupported() throws {
    let warnings = try EnvironmentWarning.all(in: ["BATCHER_LOGGING_ENABLED": "true"])
    guard case .notSupported(name: "BATCHER_LOGGING_ENABLED", reason: let reason) = warnings.first else {
      Issue.record("\(warnings)")
      return
    }
    #expect(reason.contains("zkos guest run"))
  }

  @Test("Options in any case, with their unit in the name, and the names of others are none of its business")
  func known() throws {
    let warnings = try EnvironmentWarning.all(in: [
      "RPC_ADDRESS": "", "rpc_Chain_Id": "", "SEQUENCER_BLOCK_TIME_MS": "", "prover_api_job_timeout_secs": "",
      "L1_WATCHER_POLL_INTERVAL_MS": "",
      "PATH": "", "RUST_LOG": "", "CONFIG_FILE": "", "LOG_DIR": "", "RPCADDRESS": "",
    ])
    #expect(warnings == [])
  }
}
