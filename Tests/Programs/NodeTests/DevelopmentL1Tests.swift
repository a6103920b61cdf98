import Files
import JSON
import JSONRPC
import Logging
import NIOPosix
import Node
import NodeOptions
import Primitives
import StorageTesting
import Synchronization
import Telemetry
import Testing
import ThreadTesting

/// The L1 that a node runs beside its own chain.
@Suite("The node's development L1", .serialized, .offTheCooperativePool)
struct DevelopmentL1Tests {
  private static let enabled = ["DEVELOPMENT_L1_ENABLED": "true", "DEVELOPMENT_L1_ADDRESS": "localhost:0"]
  private static let bridgehub = "\"0x4b37536b9824c4a4cf3d15362135e346adb7cb9c\""

  @Test("Without the option there is none")
  func off() async throws {
    try await TestNode.run { node in #expect(node.l1Port == nil) }
  }

  @Test("It has the contracts of the chain, and goes on after a restart")
  func restart() async throws {
    let directory = TemporaryDirectory()
    var instance: String?
    var head: Bytes32?
    for run in 0..<2 {
      try await TestNode.run(Self.enabled, in: directory) { node in
        let l1 = try await node.l1()
        #expect(try await l1.call("eth_chainId").quantity64 == 9)
        #expect(try await l1.call("eth_getCode", Self.bridgehub, "\"latest\"").data?.isEmpty == false)
        if run == 0 {
          let block = try await l1.call("eth_getBlockByNumber", "\"latest\"", "false")
          #expect(block["number"]?.quantity64 == 1)
          instance = try await l1.call("anvil_metadata")["instanceId"]?.string
          #expect(instance == (try Self.instance(in: directory)))
          _ = try await l1.call("evm_mine")
          head = try await l1.call("eth_getBlockByNumber", "\"latest\"", "false")["hash"]?.bytes32
        } else {
          #expect(try await l1.call("eth_getBlockByNumber", "\"0x2\"", "false")["hash"]?.bytes32 == head)
          #expect(try await l1.call("anvil_metadata")["instanceId"]?.string == instance)
        }
        await l1.shutdown()
        let status = try node.get("/status").body
        #expect(status.contains("\"name\":\"development_l1\"") && status.contains("\"name\":\"development_l1_rpc\""))
      }
    }
  }

  @Test("In memory it leaves nothing behind, and begins anew")
  func memory() async throws {
    let directory = TemporaryDirectory()
    for _ in 0..<2 {
      try await TestNode.run(
        Self.enabled.merging(["DEVELOPMENT_L1_STATE": "memory"]) { $1 }, in: directory
      ) { node in
        let l1 = try await node.l1()
        #expect(try await l1.call("eth_blockNumber").quantity64 == 1)
        _ = try await l1.call("evm_mine")
        await l1.shutdown()
      }
    }
    #expect(!Files.exists(directory.file("db/l1")))
  }

  @Test("An L1 that began with another chain is refused, in words that say what to do")
  func foreign() async throws {
    let ours = TemporaryDirectory(), theirs = TemporaryDirectory()
    for directory in [ours, theirs] { try await TestNode.run(Self.enabled, in: directory) { _ in } }
    let path = ours.file("db/l1")
    TemporaryDirectory.remove(path)
    try Files.rename(theirs.file("db/l1"), to: path)
    let own = try Self.instance(in: ours), other = try Self.instance(in: theirs)
    await #expect {
      try await TestNode.run(Self.enabled, in: ours) { _ in }
    } throws: { error in
      "\(error)"
        == "the development L1 in \(path) is not that of the databases in \(ours.file("db")): its id is \(other), theirs "
        + "\(own). Remove \(path) to begin another, or bring the databases back that belong to it"
    }
    // The node without it is none the worse.
    try await TestNode.run(in: ours) { _ in }
  }

  @Test("Whoever looks on is greeted, and told of blocks and refused transactions of both chains")
  func terminal() async throws {
    let lines = Mutex("")
    let terminal = Terminal(style: TerminalStyle(isColoured: false)) { bytes in
      lines.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
    }
    @Sendable func told(_ text: String) -> Bool { lines.withLock { $0.contains(text) } }
    try await TestNode.run(Self.enabled, terminal: terminal) { node in
      let l1 = try await node.l1()
      for text in [
        "chain id 270", "chain id 9", "http://127.0.0.1:\(node.rpcPort)  ws://127.0.0.1:\(node.rpcPort)",
        "http://127.0.0.1:\(try #require(node.l1Port))", "0x4b37", "db\n",
        "http://127.0.0.1:\(node.metricsPort)/status",
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266  10000 ETH",
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", "Everybody knows these keys",
      ] { #expect(lines.withLock { $0.lowercased() }.contains(text.lowercased()), "\(text)") }
      var rich = try TestWallet.rich()
      let transaction = try rich.sign(to: WiringTests.receiver, value: 5)
      _ = try await node.receipt(of: try await node.send(transaction))
      try await until { told("L2 block 2: 1 transaction, 21,000 gas") }
      await #expect(throws: (any Error).self) { try await node.send(transaction) }
      #expect(told("L2 refused \(transaction.hash): "))

      _ = try await l1.call(
        "eth_sendTransaction",
        "{\"from\":\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\",\"to\":\"\(WiringTests.receiver)\",\"value\":\"0x1\"}"
      )
      try await until { told("L1 block 2: 1 transaction, 21,000 gas") }
      await #expect(throws: (any Error).self) {
        try await l1.call("eth_sendRawTransaction", "\"\(Hex.encode(transaction.envelope))\"")
      }
      #expect(told("L1 refused \(transaction.hash): "))
      await l1.shutdown()
    }
    #expect(!lines.withLock { $0.contains("\u{1b}") })
  }

  private static func instance(in directory: TemporaryDirectory) throws -> String {
    String(decoding: try Files.read(directory.file("db/instance")).dropLast(), as: UTF8.self)
  }
}

extension TestNode {
  /// A client of the node's own L1.
  func l1() async throws -> JSONRPCClient {
    try JSONRPCClient(
      url: "http://127.0.0.1:\(try #require(l1Port))", on: MultiThreadedEventLoopGroup.singleton.next())
  }
}

extension JSONRPCClient {
  /// Calls a method with parameters in JSON.
  func call(_ method: String, _ parameters: String...) async throws -> JSONValue {
    try await call(method) { writer in for parameter in parameters { writer.raw(parameter) } }
  }
}
