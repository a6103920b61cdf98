import Cryptography
import Primitives
import Testing
import Transactions

/// Vectors computed from the rules of zksync-os `basic_bootloader/src/bootloader/transaction/mod.rs` with an independent
/// program: chain id 270, r = 32 bytes 0x22, s = 32 bytes 0x33, v = 27.
@Suite("Hashes of the virtual machine")
struct VMHashTests {
  static let chainID: UInt64 = 270
  static let signature = [UInt8](repeating: 0x22, count: 32) + [UInt8](repeating: 0x33, count: 32) + [27]

  static func address(_ byte: UInt8) -> Address { Address([UInt8](repeating: byte, count: 20))! }
  static func word(_ byte: UInt8) -> Bytes32 { Bytes32([UInt8](repeating: byte, count: 32))! }

  /// A transfer of 1 wei to 0xaa…aa.
  static func transfer(type: UInt8, priorityFee: UInt128 = 1_000) -> VMTransaction {
    VMTransaction(
      type: type, from: address(0x11), to: address(0xaa), gasLimit: 21_000, gasPerPubdataLimit: 1, maxFeePerGas: 1_000,
      maxPriorityFeePerGas: priorityFee, nonce: 5, value: 1, signature: signature)
  }

  func expect(
    _ transaction: VMTransaction, signing: String? = nil, hash: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    if let signing {
      let priced = try transaction.signingHash(chainID: Self.chainID)
      #expect(priced?.hash.description == "0x" + signing, sourceLocation: sourceLocation)
    }
    if let hash {
      let priced = try transaction.hash(chainID: Self.chainID)
      #expect(priced.hash.description == "0x" + hash, sourceLocation: sourceLocation)
    }
    #expect(try VMTransaction(decoding: transaction.encoded) == transaction, sourceLocation: sourceLocation)
  }

  @Test("Legacy, with and without replay protection, and creation")
  func legacy() throws {
    var transaction = Self.transfer(type: 0)
    try expect(transaction, signing: "a80434f24ef86ff3d76746d4b2d6c2bf5be11168783f244ab37dc2e655e15ee4")
    transaction.reserved[0] = 1
    try expect(
      transaction, signing: "d6627314c8309052225e95526770f6b75b22aacdd7c1171fd098aa17201efca3",
      hash: "228d18d0ca801b82978c0e992a0c2a514b04dd959c267ba7e9db84d9e568997f")
    transaction.reserved[1] = 1
    transaction.to = .zero
    transaction.gasLimit = 100_000
    transaction.value = 0
    transaction.data = [0x60, 0x00]
    try expect(transaction, signing: "c01dfc3659027f8d278eb28c2e878eb2fd2170400e8994a9bdc45a01a9a8c791")
  }

  @Test("EIP-2930 and EIP-1559, with an access list")
  func typed() throws {
    try expect(
      Self.transfer(type: 1), signing: "af3dbf3c25b99765708e6c3ca6e863b1b6e76b2b039bd936da4b022ae7d699b1",
      hash: "8c8e5aaf5c0b5fe7a5473b424760fb5a45f23594057a2da86574251b2532db19")
    var transaction = Self.transfer(type: 2, priorityFee: 7)
    try expect(
      transaction, signing: "898ef2416ac2ed9349be8786434bcfd4afe8bf2741dc0578722de458532bf4b2",
      hash: "23be5097e9f1c4e9cb1b8ebceaa3d727909a44af4921ac976cd8907e2abb2bd4")
    transaction.gasLimit = 60_000
    let list = AccessList([
      .init(address: Self.address(0x11), storageKeys: [Self.word(0x22), Self.word(0x33)]),
      .init(address: Self.address(0x10), storageKeys: []),
    ])
    transaction.reservedDynamic = list.encodedForVM
    #expect(transaction.reservedDynamic.count == 448)
    try expect(transaction, signing: "5734f267b48021627e0b7db1a001565b32c1dac0fe782d26f1990e7116362f55")
    #expect(try transaction.accessList == list)
  }

  @Test("EIP-712")
  func typedData() throws {
    let transaction = Self.transfer(type: 0x71, priorityFee: 7)
    try expect(
      transaction, signing: "669dd46dcf30aa3328eeef0114a20992201d766ab8d130b45102c06a34a10483",
      hash: "5bc337f5ad8d9504693a62f3e6f7a5057c4820601ca85e3498a9831826c3efb9")
    #expect(try transaction.signingHash(chainID: 270)?.messageLengths == [128, 448, 0, 0, 0, 66])
    #expect(try transaction.hash(chainID: 270).messageLengths == [128, 448, 0, 0, 0, 66, 129])
  }

  @Test("An L1 request has a hash, which L1 knows, and nobody's signature")
  func l1Request() throws {
    let request = L1Request(
      kind: .priority, from: Self.address(0x11), to: Self.address(0x22), gasLimit: 100_000, gasPerPubdataLimit: 800,
      maxFeePerGas: 1_000, nonce: 7, value: 5, toMint: 100_000_005, refundRecipient: Self.address(0x33),
      input: [1, 2, 3])
    let transaction = VMTransaction(request)
    try expect(transaction, hash: "5118a9492fdf47a55a95fffcf072a1b2f8a47fba2e3375c435aa3ef8c0a2b1d3")
    #expect(try transaction.hash(chainID: 270).hash == request.hash)
    #expect(try transaction.hash(chainID: 270).messageLengths == [32 + 800])
    #expect(try transaction.signingHash(chainID: 270) == nil)

    let rich = Address(hex: "0x36615cf349d7f6344891b1e7ca7c72883f5dc049")!
    let deposit = L1Request(
      kind: .priority, from: rich, to: rich, gasLimit: 500_000, gasPerPubdataLimit: 800, maxFeePerGas: 250_000_000,
      nonce: 1, value: 100, toMint: 125_000_000_000_100, refundRecipient: rich)
    #expect(deposit.hash.description == "0xd625b16828c29c5e44f460191ed05d4c7bcfe12bee01b88f5119039a7e003504")
  }

  @Test("The virtual machine signs what Ethereum signs, and pays for the list without its type byte")
  func agreesWithEthereum() throws {
    for (name, text, _, sender) in edgeEnvelopes {
      let envelope = try #require(Hex.decode(text))
      let signed = try SignedTransaction(envelope: envelope)
      guard signed.kind != .blob, UInt128(exactly: signed.maxFeePerGas) != nil, let chainID = signed.chainID else {
        continue
      }
      let transaction = try VMTransaction(signed, sender: try #require(Address(hex: sender)))
      let priced = try transaction.signingHash(chainID: chainID)
      #expect(priced?.hash == signed.signingHash, "\(name)")
      #expect(try VMTransaction(decoding: transaction.encoded) == transaction, "\(name)")
      #expect(try transaction.hash(chainID: chainID).hash != signed.hash, "\(name)")
    }
    #expect(try Self.transfer(type: 0).signingHash(chainID: 270)?.messageLengths == [31])
    #expect(try Self.transfer(type: 2, priorityFee: 7).signingHash(chainID: 270)?.messageLengths == [36])
  }

  @Test("Access lists that point nowhere, or that would grow beyond their bytes, are refused")
  func malformedAccessLists() throws {
    let list = AccessList([
      .init(address: Self.address(0x11), storageKeys: [Self.word(0x22), Self.word(0x33)]),
      .init(address: Self.address(0x10), storageKeys: []),
    ])
    let valid = list.encodedForVM
    #expect(try AccessList(encodedForVM: valid) == list)
    #expect(try AccessList(encodedForVM: []).isEmpty)
    #expect(AccessList().encodedForVM.isEmpty)
    for count in 1..<valid.count {
      #expect(throws: VMTransactionError.malformedAccessList) {
        try AccessList(encodedForVM: Array(valid.prefix(count)))
      }
    }
    var two = valid
    two[63] = 2
    #expect(throws: VMTransactionError.malformedAccessList) { try AccessList(encodedForVM: two) }

    // Sixty-four items that share one list of a hundred keys.
    var shared = UInt256(32).bytes + UInt256(1).bytes + UInt256(32).bytes + UInt256(64).bytes
    for _ in 0..<64 { shared += UInt256(64 * 32).bytes }
    shared += UInt256(1).bytes + UInt256(64).bytes + UInt256(100).bytes + [UInt8](repeating: 0, count: 3_200)
    #expect(throws: VMTransactionError.malformedAccessList) { try AccessList(encodedForVM: shared) }

    var transaction = Self.transfer(type: 2, priorityFee: 7)
    transaction.reservedDynamic = two
    #expect(throws: VMTransactionError.malformedAccessList) { try transaction.signingHash(chainID: 270) }
    #expect(throws: VMTransactionError.malformedAccessList) { try transaction.hash(chainID: 270) }
  }

  @Test("Mutated access lists never trap")
  func mutatedAccessLists() {
    let list = AccessList(
      (0..<4).map { .init(address: Self.address($0), storageKeys: Array(repeating: Self.word($0), count: Int($0))) })
    let valid = list.encodedForVM
    var state: UInt64 = 17
    for _ in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var bytes = valid
      bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 40)
      if let decoded = try? AccessList(encodedForVM: bytes) { #expect(decoded.storageKeyCount <= bytes.count / 32) }
    }
  }
}
