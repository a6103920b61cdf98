// The state tree: commitments and proofs.

import EthereumAPI
import JSON
import JSONRPC
import Primitives
import StateTree

extension ZKsyncAPI {
  func addProofMethods(to table: inout MethodTable) {
    table.add(
      "zks_getProof", .heavy, "Slots of an account after a batch, proven against the commitment to the state.",
      parameters: [
        .required("address", "address"), .required("keys", "array of at most 1,024 storage keys"),
        .required("l1BatchNumber", "quantity"),
      ], result: "account proof", refusals: [.noSuchBlock, .notYetInTree],
      differences: "Another proof than Ethereum's `eth_getProof`: `zkos proof verify` checks it."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let keys = try parameters.required("keys", as: JSONValue.self)
      // A batch is one block.
      let batch = try parameters.required("l1BatchNumber", as: UInt64.self)
      let slots = try slots(keys)
      let proof = try proving { () throws(StateProofError) in try prover.prove(slots, of: address, after: batch) }
      let made = try blocks.faults.reading { () throws(ChainReadError) in try settlement.batch(batch) }
      writer.accountProof(proof, batch: made?.stored)
    }
    table.add(
      "zkos_getStateCommitment", .pooled, "Root and leaf count of the state tree after a block, and their commitment.",
      parameters: [.required("blockId", "block")],
      result: "object with `blockNumber`, `root`, `leafCount` and `stateCommitment`",
      refusals: [.noSuchBlock, .notYetInTree], differences: "Only this node has it."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let id = try parameters.required("blockId", as: BlockID.self)
      let number: UInt64
      if case .number(let given) = id { number = given } else { number = try blocks.stateNumber(of: id) }
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

  /// Slots of one proof: what fits into a response with room to spare.
  private static let maxProofSlots = 1_024

  private func slots(_ value: JSONValue) throws(RPCError) -> [Bytes32] {
    guard let elements = value.elements(atMost: Self.maxProofSlots + 1) else {
      throw .invalidParameters("invalid argument 1: expected an array of storage keys")
    }
    guard elements.count <= Self.maxProofSlots else {
      throw .invalidParameters("too many storage keys: at most \(Self.maxProofSlots)")
    }
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
      case .noTree:
        throw RPCError(code: -32_001, message: "this node keeps no state tree (tree_component_enabled)")
      case .failed(let reason): throw blocks.faults.internalError(reason)
      }
    }
  }
}

extension MethodDocumentation.Refusal {
  fileprivate static let noSuchBlock = Self(
    -32_001, "the chain has no such block, the tree no longer has it, or the node has no tree")
  fileprivate static let notYetInTree = Self(-32_002, "the tree has not reached the block yet: asking again helps")
}
