// The conformance suites of github.com/ethereum/tests, found through the variable ETHEREUM_TESTS.

import Cryptography
import Ethereum
import Foundation
import JSON
import Primitives
import StateTests
import Synchronization
import Testing

private let root = ProcessInfo.processInfo.environment["ETHEREUM_TESTS"]

@Suite("Suites of ethereum/tests", .enabled(if: root != nil, "ETHEREUM_TESTS is not set"))
struct EthereumTestsSuites {
  @Test("GeneralStateTests: every state root, logs hash and exception, under every fork")
  func generalStateTests() async throws {
    let folder = try #require(root) + "/GeneralStateTests"
    let files = try #require(FileManager.default.enumerator(atPath: folder)?.allObjects as? [String])
      .filter { $0.hasSuffix(".json") }.sorted()
    #expect(files.count > 1_000)
    let counts = await Self.run(files, in: folder)
    #expect(counts.failures.isEmpty, "\(counts.failures.prefix(20).joined(separator: "\n"))")
    #expect(counts.passed > 10_000)
  }

  /// Runs the files on threads of their own: for a minute they would otherwise hold those on which other tests wait.
  private static func run(_ files: [String], in folder: String) async -> (passed: Int, failures: [String]) {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        let total = Mutex((passed: 0, failures: [String]()))
        DispatchQueue.concurrentPerform(iterations: files.count) { index in
          let part = run(file: folder + "/" + files[index])
          total.withLock { total in
            total.passed += part.passed
            total.failures += part.failures
          }
        }
        continuation.resume(returning: total.withLock { $0 })
      }
    }
  }

  private static func run(file: String) -> (passed: Int, failures: [String]) {
    var passed = 0
    var failures: [String] = []
    do {
      for test in try StateTest.read(Array(try Data(contentsOf: URL(fileURLWithPath: file)))) {
        for outcome in try test.run(forks: { _ in true }) {
          if let failure = outcome.failure {
            failures.append("\(outcome.title): \(failure)")
          } else {
            passed += 1
          }
        }
      }
    } catch {
      failures.append("\(file): \(error)")
    }
    return (passed, failures)
  }

  /// The files of TrieTests by whether their tries are secure.
  private static let tries = [
    ("trieanyorder", false), ("trieanyorder_secureTrie", true), ("trietest", false), ("trietest_secureTrie", true),
    ("hex_encoded_securetrie_test", true),
  ]

  @Test("TrieTests: no file is left out, but for that which walks through keys: our tries are roots, nothing else")
  func everyTrieFile() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: try #require(root) + "/TrieTests")
    #expect(Set(names) == Set(Self.tries.map { $0.0 + ".json" } + ["trietestnextprev.json"]))
  }

  @Test("TrieTests: roots of tries and of secure tries", arguments: tries)
  func trieTests(file: String, isSecure: Bool) throws {
    let path = try #require(root) + "/TrieTests/\(file).json"
    let tests = try JSONValue(parsing: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    let members = try #require(tests.members)
    #expect(!members.isEmpty)
    for (name, test) in members {
      let input = try #require(test["in"])
      // An object holds pairs; an array holds changes in order, of which null removes.
      let pairs: [(String, String?)] =
        input.members.map { $0.map { ($0.name, $0.value.string) } }
        ?? (input.elements ?? []).map { pair in
          (pair.elements?.first?.string ?? "", pair.elements?.last?.string)
        }
      let entries = pairs.map { key, value in
        (key: isSecure ? Keccak256.hash(bytes(key)).bytes : bytes(key), value: value.map(bytes) ?? [])
      }
      #expect(MerklePatriciaTrie.root(of: entries).description == test["root"]?.string, "\(name)")
    }
  }

  /// Text that begins with 0x stands for the bytes that it spells.
  private func bytes(_ text: String) -> [UInt8] {
    text.hasPrefix("0x") ? Hex.decode(text) ?? Array(text.utf8) : Array(text.utf8)
  }
}
