import Cryptography
import Primitives
import Testing
import Transactions

@Suite("Transactions of the virtual machine")
struct VMTransactionTests {
  /// The deposit that funds the rich account of a local chain; its hash is known from the reference node.
  let deposit: L1Request = {
    let rich = Address(hex: "0x36615cf349d7f6344891b1e7ca7c72883f5dc049")!
    return L1Request(
      kind: .priority, from: rich, to: rich, gasLimit: 10_000_000_000, gasPerPubdataLimit: 1_000, maxFeePerGas: 1,
      nonce: 0, value: 100, toMint: UInt256(10).power(29), refundRecipient: rich)
  }()

  @Test("The canonical hash of an L1 transaction covers 800 bytes")
  func canonicalHash() {
    #expect(VMTransaction(deposit).encoded.count + 32 == 800)
    #expect(deposit.hash.description == "0xa1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672")
  }

  @Test("Every transaction survives the round trip")
  func roundTrip() throws {
    for (name, text, _) in signedEnvelopes.dropLast() {
      let recovered = try RecoveredTransaction(Transaction(envelope: try #require(Hex.decode(text))))
      guard case .signed(let signed) = recovered.transaction else { continue }
      if UInt128(exactly: signed.maxFeePerGas) == nil { continue }
      let transaction = try VMTransaction(recovered)
      #expect(try VMTransaction(decoding: transaction.encoded) == transaction, "\(name)")
      #expect(transaction.encoded.count.isMultiple(of: 32))
    }
    #expect(try VMTransaction(decoding: VMTransaction(deposit).encoded) == VMTransaction(deposit))
    let stored = try Transaction(envelope: deposit.envelope)
    #expect(stored == .request(deposit))
  }

  @Test("Blob transactions and fees of more than 128 bits have no such form")
  func unsupported() throws {
    let blob = try SignedTransaction(envelope: try #require(Hex.decode(signedEnvelopes[6].envelope)))
    #expect(throws: TransactionError.unsupportedType(3)) { try VMTransaction(blob, sender: .zero) }
    var expensive = try SignedTransaction(envelope: try #require(Hex.decode(signedEnvelopes[4].envelope)))
    expensive.maxFeePerGas = .one << 128
    #expect(throws: TransactionError.invalidField("maxFeePerGas")) { try VMTransaction(expensive, sender: .zero) }
  }

  @Test("Each structural rule is enforced")
  func structuralRules() throws {
    let dynamicFee = try SignedTransaction(envelope: try #require(Hex.decode(signedEnvelopes[4].envelope)))
    let valid = try VMTransaction(dynamicFee, sender: Address(1))
    func expect(_ error: VMTransactionError, _ change: (inout VMTransaction) -> Void) {
      var broken = valid
      change(&broken)
      #expect(throws: error) { try VMTransaction(decoding: broken.encoded) }
    }
    expect(.unknownType(3)) { $0.type = 3 }
    expect(.forbiddenField("max_priority_fee_per_gas")) { $0.type = 1 }
    expect(.forbiddenField("paymaster")) { $0.paymaster = Address(1) }
    expect(.forbiddenField("reserved[0]")) { $0.reserved[0] = 1 }
    expect(.forbiddenField("to")) { $0.reserved[1] = 1 }
    expect(.forbiddenField("reserved[2]")) { $0.reserved[2] = 1 }
    expect(.forbiddenField("reserved[3]")) { $0.reserved[3] = 1 }
    expect(.forbiddenField("signature")) { $0.signature = [] }
    expect(.forbiddenField("signature")) { $0.type = 0xff }
    expect(.forbiddenField("paymaster_input")) { $0.paymasterInput = [1] }
    expect(.forbiddenField("factory_deps")) { $0.factoryDeps = [.zero] }
    expect(.forbiddenField("reserved[1]")) {
      $0.type = 0x71
      $0.reserved[1] = 1
    }
  }

  @Test("Widths, offsets, padding and length are checked")
  func encodingRules() throws {
    let valid = VMTransaction(deposit).encoded
    func expect(_ error: VMTransactionError, _ change: (inout [UInt8]) -> Void) {
      var broken = valid
      change(&broken)
      #expect(throws: error) { try VMTransaction(decoding: broken) }
    }
    expect(.tooWide(word: 0)) { $0[30] = 1 }
    expect(.tooWide(word: 1)) { $0[32] = 1 }
    expect(.tooWide(word: 3)) { $0[3 * 32 + 23] = 1 }
    expect(.tooWide(word: 4)) { $0[4 * 32 + 27] = 1 }
    expect(.tooWide(word: 5)) { $0[5 * 32 + 15] = 1 }
    expect(.badOffset(word: 14)) { $0[14 * 32 + 31] ^= 0x20 }
    expect(.badOffset(word: 18)) { $0[18 * 32 + 31] ^= 0x20 }
    expect(.trailingBytes) { $0 += [0] }
    expect(.truncated) { $0.removeLast() }
    var padded = deposit
    padded.input = [1]
    var dirty = VMTransaction(padded).encoded
    dirty[20 * 32 + 1] = 1
    #expect(throws: VMTransactionError.dirtyPadding) { try VMTransaction(decoding: dirty) }
  }

  @Test("An L1 envelope whose hash is not its own is refused")
  func forgedHash() {
    var bytes = deposit.envelope
    bytes[5] ^= 1
    #expect(throws: TransactionError.invalidField("hash")) { try Transaction(envelope: bytes) }
  }

  @Test("Garbage never traps")
  func garbage() {
    var state: UInt64 = 3
    let valid = VMTransaction(deposit).encoded
    for _ in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var bytes = valid
      bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 40)
      _ = try? VMTransaction(decoding: bytes)
      _ = try? VMTransaction(decoding: Array(bytes.prefix(Int(state >> 45) % bytes.count)))
    }
  }
}
