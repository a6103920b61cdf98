// Proofs of state in Merkle Patricia tries (EIP-1186).

import JSON
import JSONRPC
import Primitives

extension EthereumAPI {
  func addProofMethods(to table: inout MethodTable) {
    guard let prover = optional.accountProver else { return }
    table.add(
      "eth_getProof", .heavy,
      "An account and slots of its storage, proven against the state root of a block (EIP-1186).",
      parameters: [
        .required("address", "address"), .required("keys", "array of at most 1,024 storage keys"),
        .optional("blockId", "block"),
      ], result: "account proof", refusals: [.blockNotFound, .stateNotAvailable]
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let keys = try parameters.required("keys", as: ProofKeys.self)
      let number = try blocks.stateNumber(of: try parameters.optional("blockId"))
      let proof = try faults.reading { () throws(ChainReadError) in
        try prover.prove(address, slots: keys.values.map(\.key), after: number)
      }
      writer.proof(proof, of: address, names: keys.values.map(\.name))
    }
  }
}

/// The slots of one proof, and how the client writes each: the answer names them in the same way, as geth does.
private struct ProofKeys: RPCParameter {
  /// As many as geth takes.
  private static let limit = 1_024

  let values: [(key: Bytes32, name: String)]

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard let elements = value.elements(atMost: Self.limit + 1) else {
      throw InvalidParameter("expected an array of storage keys")
    }
    guard elements.count <= Self.limit else { throw InvalidParameter("too many slots (max \(Self.limit))") }
    var values: [(key: Bytes32, name: String)] = []
    for element in elements {
      let key = try StorageKey(parameter: element).key
      let isWhole = element.bytes32 != nil
      values.append((key, isWhole ? key.description : "0x" + String(hexadecimal(of: key))))
    }
    self.values = values
  }
}

/// The digits of a key as a number: without leading zeros.
private func hexadecimal(of key: Bytes32) -> Substring {
  let digits = key.description.dropFirst(2).drop { $0 == "0" }
  return digits.isEmpty ? "0" : digits
}

extension JSONWriter {
  /// `names` stand for the keys of the slots.
  fileprivate mutating func proof(_ proof: MerkleAccountProof, of address: Address, names: [String]) {
    beginObject()
    key("address")
    data(address)
    key("accountProof")
    nodes(proof.accountProof)
    key("balance")
    quantity(proof.balance)
    key("codeHash")
    data(proof.codeHash)
    key("nonce")
    quantity(proof.nonce)
    key("storageHash")
    data(proof.storageHash)
    key("storageProof")
    beginArray()
    for (slot, name) in zip(proof.slots, names) {
      beginObject()
      key("key")
      string(name)
      key("value")
      quantity(slot.value)
      key("proof")
      nodes(slot.proof)
      endObject()
    }
    endArray()
    endObject()
  }

  private mutating func nodes(_ nodes: [[UInt8]]) {
    beginArray()
    for node in nodes { data(node) }
    endArray()
  }
}
