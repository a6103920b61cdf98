import Cryptography
import JSON
import Primitives
import StateTree
import Testing
import ZKsyncAPI

@Suite("Proofs about the state")
struct ProofMethodTests {
  private static let written = topic(1), unwritten = topic(77)

  private func proof(_ fixture: Fixture, _ slots: [Bytes32], _ batch: String = "2") async throws -> JSONValue {
    let keys = slots.map { "\"\($0)\"" }.joined(separator: ",")
    return try await fixture.result("zks_getProof", "[\"\(token)\",[\(keys)],\(batch)]")
  }

  @Test("A written slot has the shape of zksync-os-server's existing proof")
  func existing() async throws {
    let answer = try await proof(try Fixture(), [Self.written])
    #expect(
      answer.members?.map(\.name) == ["address", "stateCommitmentPreimage", "storageProofs", "l1VerificationData"])
    #expect(answer["l1VerificationData"]?.isNull == true)
    #expect(answer["address"]?.address == token)
    let preimage = try #require(answer["stateCommitmentPreimage"])
    #expect(
      preimage.members?.map(\.name) == [
        "nextFreeSlot", "blockNumber", "last256BlockHashesBlake", "lastBlockTimestamp",
      ])
    #expect(preimage["nextFreeSlot"]?.string == "0x4")
    #expect(preimage["blockNumber"]?.string == "0x2")
    #expect(preimage["lastBlockTimestamp"]?.string == "0x3ea")
    let slot = try #require(answer["storageProofs"]?.elements?.first)
    #expect(slot["key"]?.bytes32 == Self.written)
    let found = try #require(slot["proof"])
    #expect(found.members?.map(\.name) == ["type", "index", "value", "nextIndex", "siblings"])
    #expect(found["type"]?.string == "existing")
    #expect(found["index"]?.unsignedInteger == 2)
    #expect(found["value"]?.bytes32 == topic(2))
    // Four leaves: everything above the second level is empty, and left out.
    #expect(found["siblings"]?.elements?.count == 2)
  }

  @Test("A slot never written has its two neighbours")
  func nonExisting() async throws {
    let answer = try await proof(try Fixture(), [Self.unwritten])
    let found = try #require(answer["storageProofs"]?.elements?.first?["proof"])
    #expect(found.members?.map(\.name) == ["type", "leftNeighbor", "rightNeighbor"])
    #expect(found["type"]?.string == "nonExisting")
    for side in [found["leftNeighbor"], found["rightNeighbor"]] {
      #expect(side?.members?.map(\.name) == ["index", "value", "nextIndex", "siblings", "leafKey"])
    }
    #expect(found["leftNeighbor"]?["nextIndex"]?.unsignedInteger == found["rightNeighbor"]?["index"]?.unsignedInteger)
  }

  @Test("The hashes of the last 256 blocks are hashed from the oldest to the newest")
  func blockHashes() async throws {
    let fixture = try Fixture()
    let answer = try await proof(fixture, [])
    let hashes = try (0...2).map { try fixture.storage.blocks.header($0)?.hash ?? .zero }
    let expected = [UInt8](repeating: 0, count: 253 * 32) + hashes.flatMap(\.bytes)
    #expect(
      answer["stateCommitmentPreimage"]?["last256BlockHashesBlake"]?.bytes32 == Blake2s256.hash(expected))
    #expect(answer["storageProofs"]?.elements?.isEmpty == true)
  }

  @Test("An answer, read again, proves its values and leads to the commitment of its block", arguments: [1, 2, 3])
  func verification(_ block: UInt64) async throws {
    let fixture = try Fixture()
    let slots = (1...4).map { topic($0) } + [Self.unwritten]
    let answer = try await fixture.response(
      "zks_getProof", "[\"\(token)\",[\(slots.map { "\"\($0)\"" }.joined(separator: ","))],\"0x\(block)\"]")
    let proof = try AccountProof(parsing: Array(answer.text))
    let findings = try proof.verify()
    let state = try fixture.tree.commitment(at: block)
    #expect(findings.state == state)
    #expect(
      findings.values == slots.indices.map { $0 == 0 ? topic(block) : $0 < block ? topic(UInt64($0 + 1) * 100) : nil })
    var preimage = state.root.bytes
    for number in [state.leafCount, block] { preimage += withUnsafeBytes(of: number.bigEndian) { Array($0) } }
    preimage += proof.preimage.last256BlockHashes.bytes
    preimage += withUnsafeBytes(of: (1_000 + block).bigEndian) { Array($0) }
    #expect(preimage.count == 88)
    #expect(proof.preimage.hash(root: findings.state.root) == Blake2s256.hash(preimage))
  }

  @Test("No digit of an answer can be changed without being noticed")
  func tampering() async throws {
    let fixture = try Fixture()
    let answer = try await proof(fixture, [Self.written, Self.unwritten])
    let text = Array(answer.text)
    let original = try AccountProof(parsing: text)
    let findings = try original.verify()
    let commitment = original.preimage.hash(root: findings.state.root)
    var changes = 0
    // What L1 keeps of the batch is not about the state, and read by others.
    let rest = try #require(text.firstRange(of: Array(",\"l1VerificationData\"".utf8)))
    for position in text.indices.prefix(upTo: rest.lowerBound) {
      var changed = text
      switch text[position] {
      case UInt8(ascii: "0")...UInt8(ascii: "8"), UInt8(ascii: "a")...UInt8(ascii: "e"): changed[position] += 1
      case UInt8(ascii: "9"), UInt8(ascii: "f"): changed[position] = UInt8(ascii: "0")
      default: continue
      }
      guard let proof = try? AccountProof(parsing: changed), let found = try? proof.verify() else { continue }
      // What still holds leads elsewhere, or speaks of another account or slot, which it may.
      let isOther = proof.address != original.address || proof.slots.map(\.key) != original.slots.map(\.key)
      #expect(isOther || proof.preimage.hash(root: found.state.root) != commitment, "position \(position)")
      changes += 1
    }
    #expect(changes > 0)
  }

  @Test("Neighbours that do not enclose the slot, and paths of different trees, prove nothing")
  func falseProofs() async throws {
    let fixture = try Fixture()
    var absent = try AccountProof(parsing: Array(try await proof(fixture, [Self.unwritten]).text))
    let other = try AccountProof(parsing: Array(try await proof(fixture, [Self.written], "3").text))
    absent.slots[0].key = Self.written
    let (key, failure) = (Self.written, KeyProof.Failure.notBetweenNeighbours)
    #expect(throws: AccountProof.Failure.unsound(slot: key, failure)) { try absent.verify() }
    absent.slots[0].key = Self.unwritten
    absent.slots.append(other.slots[0])
    #expect(throws: AccountProof.Failure.unsound(slot: Self.written, .wrongRoot)) { try absent.verify() }
    absent.slots = []
    #expect(throws: AccountProof.Failure.noSlots) { try absent.verify() }
    // A leaf count that the position of a leaf contradicts.
    absent.slots = other.slots
    absent.preimage.nextFreeSlot = 2
    #expect(throws: AccountProof.Failure.unsound(slot: Self.written, .indexBeyondTree)) { try absent.verify() }
  }

  @Test(
    "Texts that are no proof",
    arguments: [
      "", "[]", "{}", "{\"address\":1}", "{\"error\":{\"code\":-32001,\"message\":\"not found\"}}",
      "{\"result\":null}", "{\"result\":{\"address\":\"0x00000000000000000000000000000000000a11ce\"}}",
    ])
  func garbage(_ text: String) {
    #expect(throws: AccountProof.FormatError.self) { try AccountProof(parsing: Array(text.utf8)) }
  }

  @Test("Sixty-five siblings, unknown types and negative positions are refused")
  func malformedPaths() async throws {
    let text = String(decoding: try await proof(try Fixture(), [Self.written]).text, as: UTF8.self)
    let siblings = "\"siblings\":["
    let many = (0..<65).map { _ in "\"\(topic(1))\"," }.joined()
    for changed in [
      text.replacing(siblings, with: siblings + many), text.replacing("\"existing\"", with: "\"present\""),
      text.replacing("\"index\":2", with: "\"index\":-2"), text.replacing("\"index\":2", with: "\"index\":\"0x2\""),
    ] {
      #expect(changed != text)
      #expect(throws: AccountProof.FormatError.self) { try AccountProof(parsing: Array(changed.utf8)) }
    }
  }

  @Test(
    "Blocks without a tree are told apart",
    arguments: [
      ("9", -32_001, "block 9 not found: the newest is 4"),
      ("\"0x4\"", -32_002, "has not reached block 4 yet: it is at 3"),
    ])
  func unavailable(_ batch: String, _ code: Int64, _ message: String) async throws {
    let fixture = try Fixture()
    for (method, parameters) in [
      ("zks_getProof", "[\"\(token)\",[],\(batch)]"), ("zkos_getStateCommitment", "[\(batch)]"),
    ] {
      let error = try await fixture.error(method, parameters)
      #expect(error.code == code)
      #expect(error.message.contains(message))
    }
  }

  @Test(
    "Ill-formed and oversized requests are refused",
    arguments: [
      "[]", "[\"0x00\",[],1]", "[\"\(token)\"]", "[\"\(token)\",[]]", "[\"\(token)\",\"0x01\",1]",
      "[\"\(token)\",[null],1]", "[\"\(token)\",[\"0xzz\"],1]", "[\"\(token)\",[],\"latest\"]", "[\"\(token)\",[],-1]",
      "[\"\(token)\",[\(Array(repeating: "\"0x1\"", count: 1_025).joined(separator: ","))],1]",
    ])
  func refusals(_ parameters: String) async throws {
    #expect(try await Fixture().error("zks_getProof", parameters).code == -32_602)
  }

  @Test("As many slots as allowed are proven")
  func manySlots() async throws {
    let keys = Array(repeating: "\"0x1\"", count: 1_024).joined(separator: ",")
    let answer = try await Fixture().result("zks_getProof", "[\"\(token)\",[\(keys)],2]")
    #expect(answer["storageProofs"]?.elements?.count == 1_024)
  }

  @Test("The commitment of a block is that of the tree, by number and by tag")
  func commitment() async throws {
    let fixture = try Fixture()
    let state = try fixture.tree.commitment(at: 3)
    for id in ["3", "\"0x3\"", "{\"blockNumber\":\"0x3\"}"] {
      let answer = try await fixture.result("zkos_getStateCommitment", "[\(id)]")
      #expect(answer.members?.map(\.name) == ["blockNumber", "root", "leafCount", "stateCommitment"])
      #expect(answer["blockNumber"]?.string == "0x3")
      #expect(answer["root"]?.bytes32 == state.root)
      #expect(answer["leafCount"]?.quantity64 == state.leafCount)
      #expect(answer["stateCommitment"]?.bytes32 == state.hash)
    }
  }
}
