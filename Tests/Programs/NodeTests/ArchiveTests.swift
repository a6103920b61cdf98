import Archive
import Glibc
import JSON
import Node
import NodeOptions
import Primitives
import StorageTesting
import Testing
import ThreadTesting
import Transactions

/// What a running node does with its archive; what the tools do with it is in `Tests/EndToEnd/test_archive.py`.
@Suite("The node's archive", .serialized, .offTheCooperativePool)
struct NodeArchiveTests {
  private func archived(_ node: TestNode) throws -> UInt64 { UInt64(try node.metrics()["archive_last_block"] ?? 0) }

  private func health(_ node: TestNode) throws -> String { try node.get("/health").body }

  @Test("Batches wait for their blocks to be archived where an operator wants it, and nothing else does")
  func gate() async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("archive")
    let options = [
      "DEVELOPMENT_L1_ENABLED": "true", "DEVELOPMENT_L1_ADDRESS": "localhost:0", "PROVER_API_FAKE_PROVERS": "1",
      "PROVER_API_FAKE_COMPUTE_TIME": "0s", "PROVER_API_FAKE_MIN_AGE": "0s", "ARCHIVE_PATH": path,
      "ARCHIVE_MAX_AGE": "20ms", "ARCHIVE_GATES_SETTLEMENT": "true",
    ]
    try await TestNode.run(options, in: directory) { node in
      var rich = try TestWallet.rich()
      let hash = try await node.send(try rich.sign(to: Address(0xB0B), value: 5))
      let block = try #require(try await node.receipt(of: hash)["blockNumber"]?.quantity64)
      // Everything that comes before L1 is done.
      try await until {
        try await node.call("zks_getL1BatchDetails", "\(block)")["status"]?.string != nil
          && health(node).contains("the archive \(path) cannot be used: No such file or directory")
      }
      #expect(try node.get("/health").status == 200)
      #expect(try node.metrics()["l1_sender_last_batch{step=\"commit\"}"] == 0)
      #expect(mkdir(path, 0o700) == 0)
      try await until { try archived(node) >= block }
      var executed = 0.0
      for _ in 0..<1_200 where executed < Double(block) {
        try await Task.sleep(for: .milliseconds(50))
        executed = try node.metrics()["l1_sender_last_batch{step=\"execute\"}"] ?? 0
      }
      #expect(executed >= Double(block))
      #expect(try health(node).contains("\"archive\":{\"status\":\"ready\"}"))
    }
    #expect(try Archive(ArchiveFolder(path)).segments().isEmpty == false)
  }

  @Test("Blocks that are taken back on a development chain stay in the archive, which is not written to any more")
  func takenBack() async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("archive")
    #expect(mkdir(path, 0o700) == 0)
    let options = ["DEVELOPMENT_METHODS_ENABLED": "true", "ARCHIVE_PATH": path, "ARCHIVE_MAX_AGE": "20ms"]
    try await TestNode.run(options, in: directory) { node in
      let snapshot = try #require(try await node.call("evm_snapshot").string)
      var rich = try TestWallet.rich()
      let hash = try await node.send(try rich.sign(to: Address(0xB0B), value: 5))
      let block = try #require(try await node.receipt(of: hash)["blockNumber"]?.quantity64)
      try await until { try archived(node) >= block }
      #expect(try await node.call("evm_revert", "\"\(snapshot)\"").boolean == true)
      try await until { try health(node).contains("the archive has blocks up to \(block), and the replay log only") }
      // In the end it is another block of that number.
      rich.nonce = 0
      _ = try await node.receipt(of: try await node.send(try rich.sign(to: Address(0xB0C), value: 6)))
      try await until { try health(node).contains(" as block \(block), and the replay log ") }
    }
    #expect(try Archive(ArchiveFolder(path)).segments().last?.last == 2)
  }

  @Test("A gate without an archive is refused before anything starts")
  func gateWithoutArchive() throws {
    let configuration = try NodeConfiguration.load(environment: ["ARCHIVE_GATES_SETTLEMENT": "true"], arguments: [])
    var text = ""
    do { try Node.check(configuration) } catch { text = "\(error)" }
    #expect(text == "archive_gates_settlement is set, and archive_path is empty")
  }
}
