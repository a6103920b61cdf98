import Cryptography
import Primitives
import Testing
import Transactions

@Suite("Signed transactions")
struct SignedTransactionTests {
  let richAccount = Address(hex: "0x36615cf349d7f6344891b1e7ca7c72883f5dc049")
  let key = Secp256k1.PrivateKey(hex: "7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110")!

  @Test("Envelopes of every type decode, name their sender and hash, and encode to the same bytes")
  func foreignEnvelopes() throws {
    for (name, text, hash) in signedEnvelopes {
      let bytes = try #require(Hex.decode(text))
      let transaction = try Transaction(envelope: bytes)
      #expect(transaction.envelope == bytes, "\(name)")
      #expect(transaction.hash.description == hash, "\(name)")
      #expect(try RecoveredTransaction(transaction).sender == richAccount, "\(name)")
    }
  }

  @Test("Zeros, largest numbers, numbers with leading zeros, and data of every length class")
  func edgesOfFields() throws {
    for (name, text, hash, sender) in edgeEnvelopes {
      let bytes = try #require(Hex.decode(text))
      let recovered = try RecoveredTransaction(Transaction(envelope: bytes))
      #expect(recovered.transaction.envelope == bytes, "\(name)")
      #expect(recovered.hash.description == hash, "\(name)")
      #expect(recovered.sender.description == sender, "\(name)")
    }
  }

  @Test("The example of EIP-155")
  func eip155() throws {
    let privateKey = Secp256k1.PrivateKey(hex: String(repeating: "46", count: 32))!
    let unsigned = SignedTransaction(
      kind: .legacy, chainID: 1, nonce: 9, gasLimit: 21_000, maxFeePerGas: 20_000_000_000,
      maxPriorityFeePerGas: 20_000_000_000, to: Address(hex: "0x" + String(repeating: "35", count: 20)),
      value: 1_000_000_000_000_000_000, input: [])
    #expect(
      unsigned.signingHash.description == "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53")
    let signed = try unsigned.signed(with: privateKey)
    #expect(
      Hex.encode(signed.envelope)
        == "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd9"
        + "39bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297f"
        + "b1966a3b6d83")
  }

  @Test("Signing and recovering agree for every type", arguments: SignedTransaction.Kind.allCases)
  func signing(kind: SignedTransaction.Kind) throws {
    let transaction = SignedTransaction(
      kind: kind, chainID: 270, nonce: 5, gasLimit: 100_000, maxFeePerGas: 1_000, maxPriorityFeePerGas: 1_000,
      to: Address(0xaa), value: 17, input: [1, 2, 3],
      claimedSender: kind == .typedData ? try #require(richAccount) : .zero)
    let signed = try transaction.signed(with: key)
    #expect(try signed.recoverSender() == richAccount)
    #expect(try SignedTransaction(envelope: signed.envelope) == signed)
    var tampered = signed
    tampered.value = 18
    #expect((try? tampered.recoverSender()) != richAccount)
  }

  @Test("A set-code transaction carries its authorizations through its encoding, sensible or not (EIP-7702)")
  func authorizations() throws {
    var signed = SignedTransaction(
      kind: .setCode, chainID: 270, nonce: 5, gasLimit: 100_000, maxFeePerGas: 1_000, maxPriorityFeePerGas: 1_000,
      to: Address(0xaa), value: 17, input: [1, 2, 3],
      authorizations: [
        Authorization(chainID: 0, address: .zero, nonce: 0, yParity: 0, r: .zero, s: .zero),
        Authorization(chainID: .max, address: Address(0xbb), nonce: .max, yParity: .max, r: .max, s: .max),
      ])
    signed = try signed.signed(with: key)
    let decoded = try SignedTransaction(envelope: signed.envelope)
    #expect(decoded == signed)
    #expect(try decoded.recoverSender() == richAccount)
    #expect(decoded.authorizations.allSatisfy { $0.authority == nil })
    var creation = signed
    creation.to = nil
    #expect(throws: TransactionError.invalidField("to")) { try SignedTransaction(envelope: creation.envelope) }
    #expect(throws: TransactionError.unsupportedType(4)) { try VMTransaction(signed, sender: .zero) }
    for count in 1..<signed.envelope.count {
      #expect(throws: TransactionError.self) { try SignedTransaction(envelope: Array(signed.envelope[..<count])) }
    }
  }

  @Test("A high s has no sender (EIP-2)")
  func highS() throws {
    var signed = try SignedTransaction(envelope: try #require(Hex.decode(signedEnvelopes[4].envelope)))
    signed.signature.s = Bytes32(Secp256k1.order - UInt256(signed.signature.s))
    signed.signature.yParity ^= 1
    #expect(throws: TransactionError.invalidSignature) { try signed.recoverSender() }
  }

  @Test("Every strict prefix of an envelope, and every envelope with a byte more, is refused")
  func truncation() throws {
    for (_, text, _) in signedEnvelopes {
      let bytes = try #require(Hex.decode(text))
      for count in 0..<bytes.count {
        #expect(throws: TransactionError.self) { try Transaction(envelope: bytes[..<count]) }
      }
      #expect(throws: TransactionError.malformed(.trailingBytes)) { try Transaction(envelope: bytes + [0]) }
    }
  }

  @Test("Unknown types, impossible v, and blob transactions that create are refused")
  func refusals() throws {
    #expect(throws: TransactionError.empty) { try Transaction(envelope: []) }
    for type in [0x00, 0x05, 0x70, 0x7f, 0x80, 0xbf] as [UInt8] {
      #expect(throws: TransactionError.unsupportedType(type)) { try Transaction(envelope: [type, 0xc0]) }
    }
    var creation = try SignedTransaction(envelope: try #require(Hex.decode(signedEnvelopes[6].envelope)))
    creation.to = nil
    #expect(throws: TransactionError.invalidField("to")) { try SignedTransaction(envelope: creation.envelope) }
    let zero = SignedTransaction(
      kind: .dynamicFee, chainID: 1, nonce: 0, gasLimit: 0, maxFeePerGas: .zero, maxPriorityFeePerGas: .zero, to: nil,
      value: .zero, input: [])
    #expect(throws: TransactionError.invalidSignature) { try SignedTransaction(envelope: zero.envelope) }
  }

  @Test("Mutated envelopes never trap, and those that decode encode to themselves")
  func mutations() throws {
    var state: UInt64 = 11
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    for (_, text, _) in signedEnvelopes {
      let original = try #require(Hex.decode(text))
      for _ in 0..<3_000 {
        var bytes = original
        for _ in 0...Int(next() % 3) { bytes[Int(next()) % bytes.count] = UInt8(truncatingIfNeeded: next()) }
        guard let transaction = try? Transaction(envelope: bytes) else { continue }
        #expect(transaction.envelope == bytes)
        _ = try? RecoveredTransaction(transaction)
      }
    }
  }

  @Test("The effective price is base fee plus tip within the cap")
  func effectivePrice() {
    var transaction = SignedTransaction(
      kind: .dynamicFee, chainID: 270, nonce: 0, gasLimit: 0, maxFeePerGas: 1_200, maxPriorityFeePerGas: 100, to: nil,
      value: .zero, input: [])
    #expect(transaction.effectiveGasPrice(baseFee: 1_000) == 1_100)
    #expect(transaction.effectiveGasPrice(baseFee: 1_150) == 1_200)
    #expect(transaction.effectiveGasPrice(baseFee: 1_300) == 1_200)
    transaction.maxFeePerGas = .max
    transaction.maxPriorityFeePerGas = .max
    #expect(transaction.effectiveGasPrice(baseFee: 1_000) == .max)
  }
}
