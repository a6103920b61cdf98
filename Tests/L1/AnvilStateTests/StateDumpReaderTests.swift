import AnvilState
import Compression
import Primitives
import Testing
import Transactions

/// Dumps written by hand in the spellings of several years.
@Suite("State dumps are read")
struct StateDumpReaderTests {
  @Test func theNewerSpelling() throws {
    let items = try read(Self.newer)
    #expect(items.environment?.number == 2)
    #expect(items.environment?.gasLimit == 30_000_000)
    #expect(items.environment?.beneficiary == Address(5))
    #expect(items.environment?.excessBlobGas == 393_216)
    #expect(items.bestBlock == 2)
    let account = try #require(items.accounts.first)
    #expect(account.address == Address(0x51))
    #expect(account.nonce == 3)
    #expect(account.balance == 0xde0b_6b3a_7640_000)
    #expect(account.code == [0x60, 0x01])
    #expect(account.storage == [0: 1, 0x10: 0xff])
    let block = try #require(items.blocks.first)
    #expect(block.header.number == 1)
    #expect(block.header.beneficiary == Address(9))
    #expect(block.header.ommersHash == BlockHeader.emptyOmmersHash)
    #expect(block.header.nonce == 0x42)
    #expect(block.header.excessBlobGas == 0)
    #expect(items.unknown == [])
  }

  @Test func theOlderSpellingSaysTheSame() throws {
    let newer = try read(Self.newer), older = try read(Self.older)
    #expect(older.environment == newer.environment)
    #expect(older.bestBlock == newer.bestBlock)
    #expect(older.accounts == newer.accounts)
    #expect(older.blocks == newer.blocks)
    #expect(older.outcomes == newer.outcomes)
    #expect(newer.outcomes.count == 1)
  }

  @Test(arguments: ["plain", "gzip", "hex", "hex of gzip", "bare hex of gzip", "quoted hex of gzip", "spaces"])
  func everyFormHoldsTheSame(form: String) throws {
    let plain = Array(Self.newer.utf8)
    let bytes: [UInt8] =
      switch form {
      case "gzip": gzip(plain)
      case "hex": Array(Hex.encode(plain).utf8)
      case "hex of gzip": Array(Hex.encode(gzip(plain)).utf8) + [0x0a]
      case "bare hex of gzip": Array(Hex.encode(gzip(plain), prefix: "").utf8)
      case "quoted hex of gzip": Array("\"\(Hex.encode(gzip(plain)))\"\n".utf8)
      case "spaces": Array("\n          \n".utf8) + plain + [0x0a]
      default: plain
      }
    #expect(try read(bytes).accounts == read(Self.newer).accounts)
  }

  @Test func aDumpWithoutBlocksHasTheNumberOfItsEnvironment() throws {
    let items = try read(#"{"block":{"number":7,"timestamp":1,"gas_limit":2,"basefee":3},"accounts":{}}"#)
    #expect(items.bestBlock == 7)
    #expect(try read(#"{"block":null,"accounts":{},"best_block_number":"9"}"#).bestBlock == 9)
    #expect(try read(#"{"accounts":{},"best_block_number":null,"blocks":null}"#).bestBlock == nil)
  }

  @Test func aSenderThatNobodySignedForIsKept() throws {
    let transaction = Self.transaction.replacing(#""yParity":"0x0","hash":"#, with: #""yParity":"0x0","was":"#)
    let text = Self.dump(
      block: Self.header(
        #"[{"transaction":\#(transaction),"impersonated_sender":"0x00000000000000000000000000000000000000aa"}]"#))
    let items = try read(text)
    #expect(items.blocks.first?.transactions.first?.impersonatedSender == Address(0xaa))
    #expect(items.unknown == ["blocks[0].transactions[0].transaction.was"])
  }

  @Test func earlierStatesAreSkipped() throws {
    let text = #"{"accounts":{},"historical_states":[["0x11",{"a":"]}\"{[","b":[{}]}]],"best_block_number":1}"#
    #expect(try read(text).bestBlock == 1)
  }

  @Test func anUnknownFieldIsToldOnceForAllThatHaveIt() throws {
    let account = #"{"nonce":0,"balance":"0x0","code":"0x","storage":{},"secret":[1,{"x":2}]}"#
    let text = """
      {"accounts":{"0x0000000000000000000000000000000000000001":\(account),
      "0x0000000000000000000000000000000000000002":\(account)},"colour":{"a":[]},"best_block_number":1}
      """
    #expect(
      try read(text).unknown == ["accounts[0x0000000000000000000000000000000000000001].secret", "colour"])
  }

  @Test func nothingIsReadFromNothing() {
    #expect(throws: StateDumpError.empty) { try read("") }
    #expect(throws: StateDumpError.empty) { try read(" \n") }
    #expect(throws: StateDumpError.empty) { try read("0x") }
    #expect(throws: StateDumpError.unknownFormat) { try read("[1]") }
    #expect(throws: StateDumpError.unknownFormat) { try read("state") }
    #expect(throws: StateDumpError.notHexadecimal(offset: 6)) { try read("0x1f8bxy") }
    #expect(throws: StateDumpError.notHexadecimal(offset: 5)) { try read("0x1f8") }
    #expect(throws: StateDumpError.missing(path: "accounts")) { try read("{}") }
    #expect(throws: StateDumpError.cannotRead("/nowhere: No such file or directory")) {
      try StateDumpReader(path: "/nowhere")
    }
  }

  @Test func whatIsWrongIsNamed() {
    let cases: [(String, String, StateDumpError)] = [
      (
        #""gasLimit":"0x1c9c380""#, #""gasLimit":"much""#,
        .invalid(path: "blocks[0].header.gasLimit", expected: "a number below 2^64")
      ),
      (#""gasLimit":"0x1c9c380","#, "", .missing(path: "blocks[0].header.gasLimit")),
      (
        #""nonce":3"#, #""nonce":"0x10000000000000000""#,
        .invalid(path: "accounts[\(Address(0x51))].nonce", expected: "a number below 2^64")
      ),
      (
        #""code":"0x6001""#, #""code":"0x600""#,
        .invalid(path: "accounts[\(Address(0x51))].code", expected: "0x and pairs of digits")
      ),
      (
        #""0x10":"0xff""#, #""0x10":true"#,
        .invalid(path: "accounts[\(Address(0x51))].storage[0x10]", expected: "a number below 2^256")
      ),
      (
        #""0x10":"#, #""slot":"#,
        .invalid(path: "accounts[\(Address(0x51))].storage[slot]", expected: "a slot as its name")
      ),
      (
        #""best_block_number":2"#, #""best_block_number":-2"#,
        .invalid(path: "best_block_number", expected: "a number below 2^64")
      ),
      (
        #""maxFeePerGas":"0x77359400","#, "",
        .missing(path: "blocks[0].transactions[0].transaction.maxFeePerGas")
      ),
      (
        #""type":"0x2","chainId""#, #""type":"0x7e","chainId""#,
        .invalid(path: "blocks[0].transactions[0].transaction.type", expected: "a type from 0x0 to 0x4")
      ),
      (
        #""status":"0x1""#, #""status":"0x2""#,
        .invalid(path: "transactions[0].receipt.status", expected: "0x0 or 0x1")
      ),
      (
        #""block_number":1"#, #""block_number":null"#,
        .invalid(path: "transactions[0].block_number", expected: "a number below 2^64")
      ),
      (#""ommers":[]"#, #""ommers":,"#, .notJSON(path: "blocks[0].ommers", offset: 3_084)),
    ]
    for (text, other, error) in cases {
      let damaged = Self.newer.replacing(text, with: other)
      #expect(damaged != Self.newer, "\(text)")
      let expected = error.description.replacing(#/byte \d+/#, with: "byte")
      do {
        _ = try read(damaged)
        Issue.record("\(other) was accepted")
      } catch {
        #expect("\(error)".replacing(#/byte \d+/#, with: "byte") == expected)
      }
    }
  }

  @Test func aTransactionThatIsNotTheOneOfItsHashIsRefused() {
    let damaged = Self.newer.replacing(#""value":"0xde0b6b3a7640000""#, with: #""value":"0x1""#)
    do {
      _ = try read(damaged)
      Issue.record("accepted")
    } catch {
      #expect("\(error)".hasPrefix("the state dump is wrong at blocks[0].transactions[0].transaction.hash: expected"))
    }
  }

  @Test func everyPrefixIsRefused() {
    let text = Array(Self.newer.utf8)
    for count in 0..<text.count - 1 { #expect(throws: StateDumpError.self) { try read(Array(text[..<count])) } }
    let packed = gzip(text)
    for count in 1..<packed.count {
      #expect(throws: StateDumpError.compression(.truncated)) { try read(Array(packed[..<count])) }
    }
  }

  @Test func everyDamagedByteIsRefusedOrRead() {
    let text = Array(Self.newer.utf8)
    for index in text.indices {
      for byte in [UInt8(ascii: "\""), UInt8(ascii: "}"), 0xff, 0x00] {
        var damaged = text
        damaged[index] = byte
        // No trap, and no error of another kind.
        do { _ = try read(damaged) } catch { #expect(error is StateDumpError) }
      }
    }
  }

  // MARK: Samples

  private static let zeros = String(repeating: "0", count: 64)
  private static let emptyRoot = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
  private static let ommers = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
  private static let bloom = "0x" + String(repeating: "0", count: 512)
  /// A transfer of one ether that the first of the well-known accounts signed (`eth-account`, chain 31337).
  private static let transaction = """
    {"type":"0x2","chainId":"0x7a69","nonce":"0x0","gas":"0x5209","maxFeePerGas":"0x77359400",\
    "maxPriorityFeePerGas":"0x1","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0xde0b6b3a7640000",\
    "accessList":[],"input":"0x","r":"0xc958304bde4d723097e5d1e2348d4c27c82b79c17810202ed896fe309f2ddf4d","s":"0x14a73480f7d32e64258b268b96f3ea9a2eb41d4df4365274067bab5615f506cb","yParity":"0x0","hash":"0xb569299f7217a055e374c890fd62b0ec92ad0e3499f495f3cd0239cb57fe16fe"}
    """

  private static func header(_ transactions: String) -> String {
    """
    {"header":{"parentHash":"0x\(zeros)","sha3Uncles":"\(ommers)","miner":"\(Address(9))","stateRoot":"0x\(zeros)",\
    "transactionsRoot":"\(emptyRoot)","receiptsRoot":"\(emptyRoot)","logsBloom":"\(bloom)","difficulty":"0x0",\
    "number":"0x1","gasLimit":"0x1c9c380","gasUsed":"0x5208","timestamp":"0x64","extraData":"0x",\
    "mixHash":"0x\(zeros)","nonce":"0x0000000000000042","baseFeePerGas":"0x3b9aca00","withdrawalsRoot":"\(emptyRoot)",\
    "blobGasUsed":"0x0","excessBlobGas":"0x0","parentBeaconBlockRoot":"0x\(zeros)"},\
    "transactions":\(transactions),"ommers":[]}
    """
  }

  private static func dump(block: String) -> String { #"{"accounts":{},"best_block_number":1,"blocks":[\#(block)]}"# }

  private static let newer = """
    {"block":{"number":"0x2","beneficiary":"\(Address(5))","timestamp":"0x65","gas_limit":30000000,\
    "basefee":875000000,"difficulty":"0x0","prevrandao":"0x\(zeros)",\
    "blob_excess_gas_and_price":{"excess_blob_gas":393216,"blob_gasprice":1},"slot_num":0},\
    "accounts":{"\(Address(0x51))":{"nonce":3,"balance":"0xde0b6b3a7640000","code":"0x6001",\
    "storage":{"0x0":"0x1","0x10":"0xff"}}},"best_block_number":2,\
    "blocks":[\(header(#"[{"transaction":\#(transaction),"impersonated_sender":null}]"#))],\
    "transactions":[{"info":{"transaction_hash":"0x\(zeros)","transaction_index":0,"from":"\(Address(1))",\
    "to":"\(Address(2))","contract_address":null,"traces":[{"trace":{"data":"0x","status":"Stop"},"logs":[]}],\
    "exit":"Stop","out":"0x0102","nonce":4,"gas_used":21000},"receipt":{"type":"0x2","status":"0x1",\
    "cumulativeGasUsed":"0x5208","logs":[{"address":"\(Address(3))","topics":["0x\(zeros)"],"data":"0x07"}],\
    "logsBloom":"\(bloom)"},"block_hash":"0x\(zeros)","block_number":1}],"historical_states":null}
    """

  private static let older =
    newer
    .replacing("beneficiary", with: "coinbase")
    .replacing(#""gas_limit":30000000"#, with: #""gas_limit":"0x1c9c380""#)
    .replacing(#""basefee":875000000"#, with: #""basefee":"0x342770c0""#)
    .replacing("sha3Uncles", with: "ommersHash")
    .replacing(#""miner""#, with: #""beneficiary""#)
    .replacing(#""best_block_number":2"#, with: #""best_block_number":"0x2""#)
    .replacing(#""0x0":"0x1""#, with: #""0x\#(zeros)":"0x\#(zeros.dropLast())1""#)
    .replacing(#""transaction":{"type":"0x2","#, with: #""transaction":{"EIP1559":{"#)
    .replacing(#""},"impersonated_sender""#, with: #""}},"impersonated_sender""#)
    .replacing(#""receipt":{"type":"0x2","#, with: #""receipt":{"EIP1559":{"#)
    .replacing(#""},"block_hash""#, with: #""}},"block_hash""#)

  // MARK: Reading

  private struct Items {
    var environment: StateDump.Environment?
    var bestBlock: UInt64?
    var accounts: [StateDump.Account] = []
    var blocks: [StateDump.Block] = []
    var outcomes: [StateDump.Outcome] = []
    var unknown: [String] = []
  }

  private func read(_ text: String) throws -> Items { try read(Array(text.utf8)) }

  private func read(_ bytes: [UInt8]) throws -> Items {
    var reader = try StateDumpReader(bytes: bytes)
    var items = Items()
    while let item = try reader.next() {
      switch item {
      case .environment(let environment): items.environment = environment
      case .bestBlock(let number): items.bestBlock = number
      case .account(let account): items.accounts.append(account)
      case .block(let block): items.blocks.append(block)
      case .outcome(let outcome): items.outcomes.append(outcome)
      case .unknownField(let path): items.unknown.append(path)
      }
    }
    return items
  }

  private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var encoder = GzipEncoder()
    var stream: [UInt8] = []
    bytes.withUnsafeBytes { encoder.encode($0) { stream += $0 } }
    encoder.finish { stream += $0 }
    return stream
  }
}
