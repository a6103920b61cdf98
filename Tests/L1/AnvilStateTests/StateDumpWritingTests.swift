import AnvilState
import Cryptography
import Files
import JSON
import Primitives
import StorageTesting
import Testing
import Transactions

@Suite("State dumps are written")
struct StateDumpWritingTests {
  @Test func whatIsWrittenIsRead() throws {
    let content = Self.content
    let items = try all(StateDump.compressed(content))
    var expected: [StateDump.Item] = [.environment(content.environment)]
    expected += Self.accounts.map { .account($0) }
    expected.append(.bestBlock(content.bestBlock))
    expected += Self.blocks.map { .block($0) }
    expected += Self.outcomes.map { .outcome($0) }
    #expect(items == expected)
  }

  @Test func theSameStateIsTheSameBytes() {
    #expect(StateDump.compressed(Self.content) == StateDump.compressed(Self.content))
  }

  @Test func aFileIsReplacedWhole() throws {
    let directory = TemporaryDirectory()
    let folder = directory.path
    let path = folder + "/dump.json"
    try StateDump.write(Self.content, to: path)
    var reader = try StateDumpReader(path: path)
    var count = 0
    while try reader.next() != nil { count += 1 }
    #expect(count == 2 + Self.accounts.count + Self.blocks.count + Self.outcomes.count)
    // Plain text, which anvil reads.
    #expect(try Files.read(path).starts(with: Array(#"{"block":{"number":"0x2","coinbase":"#.utf8)))

    // Of a folder, a file in it.
    try StateDump.write(Self.content, to: folder)
    #expect(try Files.read(folder + "/state.json") == Files.read(path))
    #expect(throws: StateDumpError.cannotWrite("/nowhere/dump.json: No such file or directory")) {
      try StateDump.write(Self.content, to: "/nowhere/dump.json")
    }
  }

  @Test func headersAreSpelledAsJSONRPCSpellsThem() throws {
    let directory = TemporaryDirectory()
    let folder = directory.path
    try StateDump.write(Self.content, to: folder)
    let text = try JSONValue(parsing: try Files.read(folder + "/state.json"))
    let block = try #require(text["blocks"]?.elements?.last)
    let names = block["header"]?.members?.map(\.name)
    #expect(
      names == [
        "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom",
        "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas",
        "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
      ])
    #expect(block["header"]?["nonce"]?.string == "0x0000000000000000")
    let types = block["transactions"]?.elements?.map { $0["transaction"]?["type"]?.string }
    #expect(types == ["0x0", "0x0", "0x1", "0x2", "0x3", "0x4", "0x2"])
    #expect(block["transactions"]?.elements?.last?["impersonated_sender"]?.string == Address(0xaa).description)
    #expect(text["historical_states"]?.isNull == true)
  }

  // MARK: A chain with one of everything

  private static let key = Secp256k1.PrivateKey(Bytes32(7 as UInt256))

  private static var accounts: [StateDump.Account] {
    [
      StateDump.Account(address: Address(1), nonce: .max, balance: .max),
      StateDump.Account(
        address: Address(2), nonce: 0, balance: 0, code: [0x60, 0x00], storage: [.max: 1, 0: .max, 5: 0]),
    ]
  }

  /// The two headers with the number 0 of a chain that was loaded once before.
  private static var blocks: [StateDump.Block] {
    var first = BlockHeader(parentHash: .zero, number: 0, gasLimit: 1, timestamp: 1, baseFeePerGas: 1)
    var last = BlockHeader(
      parentHash: first.hash, beneficiary: Address(3), stateRoot: Bytes32(9 as UInt256), difficulty: 7, number: 1,
      gasLimit: 30_000_000, gasUsed: 21_000, timestamp: 99, extraData: [1, 2], mixHash: Bytes32(.max),
      baseFeePerGas: 1_000_000_000)
    last.withdrawalsRoot = Bytes32(1 as UInt256)
    last.blobGasUsed = 131_072
    last.excessBlobGas = 0
    last.parentBeaconBlockRoot = Bytes32(2 as UInt256)
    last.requestsHash = Bytes32(3 as UInt256)
    first.extraData = [0xff]
    var second = first
    second.timestamp = 2
    return [first, second].map { StateDump.Block(header: $0, transactions: []) } + [
      StateDump.Block(header: last, transactions: transactions)
    ]
  }

  private static var transactions: [StateDump.Transaction] {
    func transaction(_ kind: SignedTransaction.Kind, chainID: UInt64?) -> SignedTransaction {
      let fees: (UInt256, UInt256) = kind == .legacy || kind == .accessList ? (9, 9) : (10, 2)
      var transaction = SignedTransaction(
        kind: kind, chainID: chainID, nonce: 3, gasLimit: 100_000, maxFeePerGas: fees.0, maxPriorityFeePerGas: fees.1,
        to: kind == .legacy ? nil : Address(8), value: 5, input: [1, 2, 3])
      if kind != .legacy {
        transaction.accessList = AccessList([.init(address: Address(4), storageKeys: [Bytes32(6 as UInt256)])])
      }
      if kind == .blob {
        transaction.maxFeePerBlobGas = 11
        transaction.blobVersionedHashes = [Bytes32(12 as UInt256)]
      }
      if kind == .setCode {
        transaction.authorizations = [
          Authorization(chainID: 1, address: Address(6), nonce: 2, yParity: 1, r: 1, s: .max)
        ]
      }
      return key.flatMap { try? transaction.signed(with: $0) } ?? transaction
    }
    var list = [StateDump.Transaction(transaction(.legacy, chainID: nil))]
    for kind in SignedTransaction.Kind.allCases where kind != .typedData {
      list.append(StateDump.Transaction(transaction(kind, chainID: 9)))
    }
    var unsigned = transaction(.dynamicFee, chainID: 9)
    unsigned.signature = .init(r: .zero, s: .zero, yParity: 0)
    list.append(StateDump.Transaction(unsigned, impersonatedSender: Address(0xaa)))
    return list
  }

  private static var outcomes: [StateDump.Outcome] {
    let log = Log(address: Address(5), topics: [.zero, Bytes32(.max)], data: [9])
    return [
      StateDump.Outcome(
        transactionHash: Bytes32(4 as UInt256), transactionIndex: 0, blockHash: Bytes32(5 as UInt256), blockNumber: 1,
        sender: Address(1), to: nil, nonce: 3,
        receipt: Receipt(
          transactionType: 0, succeeded: true, gasUsed: 21_000, cumulativeGasUsed: 21_000,
          contractAddress: Address(77), logs: [log])),
      StateDump.Outcome(
        transactionHash: Bytes32(6 as UInt256), transactionIndex: 1, blockHash: Bytes32(5 as UInt256), blockNumber: 1,
        sender: Address(1), to: Address(8), nonce: 4, output: [0xde, 0xad],
        receipt: Receipt(
          transactionType: 2, succeeded: false, gasUsed: 30_000, cumulativeGasUsed: 51_000, logs: [])),
    ]
  }

  private static var content: StateDump.Content {
    StateDump.Content(
      environment: StateDump.Environment(
        number: 2, beneficiary: Address(9), timestamp: 100, gasLimit: 30_000_000, baseFee: 8, excessBlobGas: 393_216),
      bestBlock: 1, accounts: accounts, blocks: blocks, outcomes: outcomes)
  }

  private func all(_ bytes: [UInt8]) throws -> [StateDump.Item] {
    var reader = try StateDumpReader(bytes: bytes)
    var items: [StateDump.Item] = []
    while let item = try reader.next() { items.append(item) }
    return items
  }
}
