// Access lists for calls that are to become transactions (EIP-2930).

import Cryptography
import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addAccessListMethods(to table: inout MethodTable) {
    guard let tracer = optional.accessTracer else { return }
    table.add(
      "eth_createAccessList", .heavy,
      "The accounts and slots that a call touches, and the gas that it uses when it declares them (EIP-2930).",
      parameters: [
        .required("request", "transaction request"), .optional("blockNumber", "block"),
        .optional("stateOverrides", "state overrides"),
      ], result: "object with `accessList` and `gasUsed`; with `error` too where the call fails",
      refusals: [.init(-32_000, "the call can never be valid"), .blockNotFound, .stateNotAvailable]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let request = try parameters.required("request", as: TransactionRequest.self)
      let (number, baseFee) = try block(of: try parameters.optional("blockNumber"))
      let overrides = try Self.overrides(&parameters)
      var call = try request.simulatedCall(
        baseFee: baseFee, allowsAuthorizations: configuration.allowsAuthorizations)
      call.gasLimit = min(request.gas ?? configuration.callGas, Self.blockGas(chain.head, overrides))
      var declared = try undeclared(of: call, after: number)
      declared.add(call.accessList)
      // With another list the call may go another way, by its gas, and touch more. The list only grows, so that ends.
      while true {
        try context.checkCancellation()
        call.accessList = declared.list
        let (accesses, outcome) = try running(context) { () throws(SimulationError) in
          try tracer.accesses(of: call, after: number, overrides, cancellation: context.cancellation)
        }
        let before = declared.count
        declared.add(accesses)
        if declared.count == before { return writer.accessList(call.accessList, outcome) }
      }
    }
  }

  /// An empty list that leaves out the sender and the recipient, which every transaction has touched already.
  private func undeclared(of call: SimulatedCall, after number: UInt64) throws(RPCError) -> DeclaredAccesses {
    if let to = call.to { return DeclaredAccesses(without: [call.from, to]) }
    var nonce = call.nonce ?? 0
    if call.nonce == nil {
      nonce = try faults.reading { () throws(ChainReadError) in try state.nonce(of: call.from, after: number) }
    }
    // Where CREATE puts a contract.
    var fields = RLPWriter()
    fields.appendList {
      $0.append(call.from)
      $0.append(nonce)
    }
    let created = Address(truncating: UInt256(Keccak256.hash(fields.encoded)))
    return DeclaredAccesses(without: [call.from, created])
  }
}

/// Accounts and slots that are collected, each once, in the order of addresses and keys.
private struct DeclaredAccesses {
  private let exempt: Set<Address>
  private var slots: [Address: Set<Bytes32>] = [:]
  /// Accounts and slots together.
  private(set) var count = 0

  init(without exempt: Set<Address>) { self.exempt = exempt }

  /// Slots of an exempt account count, the account itself does not.
  mutating func add(_ list: AccessList) {
    for item in list.items where !item.storageKeys.isEmpty || !exempt.contains(item.address) {
      if slots[item.address] == nil {
        slots[item.address] = []
        count += 1
      }
      for key in item.storageKeys where slots[item.address]?.insert(key).inserted == true { count += 1 }
    }
  }

  var list: AccessList {
    AccessList(
      slots.sorted { $0.key < $1.key }.map { .init(address: $0.key, storageKeys: $0.value.sorted()) })
  }
}

extension JSONWriter {
  fileprivate mutating func accessList(_ list: AccessList, _ outcome: SimulationOutcome) {
    beginObject()
    key("accessList")
    accessList(list)
    let used: UInt64
    switch outcome {
    case .success(_, let gasUsed, _): used = gasUsed
    case .revert(_, let gasUsed):
      used = gasUsed
      key("error")
      string("execution reverted")
    case .halt(let reason, _, let gasUsed):
      used = gasUsed
      key("error")
      string(reason)
    }
    key("gasUsed")
    quantity(used)
    endObject()
  }
}
