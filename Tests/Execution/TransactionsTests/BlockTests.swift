import Primitives
import Testing
import Transactions

@Suite("Headers, receipts, logs")
struct BlockTests {
  @Test("A bloom contains what was inserted, and little else")
  func bloom() throws {
    let logs = (0..<20 as Range<UInt64>).map {
      Log(address: Address($0), topics: [Bytes32(UInt256($0 + 1_000))], data: [])
    }
    let bloom = Bloom(logs)
    for log in logs {
      #expect(bloom.mayContain(log.address))
      #expect(bloom.mayContain(log.topics[0]))
    }
    let strangers = (5_000..<6_000 as Range<UInt64>).filter { bloom.mayContain(Address($0)) }
    #expect(strangers.count < 20)
    #expect(!Bloom().mayContain(Address.zero))
    #expect(Bloom(bytes: bloom.bytes) == bloom)
    #expect(Bloom(bytes: [0]) == nil)
  }

  @Test("The header of mainnet block 22,244,135 has its hash")
  func mainnetHeader() throws {
    let bloomText = """
      0x0b23617851d262c250991012bc03b6000402800182680033a108444e01102a130002150430ca52460408012a3806419882\
      159a158c126a7005c778a0902e558432e20182860cc528cc01660a1067482b10b448911d84dc1282120104c939102754e000\
      10826e006834042ce80c32bc21080c92c8043200785022b057100900022244815580452f5515081910802237c3a4b116c727\
      d3429cc145025032956c1896a4a21259047cd04b4281fc1c87c24d6c0cc4a04a3c200d898c49723100c0090b50510a01680d\
      8446c033be32863c84048c621710a39cbc441c68018030698208f5a20a2da4408a2200d010240d00c0a1f86aa04b68418c22\
      400009e2d04702
      """
    let bloomBytes = try #require(Hex.decode(bloomText))
    let bloom = try #require(Bloom(bytes: bloomBytes))
    var header = BlockHeader(
      parentHash: try #require(Bytes32(hex: "0x52b4161b6dea1850f14fe60059d7af6df82cffb4c35a927f9e2febca5fd779a8")),
      beneficiary: try #require(Address(hex: "0xcc8d83aa234ecc8ecceaf2a35b74c69d35bf1bb3")),
      stateRoot: try #require(Bytes32(hex: "0x4406b0f78e5cd5759660cb27682b10feb3cf324a40dbeff7bdddc16326c94549")),
      transactionsRoot: try #require(
        Bytes32(hex: "0xa66260cfef91b727f86a1a707d683251416fadf1c2dd21244b6bf3025e496a9c")),
      receiptsRoot: try #require(Bytes32(hex: "0x07d43872084785522d3e70a8e3c4f500c4cd57cffbf75e0b248d953e8f756a96")),
      logsBloom: bloom,
      number: 22244135, gasLimit: 35859347, gasUsed: 9145346, timestamp: 1744355675,
      extraData: try #require(Hex.decode("0x")),
      mixHash: try #require(Bytes32(hex: "0xbb532168a1e62c921bb1355987fbe25dba74ab171a462cfdd5d6ba6cec277511")),
      baseFeePerGas: 455322412)
    header.withdrawalsRoot = Bytes32(hex: "0x847d8b7ac35eba7cd90f96ba5c23e5250e9cdefcebff09f2b36b5a7a87f06e84")
    header.blobGasUsed = 0
    header.excessBlobGas = 49414144
    header.parentBeaconBlockRoot = Bytes32(hex: "0x11699606a199a94f84158841173a14fc161889b9132525d64a18a5c25904e167")
    #expect(header.hash.description == "0xcb02a07ad62183abe1390b20eaf1be73c54fd2d80f8ebb3ee130118720056279")
  }

  @Test("Headers survive the round trip, with and without the later fields")
  func headerRoundTrip() throws {
    var header = BlockHeader(
      parentHash: Bytes32(7 as UInt256), beneficiary: Address(9),
      logsBloom: Bloom([Log(address: .zero, topics: [], data: [])]),
      number: 300, gasLimit: 100_000_000, gasUsed: 21_000, timestamp: 1_750_000_000, extraData: [1, 2], nonce: 5,
      baseFeePerGas: 1_000)
    #expect(try BlockHeader(decoding: header.encoded) == header)
    header.withdrawalsRoot = .zero
    header.blobGasUsed = 1
    header.excessBlobGas = 2
    header.parentBeaconBlockRoot = Bytes32(3 as UInt256)
    #expect(try BlockHeader(decoding: header.encoded) == header)
    #expect(throws: RLPError.self) { try BlockHeader(decoding: header.encoded.dropLast()) }
  }

  @Test("Logs survive the round trip; five topics are refused")
  func logRoundTrip() throws {
    var log = Log(address: Address(5), topics: [.zero, Bytes32(1 as UInt256)], data: [1, 2, 3])
    #expect(try Log(reading: RLPReader.list(log.encoded)) == log)
    log.topics = Array(repeating: .zero, count: 5)
    #expect(throws: RLPError.badLength) { try Log(reading: RLPReader.list(log.encoded)) }
  }

  @Test("Receipts carry the type of their transaction in front")
  func receiptEnvelope() {
    var receipt = Receipt(transactionType: 0, succeeded: true, gasUsed: 21_000, cumulativeGasUsed: 42_000, logs: [])
    let legacy = receipt.envelope
    receipt.transactionType = 2
    #expect(receipt.envelope == [2] + legacy)
    #expect(legacy.count == 3 + 1 + 3 + 259 + 1)
  }
}
