// From JSON to a block: fields of the header, transactions with receipts, and the two kinds of state trace folded.

import Cryptography
import JSON
import Primitives
import Transactions

extension MainnetBlock {
  struct Reader {
    private(set) var block: MainnetBlock

    init(_ results: [JSONValue]) throws(MainnetBlockError) {
      let (header, receipts, prestates, diffs, calls) = (results[0], results[1], results[2], results[3], results[4])
      block = MainnetBlock(
        number: try Self.number(header["number"], "number"),
        timestamp: try Self.number(header["timestamp"], "timestamp"),
        parentHash: try Self.require(header["parentHash"]?.bytes32, "parentHash"),
        miner: try Self.require(header["miner"]?.address, "miner"),
        gasLimit: try Self.number(header["gasLimit"], "gasLimit"),
        baseFee: try Self.require(header["baseFeePerGas"]?.quantity, "baseFeePerGas"),
        mixHash: UInt256(try Self.require(header["mixHash"]?.bytes32, "mixHash")))

      let transactions = header["transactions"]?.elements ?? []
      var lists: [[JSONValue]] = []
      for (name, value) in [
        ("receipts", receipts), ("prestatetrace", prestates), ("difftrace", diffs), ("calltrace", calls),
      ] {
        guard let list = value.elements, list.count == transactions.count else {
          throw MainnetBlockError(file: name, detail: "not one element for each transaction")
        }
        lists.append(list)
      }
      var created: Set<Address> = []
      for (index, transaction) in transactions.enumerated() {
        guard let call = lists[3][index]["result"], let before = lists[1][index]["result"],
          let diff = lists[2][index]["result"]
        else { throw MainnetBlockError(file: "calltrace", detail: "no result for transaction \(index)") }
        let survey = CallSurvey(call)
        guard let item = try Self.item(index, transaction, lists[0][index]), !survey.callsMockedPrecompile else {
          block.skipped += 1
          continue
        }
        block.items.append(item)
        try addPrestate(before, except: created)
        created.formUnion(survey.created)
        try addDiff(diff)
      }
    }

    private static func require<T>(_ value: T?, _ field: String, _ file: String = "block") throws(MainnetBlockError)
      -> T
    {
      guard let value else { throw MainnetBlockError(file: file, detail: "no usable \(field)") }
      return value
    }

    private static func number(
      _ value: JSONValue?, _ field: String, _ file: String = "block"
    ) throws(MainnetBlockError) -> UInt64 {
      try require(value?.quantity64, field, file)
    }

    // MARK: Transactions

    /// Nil for a type that ZKsync OS lacks.
    private static func item(
      _ index: Int, _ json: JSONValue, _ receipt: JSONValue
    ) throws(MainnetBlockError) -> Item? {
      let type = json["type"] == nil ? 0 : try number(json["type"], "type")
      guard type <= 2, let kind = SignedTransaction.Kind(rawValue: UInt8(type)) else { return nil }
      let v = try number(json["v"], "v")
      // EIP-155 puts the chain id into v; before it v was 27 or 28. Typed transactions have the parity itself.
      let (chainID, parity): (UInt64?, UInt64) =
        kind != .legacy
        ? (try number(json["chainId"], "chainId"), v) : v >= 35 ? ((v - 35) / 2, (v - 35) % 2) : (nil, v - 27)
      let price = try require(json["gasPrice"]?.quantity, "gasPrice")
      var list = AccessList()
      for entry in json["accessList"]?.elements ?? [] {
        var keys: [Bytes32] = []
        for key in entry["storageKeys"]?.elements ?? [] { keys.append(try require(key.bytes32, "storageKeys")) }
        list.items.append(
          AccessList.Item(address: try require(entry["address"]?.address, "address"), storageKeys: keys))
      }
      let to = json["to"]
      let transaction = SignedTransaction(
        kind: kind, chainID: chainID, nonce: try number(json["nonce"], "nonce"),
        gasLimit: try number(json["gas"], "gas"),
        maxFeePerGas: kind == .dynamicFee ? try require(json["maxFeePerGas"]?.quantity, "maxFeePerGas") : price,
        maxPriorityFeePerGas: kind == .dynamicFee
          ? try require(json["maxPriorityFeePerGas"]?.quantity, "maxPriorityFeePerGas") : price,
        to: to?.isNull ?? true ? nil : try require(to?.address, "to"),
        value: try require(json["value"]?.quantity, "value"), input: try require(json["input"]?.data, "input"),
        accessList: list,
        signature: Secp256k1.Signature(
          r: Bytes32(try require(json["r"]?.quantity, "r")), s: Bytes32(try require(json["s"]?.quantity, "s")),
          yParity: UInt8(truncatingIfNeeded: parity)))
      var logs: [Log] = []
      for log in receipt["logs"]?.elements ?? [] {
        var topics: [Bytes32] = []
        for topic in log["topics"]?.elements ?? [] { topics.append(try require(topic.bytes32, "topics", "receipts")) }
        logs.append(
          Log(
            address: try require(log["address"]?.address, "address", "receipts"), topics: topics,
            data: try require(log["data"]?.data, "data", "receipts")))
      }
      return Item(
        index: index, hash: try require(json["hash"]?.bytes32, "hash"),
        sender: try require(json["from"]?.address, "from"),
        transaction: transaction, succeeded: try number(receipt["status"], "status", "receipts") == 1,
        gasUsed: try number(receipt["gasUsed"], "gasUsed", "receipts"), logs: logs)
    }

    // MARK: State

    private static func traces(_ json: JSONValue, _ file: String) throws(MainnetBlockError) -> [Address: AccountTrace] {
      var traces: [Address: AccountTrace] = [:]
      try json.forEachMember { (name, value) throws(MainnetBlockError) in
        var trace = AccountTrace(balance: value["balance"]?.quantity, nonce: value["nonce"]?.unsignedInteger)
        trace.code = value["code"]?.data
        try value["storage"]?.forEachMember { (key, value) throws(MainnetBlockError) in
          trace.storage[try require(Bytes32(hex: key), "slot", file)] = try require(value.bytes32, "value", file)
        }
        traces[try require(Address(hex: name), "address", file)] = trace
      }
      return traces
    }

    /// Each trace is of the state before *its* transaction, so the first mention of a field is the one before the block.
    /// Accounts that an earlier transaction created were not there.
    private mutating func addPrestate(_ json: JSONValue, except created: Set<Address>) throws(MainnetBlockError) {
      for (address, trace) in try Self.traces(json, "prestatetrace") where !created.contains(address) {
        if block.before[address] == nil {
          block.before[address] = AccountTrace(
            balance: trace.balance ?? .zero, nonce: trace.nonce ?? 0, code: trace.code ?? [])
        }
        block.before[address]?.storage.merge(trace.storage) { first, _ in first }
      }
    }

    /// The last mention of a field is the one after the block. A slot that only `pre` mentions was cleared, an account
    /// that only `pre` mentions was destroyed.
    private mutating func addDiff(_ json: JSONValue) throws(MainnetBlockError) {
      guard let pre = json["pre"], let post = json["post"] else {
        throw MainnetBlockError(file: "difftrace", detail: "no pre and post")
      }
      let after = try Self.traces(post, "difftrace")
      for (address, trace) in try Self.traces(pre, "difftrace") {
        let isGone = after[address] == nil
        if isGone { block.changes[address] = AccountTrace(balance: .zero, nonce: 0, code: []) }
        for slot in trace.storage.keys { block.changes[address, default: AccountTrace()].storage[slot] = .zero }
      }
      for (address, trace) in after {
        var change = block.changes[address] ?? AccountTrace()
        change.balance = trace.balance ?? change.balance
        change.nonce = trace.nonce ?? change.nonce
        change.code = trace.code ?? change.code
        change.storage.merge(trace.storage) { _, last in last }
        block.changes[address] = change
      }
    }
  }
}

/// What the tree of calls of a transaction says that decides about its replay.
private struct CallSurvey {
  /// Contracts that came to be, those of reverted callers included: no trace of the state before can be of them.
  var created: [Address] = []
  var callsMockedPrecompile = false

  init(_ call: JSONValue) { visit(call) }

  private mutating func visit(_ call: JSONValue) {
    if let to = call["to"]?.address {
      if to == Address(9) || to == Address(10) { callsMockedPrecompile = true }
      if let type = call["type"]?.string, type == "CREATE" || type == "CREATE2", call["error"] == nil {
        created.append(to)
      }
    }
    call["calls"]?.forEachElement { (inner: JSONValue) in visit(inner) }
  }
}
