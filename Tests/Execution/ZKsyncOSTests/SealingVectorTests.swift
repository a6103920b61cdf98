import Cryptography
import Primitives
import Testing
import ZKsyncOS

/// Vectors computed with an independent script from the rules of zksync-os, or taken from its own tests.
@Suite("Encodings and commitments")
struct SealingVectorTests {
  @Test(
    "changed values take their shortest form",
    arguments: [
      ("0", "1", "0901"), ("12", "22", "090a"), ("5", "3", "0a02"), ("280375465083135", "280375465082880", "0aff"),
      ("1", "0", "03"), ("65280", "0", "03"), ("7", "7", "01"),
      (
        "115792089237316195423570985008687907853269984665640564039457584007913129639935",
        "115792089237316195423570985008687907853269984665640564039457584007913129639934", "0a01"
      ),
      ("256", "255", "0a01"), ("1000000000000000000000000000000", "255", "0bff"),
    ])
  func valueCompression(initial: String, final: String, expected: String) throws {
    let initial = try #require(UInt256(initial)), final = try #require(UInt256(final))
    var bytes: [UInt8] = []
    PubdataCompression.append(from: initial, to: final, into: &bytes)
    #expect(Hex.encode(bytes, prefix: "") == expected)
    #expect(PubdataCompression.length(from: initial, to: final) == bytes.count)
  }

  @Test("a value of 32 bytes is written whole, one of 31 as a difference")
  func longValues() {
    var bytes: [UInt8] = []
    PubdataCompression.append(from: 0, to: UInt256(1) << 247, into: &bytes)
    #expect(bytes == [0xf9, 0x80] + [UInt8](repeating: 0, count: 30))
    bytes = []
    PubdataCompression.append(from: 0, to: UInt256(1) << 248, into: &bytes)
    #expect(bytes == [0x00, 0x01] + [UInt8](repeating: 0, count: 31))
  }

  @Test("account diffs")
  func accountDiffs() throws {
    let old = AccountProperties(balance: 0xFF_0000_0000_FF)
    let code: [UInt8] = [1, 2, 3, 4, 5]
    let new = AccountProperties(
      versioning: 0x0100_0000_0000_0000, balance: 0xFF_0000_0000_00, codeLength: 5, observableCodeLength: 5)
    var bytes: [UInt8] = []
    PubdataCompression.appendAccount(
      from: old, to: new, isCodePrivate: false, .v0_0_4, code: { code }, into: &bytes)
    #expect(
      Hex.encode(bytes, prefix: "") == "040100000000000000010aff0000000501020304050000000000000005")
    #expect(PubdataCompression.accountLength(from: old, to: new, isCodePrivate: false, .v0_0_4) == bytes.count)

    bytes = []
    PubdataCompression.appendAccount(
      from: AccountProperties(nonce: 12), to: AccountProperties(nonce: 22), isCodePrivate: false, .v0_0_4,
      code: { [] }, into: &bytes)
    #expect(Hex.encode(bytes, prefix: "") == "0c090a")

    // A forced deployment of the code 0123456789 publishes its hash.
    let forced = AccountProperties(
      versioning: AccountProperties.deployedEVM, bytecodeHash: Blake2s256.hash([0x01, 0x23, 0x45, 0x67, 0x89]),
      codeLength: 5, observableCodeLength: 5)
    bytes = []
    PubdataCompression.appendAccount(
      from: .empty, to: forced, isCodePrivate: true, .v0_0_4, code: { [] }, into: &bytes)
    #expect(
      Hex.encode(bytes, prefix: "")
        == "2401010100000000000101"
        + "1c4be3dec3ba88b69a8d3cd5cedd2b22f3da89b1ff9c8fd453c5a6e10c23d6f70000000000000005")
    bytes = []
    PubdataCompression.appendAccount(
      from: .empty, to: forced, isCodePrivate: true, .v0_0_5, code: { [] }, into: &bytes)
    #expect(bytes.count == 47, "the newer version leaves the artifacts' length out")
    #expect(PubdataCompression.accountLength(from: .empty, to: forced, isCodePrivate: true, .v0_0_5) == 51)
  }

  @Test(
    "flat keys",
    arguments: [
      (
        "0x0000000000000000000000000000000000000000", 0 as UInt64,
        "ae09db7cd54f42b490ef09b6bc541af688e4959bb8c53f359a6f56e38ab454a3"
      ),
      (
        "0x0000000000000000000000000000000000008003", 0x8001,
        "d09d318e3f0801c976edf5e4cbb181eb7338a9585e56ecb9382d6bd7dda1ae15"
      ),
      (
        "0x0000000000000000000000000000000000010002", 0,
        "d674f636a35a6f1a51564ec3371b9c4da3126d5ad0bae350cfc7faeac76363b8"
      ),
    ])
  func flatKeys(address: String, slot: UInt64, expected: String) throws {
    let address = try #require(Address(hex: address))
    #expect(FlatKey.of(address, Bytes32(UInt256(slot))) == Bytes32(hex: "0x" + expected))
  }

  @Test("account records")
  func accountRecords() throws {
    #expect(
      AccountProperties.empty.hash()
        == Bytes32(hex: "0x7a2b5e8d3961f5c992b2fa0ad45881ac0873fd0dced3c4b9085b02879c8a02b2"))
    let funded = AccountProperties(nonce: 1, balance: 1_000_000_000_000_000_000)
    #expect(
      funded.hash() == Bytes32(hex: "0xb12b08b76da99fbea7742adc0288e17288bb1427381d994c5ecc453e053926b0"))
    #expect(AccountProperties(encoded: funded.encode()) == funded)
    #expect(AccountProperties(encoded: [UInt8](repeating: 0, count: 123)) == nil)
    #expect(
      FlatKey.ofAccount(Genesis.richAccount)
        == Bytes32(hex: "0x003ac1e7247f50b6ea3ed2d1c63ce2511668e0d06882fa7a44bbcb0fb31c2e2e"))
  }

  @Test("new leaves take their places in the order of addresses by low limb, then of keys")
  func insertionOrder() {
    var state = ReferenceState()
    for slot in 0..<4 as Range<UInt64> { state.setSlot(Address(0x10002), slot, slot + 1) }
    #expect(state.root == Bytes32(hex: "0xc2bfcb74faf468a602dddb3bbd82244cfcb64010a3ca73a1709893f92cfa5347"))
    #expect(
      ReferenceState().commitment
        == Bytes32(hex: "0x6e6e7044cb237fa30937e7e2ee56db7bb3b5d3bd0f46ba7c3a46a6ac4cf2f330"))
  }

  @Test("the tree of logs to L1")
  func logTree() throws {
    let empty = L2ToL1LogTree([L2ToL1Log]())
    #expect(
      empty.localRoot == Bytes32(hex: "0x375a5bf909cb02143e3695ca658e0641e739aa590f0004dba93572c44cdb9d2d"))
    #expect(empty.root == Bytes32(hex: "0x692f35c99f9c698852289ffecf07f6dd45770904521149d79aa85aae598fa375"))
    #expect(empty.proof(of: 0) == nil)

    let tree = L2ToL1LogTree(Self.logs)
    #expect(
      Keccak256.hash(Self.logs[0].encoded)
        == Bytes32(hex: "0x8084f55d977a70da9ca9a0c5345210ca7c6712ef93f9fe1fa6a5842607ad148a"))
    #expect(
      tree.localRoot == Bytes32(hex: "0x3de0d45349f1399c4703eb7431e4b9c7d8a983d7b1c913055a6c280a2ecf9bda"))
    #expect(tree.root == Bytes32(hex: "0x4058551ca9a2c8018e1930c410cad89f53855ab4732de9eaeb5a9c7c0e2c9ad1"))
    for (index, log) in Self.logs.enumerated() {
      let proof = try #require(tree.proof(of: index))
      var hash = Keccak256.hash(log.encoded)
      for (depth, sibling) in proof.enumerated() {
        hash = index >> depth & 1 == 0 ? Keccak256.hash(hash, sibling) : Keccak256.hash(sibling, hash)
      }
      #expect(hash == tree.localRoot)
    }
  }

  static let logs = [
    L2ToL1Log(
      transactionNumber: 0, sender: SystemAddress.bootloader,
      key: Bytes32([UInt8](repeating: 0xaa, count: 32)) ?? .zero, value: Bytes32(UInt256.one)),
    L2ToL1Log(
      transactionNumber: 1, sender: SystemAddress.l1Messenger, key: Bytes32(UInt256(0x1000)),
      value: Keccak256.hash(utf8: "hello"), message: Array("hello".utf8)),
  ]

  @Test("a batch's commitment and public input")
  func batch() throws {
    let pubdata = try #require(
      Hex.decode(
        String(repeating: "11", count: 32) + "00000002"
          + "cb50ef35cba218c4f5cdac580bcb1889ac09c879b70bed8ea00ae485ac4afb881c09012201406f40"
          + "994c4d45cac97e70c665b51307beb5465a02161fad8afad4f4f49775a2c6cc66"
          + "d674f636a35a6f1a51564ec3371b9c4da3126d5ad0bae350cfc7faeac76363b80901"
          + "76400deeb70f08b976399dde022a7672c0a316367a88b9e59d32080d1e4a54e2" + "00000002"
          + Self.logs.map { Hex.encode($0.encoded, prefix: "") }.joined() + "00000001" + "0000000568656c6c6f"))
    #expect(pubdata.count == 367)
    #expect(
      Keccak256.hash(pubdata) == Bytes32(hex: "0xbe92294022b6bd0c9259b92b3f10106ac91bf7c478fe07b9e49a8af42d96cd32"))
    let commitment = BatchCommitment(
      chainID: 270, firstTimestamp: 1_700_000_000, lastTimestamp: 1_700_000_000,
      dataAvailability: BatchCommitment.dataAvailability(pubdata: pubdata), l1TransactionCount: 1,
      l1RollingHash: Keccak256.hash(BatchCommitment.emptyRollingHash, Self.logs[0].key),
      logsRoot: L2ToL1LogTree(Self.logs).root)
    #expect(
      commitment.hash == Bytes32(hex: "0x6ec696ce7923a9b6a13912d1eb88c749b92b4d1f61de67118ffb1d5a50ef052a"))
    let before = ReferenceState().commitment
    let after = try #require(
      Bytes32(hex: "0x27e92301e65a029c4b9cf66a64fd5ba81684ad2ffa63e9bbcb2327264f77dba8"))
    #expect(
      commitment.publicInput(before: before, after: after)
        == Bytes32(hex: "0xa10ab20023b0b1add74c05c0b622eb8c457397ca232c0d62f50014560bfd194c"))
  }

  @Test("the forced deposit has the reference's hash")
  func forcedDeposit() {
    #expect(
      Genesis.forcedDeposit.hash
        == Bytes32(hex: "0xa1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672"))
    #expect(
      Keccak256.hash(BatchCommitment.emptyRollingHash, Genesis.forcedDeposit.hash)
        == Bytes32(hex: "0x37b4a63ccbdcc2dce5463a6ed42a4fdb4b7de2406cf101d50c4bd3b3e798eb33"))
  }

  @Test("headers of sealed blocks")
  func header() throws {
    let context = BlockContext(
      protocolVersion: .v0_0_4, chainID: 270, number: 1, timestamp: 42)
    let output = try BlockExecutor(context: context, state: ReferenceState()).seal()
    #expect(output.header.encoded.count == 503)
    #expect(
      output.blockHash == Bytes32(hex: "0xf1472ff456943414295f8c82280f131321d0cd8158ae584ce6ea6396616d79e2"))
    #expect(output.pubdata == output.blockHash.bytes + [UInt8](repeating: 0, count: 12))
  }
}
