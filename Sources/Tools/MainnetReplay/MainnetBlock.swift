import JSON
import Primitives
import Transactions

/// A block of Ethereum with what a node says about its execution: the answers to five JSON-RPC requests.
///
/// | file | request |
/// | --- | --- |
/// | `block.json` | eth_getBlockByNumber(n, true) |
/// | `receipts.json` | eth_getBlockReceipts |
/// | `prestatetrace.json` | debug_traceBlockByNumber, prestateTracer |
/// | `difftrace.json` | the same with diffMode |
/// | `calltrace.json` | debug_traceBlockByNumber, callTracer |
public struct MainnetBlock: Sendable {
  /// One transaction with its receipt.
  public struct Item: Sendable {
    public var index: Int
    public var hash: Bytes32
    public var sender: Address
    public var transaction: SignedTransaction
    public var succeeded: Bool
    public var gasUsed: UInt64
    public var logs: [Log]
  }

  /// What a trace shows of an account; `nil` where it does not mention a field.
  struct AccountTrace: Sendable {
    var balance: UInt256?
    var nonce: UInt64?
    var code: [UInt8]?
    var storage: [Bytes32: Bytes32] = [:]
  }

  public var number: UInt64
  public var timestamp: UInt64
  public var parentHash: Bytes32
  public var miner: Address
  public var gasLimit: UInt64
  public var baseFee: UInt256
  public var mixHash: UInt256
  /// The transactions that a replay can run, in order.
  public var items: [Item] = []
  /// Transactions of a type that ZKsync OS lacks, or that call the precompiles 9 or 10, which it only mocks.
  public var skipped = 0
  /// The accounts that the transactions touched, as they were before the block.
  var before: [Address: AccountTrace] = [:]
  /// What the transactions changed, as it was after the last of them. A cleared slot is zero.
  var changes: [Address: AccountTrace] = [:]

  /// The five files, by their names without `.json`.
  public static let fileNames = ["block", "receipts", "prestatetrace", "difftrace", "calltrace"]

  /// Reads a block; `read` gives the content of a file by its name.
  public init(reading read: (String) throws -> [UInt8]) throws {
    var results: [JSONValue] = []
    for name in Self.fileNames {
      let bytes = try read(name + ".json")
      // Calls can be nested 1,024 deep, and each takes an object and an array.
      guard let value = try? JSONValue(parsing: bytes, maxDepth: 4_096), let result = value["result"] else {
        throw MainnetBlockError(file: name, detail: "not a JSON-RPC result")
      }
      results.append(result)
    }
    self = try Reader(results).block
  }

  init(
    number: UInt64, timestamp: UInt64, parentHash: Bytes32, miner: Address, gasLimit: UInt64, baseFee: UInt256,
    mixHash: UInt256
  ) {
    self.number = number
    self.timestamp = timestamp
    self.parentHash = parentHash
    self.miner = miner
    self.gasLimit = gasLimit
    self.baseFee = baseFee
    self.mixHash = mixHash
  }
}

/// A file that does not have the form of its JSON-RPC answer.
public struct MainnetBlockError: Error, CustomStringConvertible {
  public let file: String
  public let detail: String

  public var description: String { "\(file).json: \(detail)" }
}
