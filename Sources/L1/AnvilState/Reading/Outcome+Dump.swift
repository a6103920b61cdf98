import JSON
import Primitives
import Transactions

extension StateDump.Outcome {
  /// Reads what stands beside a block's transactions: `info` without its traces, and the receipt.
  init(
    info: JSONValue, receipt: JSONValue, blockHash: Bytes32, blockNumber: UInt64, at path: String,
    unknown: inout [String]
  ) throws(StateDumpError) {
    var fields = try Fields(info, at: path + ".info")
    let contract = try fields.optionalAddress("contract_address")
    // Versions before 2023 had neither gas nor nonce here.
    let gasUsed = try fields.optionalNumber("gas_used") ?? 0
    self.init(
      transactionHash: try fields.hash("transaction_hash"), transactionIndex: try fields.number("transaction_index"),
      blockHash: blockHash, blockNumber: blockNumber, sender: try fields.address("from"),
      to: try fields.optionalAddress("to"), nonce: try fields.optionalNumber("nonce") ?? 0,
      output: try fields.optionalData("out") ?? [],
      receipt: try Receipt(
        receipt, contractAddress: contract, gasUsed: gasUsed, at: path + ".receipt", unknown: &unknown))
    fields.ignore("traces", "exit", "logs_bloom", "logs")
    unknown += fields.unknown
  }
}

extension Receipt {
  /// Reads a receipt with a `type`, or in an object named after it.
  init(
    _ value: JSONValue, contractAddress: Address?, gasUsed: UInt64, at path: String, unknown: inout [String]
  ) throws(StateDumpError) {
    var named: (value: JSONValue, type: UInt8, path: String)?
    let names: [StaticString] = ["Legacy", "EIP2930", "EIP1559", "EIP4844", "EIP7702"]
    for (type, name) in names.enumerated() {
      if let inner = value[name] { named = (inner, UInt8(type), "\(path).\(name)") }
    }
    let path = named?.path ?? path
    var fields = try Fields(named?.value ?? value, at: path)
    var type = named?.type
    if type == nil {
      guard let number = UInt8(exactly: try fields.optionalNumber("type") ?? 0) else {
        throw .invalid(path: path + ".type", expected: "a type from 0x0 to 0x4")
      }
      type = number
    }
    var body = fields
    if let (inner, place) = fields.take("receipt") {
      // A receipt with its filter beside it.
      body = try Fields(inner, at: place)
      fields.ignore("logsBloom", "logs_bloom", "bloom")
      unknown += fields.unknown
    }
    let succeeded: Bool
    guard let (status, place) = body.take("status", "success") else { throw .missing(path: path + ".status") }
    switch (status.boolean, status.anyNumber) {
    case (let boolean?, _): succeeded = boolean
    case (_, let number?) where number <= 1: succeeded = number == 1
    default: throw .invalid(path: place, expected: "0x0 or 0x1")
    }
    let cumulative = try body.number("cumulativeGasUsed", "cumulative_gas_used")
    var logs: [Log] = []
    for (element, place) in try body.elements("logs") { logs.append(try Log(element, at: place)) }
    body.ignore("logsBloom", "logs_bloom", "bloom", "type")
    unknown += body.unknown
    self.init(
      transactionType: type ?? 0, succeeded: succeeded, gasUsed: gasUsed, cumulativeGasUsed: cumulative,
      contractAddress: contractAddress, logs: logs)
  }
}

extension Log {
  /// Reads a log; what JSON-RPC says about where it stands may be there too.
  fileprivate init(_ value: JSONValue, at path: String) throws(StateDumpError) {
    var fields = try Fields(value, at: path)
    var topics: [Bytes32] = []
    for (topic, place) in try fields.elements("topics") {
      guard let topic = topic.bytes32 else { throw .invalid(path: place, expected: "0x and 64 digits") }
      topics.append(topic)
    }
    guard topics.count <= 4 else { throw .invalid(path: path + ".topics", expected: "four topics at most") }
    self.init(address: try fields.address("address"), topics: topics, data: try fields.optionalData("data") ?? [])
  }
}
