// The RLP vectors of github.com/ethereum/tests, found through the variable ETHEREUM_TESTS.

import Foundation
import Primitives
import Testing

@Suite("RLPTests of ethereum/tests")
struct EthereumRLPTests {
  static let root = ProcessInfo.processInfo.environment["ETHEREUM_TESTS"]

  /// One vector: what is encoded, or `nil` where the bytes are invalid or only said to be valid.
  struct Vector {
    let name: String
    let input: Any
    let output: [UInt8]
  }

  static func vectors(_ path: String) throws -> [Vector] {
    let data = try Data(contentsOf: URL(fileURLWithPath: try #require(root) + "/RLPTests/" + path))
    let entries = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
    return try entries.sorted { $0.key < $1.key }.map { name, entry in
      let text = try #require(entry["out"] as? String)
      return Vector(name: name, input: try #require(entry["in"]), output: try #require(Hex.decode(text)))
    }
  }

  /// Strings are UTF-8, numbers are numbers, and "#" begins a decimal number of any size.
  static func tree(_ value: Any) throws -> RLPTree {
    switch value {
    case let items as [Any]: return .list(try items.map(tree))
    case let text as String where text.hasPrefix("#"): return .string(bytes(decimal: text.dropFirst()))
    case let text as String: return .string(Array(text.utf8))
    default: return .string(UInt256(try #require(value as? UInt64)).minimalBytes)
    }
  }

  /// Big-endian, no leading zeros. One of the numbers is 2^256.
  static func bytes(decimal: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    for digit in decimal.utf8 {
      var carry = Int(digit - UInt8(ascii: "0"))
      for index in bytes.indices.reversed() {
        carry += 10 * Int(bytes[index])
        bytes[index] = UInt8(carry & 255)
        carry >>= 8
      }
      if carry > 0 { bytes.insert(UInt8(carry), at: 0) }
    }
    return bytes
  }

  /// Files in which each vector says whether it is valid.
  static let judged = ["invalidRLPTest.json", "RandomRLPTests/example.json"]

  @Test("No file of the folder is left out", .enabled(if: root != nil, "ETHEREUM_TESTS is not set"))
  func everyFile() throws {
    let folder = try #require(Self.root) + "/RLPTests"
    let files = try #require(FileManager.default.enumerator(atPath: folder))
    let names = files.compactMap { $0 as? String }.filter { $0.hasSuffix(".json") }
    #expect(Set(names) == Set(Self.judged + ["rlptest.json"]))
  }

  @Test("rlptest: every value has its encoding and comes back", .enabled(if: root != nil, "ETHEREUM_TESTS is not set"))
  func valid() throws {
    let vectors = try Self.vectors("rlptest.json")
    #expect(vectors.count >= 20)
    for vector in vectors {
      let tree = try Self.tree(vector.input)
      var writer = RLPWriter()
      tree.write(to: &writer)
      #expect(writer.encoded == vector.output, "\(vector.name)")
      #expect(try RLPTree(decoding: vector.output) == tree, "\(vector.name)")
    }
  }

  @Test(
    "Vectors marked INVALID are refused, those marked VALID come back",
    .enabled(if: root != nil, "ETHEREUM_TESTS is not set"),
    arguments: judged)
  func invalid(path: String) throws {
    let vectors = try Self.vectors(path)
    #expect(!vectors.isEmpty)
    for vector in vectors {
      if vector.input as? String == "VALID" {
        #expect(try RLPTree(decoding: vector.output).encoded == vector.output, "\(vector.name)")
      } else {
        #expect(vector.input as? String == "INVALID")
        #expect(throws: RLPError.self, "\(vector.name)") { try RLPTree(decoding: vector.output) }
      }
    }
  }
}
