import JSON
import Primitives
import Transactions

extension BlockHeader {
  /// Reads a header in either spelling: `miner` and `sha3Uncles` as in JSON-RPC, `beneficiary` and `ommersHash` as in older
  /// dumps.
  init(_ value: JSONValue, at path: String, unknown: inout [String]) throws(StateDumpError) {
    var fields = try Fields(value, at: path)
    self.init(
      parentHash: try fields.hash("parentHash"), number: try fields.number("number"),
      gasLimit: try fields.number("gasLimit"), timestamp: try fields.number("timestamp"),
      // A chain that began before EIP-1559 has none.
      baseFeePerGas: try fields.optionalNumber("baseFeePerGas") ?? 0)
    ommersHash = try fields.hash("sha3Uncles", "ommersHash")
    beneficiary = try fields.address("miner", "beneficiary", "author")
    stateRoot = try fields.hash("stateRoot")
    transactionsRoot = try fields.hash("transactionsRoot")
    receiptsRoot = try fields.hash("receiptsRoot")
    logsBloom = try Bloom(&fields, at: path)
    difficulty = try fields.optionalWord("difficulty") ?? .zero
    gasUsed = try fields.number("gasUsed")
    extraData = try fields.optionalData("extraData") ?? []
    mixHash = try fields.optionalHash("mixHash") ?? .zero
    // Eight bytes, or a number.
    nonce = try fields.optionalNumber("nonce") ?? 0
    withdrawalsRoot = try fields.optionalHash("withdrawalsRoot")
    blobGasUsed = try fields.optionalNumber("blobGasUsed")
    excessBlobGas = try fields.optionalNumber("excessBlobGas")
    parentBeaconBlockRoot = try fields.optionalHash("parentBeaconBlockRoot")
    requestsHash = try fields.optionalHash("requestsHash", "requestsRoot")
    // Of headers as JSON-RPC shows them.
    fields.ignore("hash", "size", "totalDifficulty")
    unknown += fields.unknown
  }
}

extension Bloom {
  /// The filter of a header or a receipt.
  init(_ fields: inout Fields, at path: String) throws(StateDumpError) {
    guard let bloom = Bloom(bytes: try fields.data("logsBloom", "logs_bloom", "bloom")) else {
      throw .invalid(path: path + ".logsBloom", expected: "0x and 512 digits")
    }
    self = bloom
  }
}
