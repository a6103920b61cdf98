import Primitives
import Testing
import Transactions
import ZKsyncOS

@Suite("Replay records")
struct ReplayRecordTests {
  static let record: ReplayRecord = {
    let deposit = L1Request(
      kind: .priority, from: Address(0x11), to: Address(0x22), gasLimit: 1_000_000, gasPerPubdataLimit: 800,
      maxFeePerGas: 1, nonce: 7, value: 5, toMint: 2_000_000, refundRecipient: Address(0x33), input: [1, 2, 3])
    let transfer = SignedTransaction(
      kind: .dynamicFee, chainID: 270, nonce: 1, gasLimit: 21_000, maxFeePerGas: 1000, maxPriorityFeePerGas: 7,
      to: Address(0x44), value: 9, input: [],
      signature: .init(r: Bytes32(1 as UInt256), s: Bytes32(2 as UInt256), yParity: 1))
    var context = BlockContext(chainID: 270, number: 3, timestamp: 42, mixHash: 5)
    context.blockHashes = BlockHashes().appending(Bytes32(8 as UInt256)).appending(Bytes32(9 as UInt256))
    return ReplayRecord(
      context: context, firstPriorityID: 7,
      transactions: [
        RecoveredTransaction(.request(deposit), sender: deposit.from),
        RecoveredTransaction(.signed(transfer), sender: Address(0x55)),
      ], blockHash: Bytes32(77 as UInt256), outputHash: Bytes32(88 as UInt256))
  }()

  @Test("survive encoding and decoding")
  func roundTrip() throws {
    let bytes = Self.record.encode()
    #expect(bytes[0] == ReplayRecord.formatVersion)
    #expect(try ReplayRecord(decoding: bytes) == Self.record)
  }

  @Test("of earlier versions have no hash of the output")
  func earlierFormat() throws {
    var record = Self.record
    record.outputHash = nil
    let bytes = record.encode()
    #expect(bytes[0] == 1)
    #expect(bytes.count == Self.record.encode().count - 32)
    #expect(try ReplayRecord(decoding: bytes) == record)
    for length in 0..<bytes.count {
      #expect(throws: ReplayRecordError.self) { try ReplayRecord(decoding: Array(bytes.prefix(length))) }
    }
  }

  @Test("refuse every truncation, trailing bytes, unknown formats and versions")
  func malformed() {
    let bytes = Self.record.encode()
    for length in 0..<bytes.count {
      #expect(throws: ReplayRecordError.self) { try ReplayRecord(decoding: Array(bytes.prefix(length))) }
    }
    #expect(throws: ReplayRecordError.trailingBytes(1)) { try ReplayRecord(decoding: bytes + [0]) }
    var other = bytes
    other[0] = 9
    #expect(throws: ReplayRecordError.unknownFormat(9)) { try ReplayRecord(decoding: other) }
    other = bytes
    other[1] = 200
    #expect(throws: ReplayRecordError.unknownProtocolVersion(200)) { try ReplayRecord(decoding: other) }
  }

  @Test("keep block hashes newest first")
  func blockHashes() {
    let context = Self.record.context
    #expect(context.blockHash(2) == Bytes32(9 as UInt256))
    #expect(context.blockHash(1) == Bytes32(8 as UInt256))
    #expect(context.blockHash(3) == .zero)
    #expect(context.blockHash(4) == .zero)
  }
}
