// Account proofs as JSON, both ways. Names and forms are those of zksync-os-server, `docs/src/design/zks_getProof.md`:
// numbers of the preimage are hexadecimal, positions of leaves are plain numbers.

import Batches
import JSON
import Primitives
import StateTree
import ZKsyncOS

extension JSONWriter {
  /// - Parameter batch: what L1 remembers of the batch, `nil` where there is none yet.
  mutating func accountProof(_ proof: AccountProof, batch: StoredBatchInfo?) {
    beginObject()
    key("address")
    data(proof.address)
    key("stateCommitmentPreimage")
    beginObject()
    key("nextFreeSlot")
    quantity(proof.preimage.nextFreeSlot)
    key("blockNumber")
    quantity(proof.preimage.blockNumber)
    key("last256BlockHashesBlake")
    data(proof.preimage.last256BlockHashes)
    key("lastBlockTimestamp")
    quantity(proof.preimage.lastBlockTimestamp)
    endObject()
    key("storageProofs")
    beginArray()
    for slot in proof.slots {
      beginObject()
      key("key")
      data(slot.key)
      key("proof")
      keyProof(slot.proof)
      endObject()
    }
    endArray()
    key("l1VerificationData")
    if let batch { verificationData(batch) } else { null() }
    endObject()
  }

  /// What leads from the commitment to the state to the hash that L1 keeps of the batch.
  private mutating func verificationData(_ batch: StoredBatchInfo) {
    beginObject()
    key("batchNumber")
    number(batch.batchNumber.rawValue)
    key("numberOfLayer1Txs")
    number(batch.l1TransactionCount)
    key("priorityOperationsHash")
    data(batch.priorityOperationsHash)
    // Batches of this protocol depend on no other chain's.
    key("dependencyRootsRollingHash")
    data(Bytes32.zero)
    key("l2ToL1LogsRootHash")
    data(batch.l2LogsRoot)
    key("commitment")
    data(batch.commitment)
    endObject()
  }

  private mutating func keyProof(_ proof: KeyProof) {
    beginObject()
    key("type")
    switch proof {
    case .existing(let leaf):
      string("existing" as StaticString)
      path(leaf)
    case .absent(let left, let right):
      string("nonExisting" as StaticString)
      key("leftNeighbor")
      neighbor(left)
      key("rightNeighbor")
      neighbor(right)
    }
    endObject()
  }

  private mutating func neighbor(_ leaf: LeafProof) {
    beginObject()
    path(leaf)
    key("leafKey")
    data(leaf.leaf.key)
    endObject()
  }

  private mutating func path(_ leaf: LeafProof) {
    key("index")
    number(leaf.index)
    key("value")
    data(leaf.leaf.value)
    key("nextIndex")
    number(leaf.leaf.next)
    key("siblings")
    beginArray()
    for sibling in leaf.trimmedSiblings { data(sibling) }
    endArray()
  }
}

extension AccountProof {
  /// Why a text is not an account proof.
  public struct FormatError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// Reads the result of `zks_getProof`, or the whole response that carries it. Nothing is checked beyond the form.
  public init(parsing text: [UInt8]) throws(FormatError) {
    var value: JSONValue
    do throws(JSONError) { value = try JSONValue(parsing: text) } catch {
      throw FormatError(description: "not JSON: \(error)")
    }
    if let error = value["error"] {
      throw FormatError(description: "the node's answer is an error: \(error["message"]?.string ?? "unnamed")")
    }
    if let result = value["result"] { value = result }
    address = try Self.member(value, "address", \.address)
    let preimage = try Self.member(value, "stateCommitmentPreimage") { $0.kind == .object ? $0 : nil }
    self.preimage = StateCommitmentPreimage(
      nextFreeSlot: try Self.member(preimage, "nextFreeSlot", \.quantity64),
      blockNumber: try Self.member(preimage, "blockNumber", \.quantity64),
      last256BlockHashes: try Self.member(preimage, "last256BlockHashesBlake", \.bytes32),
      lastBlockTimestamp: try Self.member(preimage, "lastBlockTimestamp", \.quantity64))
    slots = []
    for element in try Self.member(value, "storageProofs", \.elements) {
      let key = try Self.member(element, "key", \.bytes32)
      let proof = try Self.keyProof(
        try Self.member(element, "proof") { $0.kind == .object ? $0 : nil }, flatKey: FlatKey.of(address, key))
      slots.append(Slot(key: key, proof: proof))
    }
  }

  private static func keyProof(_ value: JSONValue, flatKey: Bytes32) throws(FormatError) -> KeyProof {
    switch try member(value, "type", \.string) {
    case "existing": return .existing(try path(value, key: flatKey))
    case "nonExisting":
      func neighbor(_ name: StaticString) throws(FormatError) -> LeafProof {
        let leaf = try member(value, name) { $0.kind == .object ? $0 : nil }
        return try path(leaf, key: try member(leaf, "leafKey", \.bytes32))
      }
      return .absent(left: try neighbor("leftNeighbor"), right: try neighbor("rightNeighbor"))
    case let type: throw FormatError(description: "unknown type of proof: \(type)")
    }
  }

  private static func path(_ value: JSONValue, key: Bytes32) throws(FormatError) -> LeafProof {
    let leaf = TreeLeaf(
      key: key, value: try member(value, "value", \.bytes32), next: try member(value, "nextIndex", \.unsignedInteger))
    var siblings: [Bytes32] = []
    for element in try member(value, "siblings", { $0.elements(atMost: TreeHashing.depth + 1) }) {
      guard let sibling = element.bytes32 else { throw FormatError(description: "a sibling is not 32 bytes") }
      siblings.append(sibling)
    }
    let index = try member(value, "index", \.unsignedInteger)
    guard let path = LeafProof(index: index, leaf: leaf, trimmedSiblings: siblings) else {
      throw FormatError(description: "more than \(TreeHashing.depth) siblings")
    }
    return path
  }

  private static func member<T>(
    _ value: JSONValue, _ name: StaticString, _ read: (JSONValue) -> T?
  ) throws(FormatError) -> T {
    guard let member = value[name] else { throw FormatError(description: "\(name) is missing") }
    guard let result = read(member) else { throw FormatError(description: "\(name) has the wrong form") }
    return result
  }
}
