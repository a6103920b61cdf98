// The state tree: commitments and proofs.

import JSON
import JSONRPC
import Primitives
import StateTree

extension NodeAPI {
  func addProofMethods(to table: inout MethodTable) {
    table.add("zks_getProof", .heavy) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let keys = try parameters.required("keys", as: JSONValue.self)
      // A batch is one block.
      let batch = try parameters.required("l1BatchNumber", as: UInt64.self)
      let slots = try slots(keys)
      writer.accountProof(
        try proving { () throws(StateProofError) in try prover.prove(slots, of: address, after: batch) })
    }
    table.add("zkos_getStateCommitment", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let id = try parameters.required("blockId", as: BlockID.self)
      let number: UInt64
      if case .number(let given) = id { number = given } else { number = try stateNumber(of: id) }
      let state = try proving { () throws(StateProofError) in try prover.commitment(after: number) }
      writer.beginObject()
      writer.key("blockNumber")
      writer.quantity(number)
      writer.key("root")
      writer.data(state.root)
      writer.key("leafCount")
      writer.quantity(state.leafCount)
      writer.key("stateCommitment")
      writer.data(state.hash)
      writer.endObject()
    }
  }

  private func slots(_ value: JSONValue) throws(RPCError) -> [Bytes32] {
    let limit = configuration.maxProofSlots
    guard let elements = value.elements(atMost: limit + 1) else {
      throw .invalidParameters("invalid argument 1: expected an array of storage keys")
    }
    guard elements.count <= limit else { throw .invalidParameters("too many storage keys: at most \(limit)") }
    var slots: [Bytes32] = []
    for element in elements {
      do throws(InvalidParameter) { slots.append(try StorageKey(parameter: element).key) } catch {
        throw .invalidParameters("invalid argument 1: \(error.reason)")
      }
    }
    return slots
  }

  /// Codes of EIP-1474: −32001 for what is not there, −32002 for what will be there later.
  private func proving<T>(_ body: () throws(StateProofError) -> T) throws(RPCError) -> T {
    do throws(StateProofError) {
      return try body()
    } catch {
      switch error {
      case .noSuchBlock(let block, let newest):
        throw RPCError(code: -32_001, message: "block \(block) not found: the newest is \(newest)")
      case .pruned(let block, let oldest):
        throw RPCError(
          code: -32_001, message: "the state tree after block \(block) is pruned: the oldest kept is \(oldest)")
      case .notYet(let block, let newest):
        throw RPCError(
          code: -32_002, message: "the state tree has not reached block \(block) yet: it is at \(newest)")
      case .failed(let reason): throw .internalError(reason)
      }
    }
  }
}
