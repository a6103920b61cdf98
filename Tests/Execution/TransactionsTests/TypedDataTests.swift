import Cryptography
import Primitives
import Testing
import Transactions

@Suite("Typed-data transactions (type 0x71)")
struct TypedDataTests {
  /// A withdrawal as zksync2 2.0.0 encodes and signs it for the account 0x3661…c049 on chain 270.
  private static let envelope =
    Hex.decode(
      "71f8b105808207d0830249f094000000000000000000000000000000000000800a880de0b6b3a7640000a451cff8d9000000"
        + "00000000000000000036615cf349d7f6344891b1e7ca7c72883f5dc04982010e808082010e9436615cf349d7f6344891b1e7"
        + "ca7c72883f5dc04982c350c0b841b96cda6e49979b70bccee0b79567ed4887b51d20440742729361d5a62c74fb1a57883f56"
        + "c9709fa510caa6125e7a08c883da45dc73da2a9b54cebdae6b90396a1bc0") ?? []

  @Test("What zksync2 signs is read, belongs to its sender, and has the hash that eth-account computes")
  func vector() throws {
    let transaction = try SignedTransaction(envelope: Self.envelope)
    #expect(transaction.kind == .typedData && transaction.nonce == 5 && transaction.gasLimit == 150_000)
    #expect(transaction.to == Address(0x800a) && transaction.value == 1_000_000_000_000_000_000)
    #expect(transaction.gasPerPubdataLimit == 50_000 && transaction.chainID == 270)
    #expect(transaction.envelope == Self.envelope)
    // eth-account 0.14, `encode_typed_data`.
    #expect(
      transaction.signingHash.description == "0x4e568af9cc06b3dfb846162b49d3f94110cb561ad2184e515f00bb9728adc0a3")
    #expect(transaction.hash.description == "0x68d2187d340c52c5645ab6f9b7f98f393f352e40edd335a25dee4a1a246f97d7")
    let recovered = try RecoveredTransaction(try Transaction(envelope: Self.envelope))
    #expect(recovered.sender.description == "0x36615cf349d7f6344891b1e7ca7c72883f5dc049")
    let form = try VMTransaction(recovered)
    #expect(form.type == 0x71 && form.gasPerPubdataLimit == 50_000)
    #expect(try form.hash(chainID: 270).hash == transaction.hash)
    #expect(try VMTransaction(decoding: form.encoded) == form)
  }

  @Test("Every strict prefix, and a byte more, is refused")
  func truncation() {
    for count in 0..<Self.envelope.count {
      #expect(throws: TransactionError.self) { try Transaction(envelope: Self.envelope[..<count]) }
    }
    #expect(throws: TransactionError.malformed(.trailingBytes)) { try Transaction(envelope: Self.envelope + [0]) }
  }

  @Test("A sender other than who signed is none")
  func otherSender() throws {
    var transaction = try SignedTransaction(envelope: Self.envelope)
    transaction.claimedSender = Address(1)
    #expect(throws: TransactionError.invalidSignature) { try transaction.recoverSender() }
  }

  /// The fields of an envelope, some of them replaced by an encoded item.
  private func envelope(_ changes: [Int: [UInt8]]) -> [UInt8] {
    let plain: [[UInt8]] = [
      [0x05], [0x80], [0x82, 0x07, 0xd0], [0x83, 0x02, 0x49, 0xf0], [0x94] + Address(0x800a).bytes, [0x01], [0x80],
      [0x82, 0x01, 0x0e], [0x80], [0x80], [0x82, 0x01, 0x0e], [0x94] + Address(0x77).bytes, [0x82, 0xc3, 0x50], [0xc0],
      [0xb8, 65] + [UInt8](repeating: 1, count: 64) + [27], [0xc0],
    ]
    return [0x71] + RLP.encodeList(plain.indices.map { changes[$0] ?? plain[$0] })
  }

  @Test("What no chain of ours does is refused by name")
  func unsupported() throws {
    _ = try Transaction(envelope: envelope([:]))
    let word = [0xa0] + [UInt8](repeating: 7, count: 32)
    let refusals: [(Int, [UInt8], TransactionError)] = [
      (13, RLP.encodeList([word]), .unsupportedFeature("factory dependencies")),
      (15, RLP.encodeList([[0x94] + Address(9).bytes, [0x80]]), .unsupportedFeature("paymasters")),
      (4, [0x80], .invalidField("to")), (7, [0x01], .invalidField("chainId")), (8, [0x01], .invalidField("chainId")),
      (9, [0x01], .invalidField("chainId")), (12, [0x85, 1, 0, 0, 0, 0], .invalidField("gasPerPubdata")),
      (2, [0x91, 1] + [UInt8](repeating: 0, count: 16), .invalidField("maxFeePerGas")),
      (1, [0x91, 1] + [UInt8](repeating: 0, count: 16), .invalidField("maxPriorityFeePerGas")),
      (14, [0x80], .invalidSignature), (14, [0xb8, 65] + [UInt8](repeating: 1, count: 65), .invalidSignature),
      (14, [0xb8, 65] + [UInt8](repeating: 0, count: 64) + [28], .invalidSignature),
      (14, [0xb8, 66] + [UInt8](repeating: 1, count: 65) + [27], .invalidSignature),
      (11, [0x80], .malformed(.badLength)), (0, [0x82, 0x00, 0x05], .malformed(.leadingZeros)),
    ]
    for (index, item, expected) in refusals {
      #expect(throws: expected, "\(index)") { try Transaction(envelope: envelope([index: item])) }
    }
  }
}
