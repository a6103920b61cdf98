import Cryptography
import EVM
import EVMTesting
import Ethereum
import Primitives
import Testing
import Tracers
import Transactions

@Suite("Making blocks")
struct BlockBuilderTests {
  /// Emits a log with the caller as its topic.
  private let logger = assemble("CALLER 0 0 LOG1 STOP")
  private let reverter = assemble("0x1234 0 MSTORE 32 0 REVERT")

  private func chain(_ revision: Revision = .prague) -> TestChain {
    var chain = TestChain()
    chain.rules.revision = revision
    chain.accounts[Address(0x109)] = Account(nonce: 1, code: logger)
    chain.accounts[Address(0xbad)] = Account(nonce: 1, code: reverter)
    return chain
  }

  private func fill(_ builder: BlockBuilder, _ chain: TestChain) throws -> [BlockBuilder.Included] {
    let initCode = assemble("1 0 MSTORE8 1 0 RETURN")
    return [
      try builder.add(chain.transaction(value: 5), sender: TestChain.rich),
      try builder.add(chain.transaction(nonce: 1, to: Address(0x109)), sender: TestChain.rich),
      try builder.add(chain.transaction(nonce: 2, to: Address(0xbad)), sender: TestChain.rich),
      try builder.add(chain.transaction(.legacy, nonce: 3, to: nil, input: initCode), sender: TestChain.rich),
    ]
  }

  @Test("A block holds what its transactions did, and its header commits to it", arguments: [Revision.cancun, .prague])
  func block(_ revision: Revision) throws {
    let chain = chain(revision), builder = chain.builder()
    let included = try fill(builder, chain)
    #expect(included.map(\.receipt.succeeded) == [true, true, false, true])
    #expect(included[0].receipt.gasUsed == 21_000)
    #expect(included[2].status == .reverted)
    #expect(included[2].output == UInt256(0x1234).bytes)
    #expect(included[1].receipt.logs.map(\.topics) == [[Bytes32(TestChain.rich)]])
    #expect(included[3].receipt.contractAddress == ContractAddress.create(TestChain.rich, nonce: 3))
    #expect(included.allSatisfy { $0.effectiveGasPrice == TestChain.gasPrice })
    let block = builder.seal(), header = block.header
    var sum: UInt64 = 0
    for (receipt, one) in zip(block.receipts, included) {
      sum += one.receipt.gasUsed
      #expect(receipt == one.receipt && receipt.cumulativeGasUsed == sum)
    }
    #expect(header.gasUsed == sum && builder.gasLeft == chain.fields.gasLimit - sum)
    #expect(header.number == 7 && header.parentHash == chain.parent.hash && block.hash == header.hash)
    #expect(header.transactionsRoot == MerklePatriciaTrie.root(ofList: block.transactions.map(\.envelope)))
    #expect(header.receiptsRoot == MerklePatriciaTrie.root(ofList: block.receipts.map(\.envelope)))
    #expect(header.logsBloom.mayContain(Address(0x109)) && header.logsBloom.mayContain(Bytes32(TestChain.rich)))
    #expect(header.stateRoot == block.state.root && header.stateRoot != chain.parent.stateRoot)
    #expect(header.withdrawalsRoot == MerklePatriciaTrie.emptyRoot && header.blobGasUsed == 0)
    #expect(header.requestsHash == (revision == .prague ? SHA256.hash([]) : nil))
    #expect(try BlockHeader(decoding: header.encoded) == header)
    #expect(block.state.account(TestChain.bob)?.balance == 5)
    // The base fee is burnt, the tip is the coinbase's.
    #expect(block.state.account(chain.fields.coinbase)?.balance == UInt256(sum) &* 1_000_000_000)
    #expect(
      block.state.account(TestChain.rich)?.balance
        == 1_000_000_000_000_000_000_000 - 5 - UInt256(sum) &* TestChain.gasPrice)
  }

  @Test("The same transactions make the same block again, observed or not")
  func again() throws {
    let chain = chain(), first = chain.builder(), second = chain.builder()
    _ = try fill(first, chain)
    let block = first.seal()
    for transaction in block.transactions {
      var tracer = CallTracer(.init(withLog: true))
      let included = try second.add(transaction, sender: TestChain.rich, tracer: &tracer)
      let trace = TraceText()
      tracer.write(to: trace)
      let text = String(decoding: trace.json.bytes, as: UTF8.self)
      #expect(text.contains("\"gasUsed\":\"0x\(String(included.receipt.gasUsed, radix: 16))\""))
      #expect(text.contains("\"gas\":\"0x30d40\""))
      #expect(text.contains("execution reverted") == !included.receipt.succeeded)
    }
    #expect(second.seal().hash == block.hash)
  }

  @Test("A transaction that the block cannot contain changes nothing")
  func refusals() throws {
    var chain = chain()
    chain.fields.gasLimit = 100_000
    let builder = chain.builder(), empty = chain.builder().seal()
    func refuse(_ refusal: TransactionRefusal, _ transaction: SignedTransaction) {
      #expect(throws: refusal) { try builder.add(transaction, sender: TestChain.rich) }
    }
    refuse(.nonceTooHigh, chain.transaction(nonce: 1, gas: 21_000))
    refuse(.gasLimitAboveBlock, chain.transaction(gas: 100_001))
    refuse(.insufficientFunds, chain.transaction(gas: 21_000, value: .max))
    refuse(.intrinsicGasTooLow, chain.transaction(gas: 20_999))
    #expect(builder.seal().header == empty.header)
    _ = try builder.add(chain.transaction(gas: 21_000), sender: TestChain.rich)
    refuse(.nonceTooLow, chain.transaction(gas: 21_000))
    refuse(.gasLimitAboveRest, chain.transaction(nonce: 1, gas: 79_001))
    _ = try builder.add(chain.transaction(nonce: 1, gas: 79_000), sender: TestChain.rich)
    #expect(builder.gasLeft == 58_000)
  }

  @Test(
    "Blobs: the most of each fork, what is left of a block, and the header's gas",
    arguments: [Revision.cancun, .prague])
  func blobs(_ revision: Revision) throws {
    let chain = chain(revision), builder = chain.builder(), most = revision == .prague ? 9 : 6
    func transaction(_ count: Int, nonce: UInt64) -> SignedTransaction {
      var transaction = chain.transaction(.blob, nonce: nonce)
      transaction.maxFeePerBlobGas = 1
      transaction.blobVersionedHashes = (0..<count).map { _ in Bytes32(UInt256(1) << 248) }
      return transaction
    }
    #expect(throws: TransactionRefusal.tooManyBlobs) {
      try builder.add(transaction(most + 1, nonce: 0), sender: TestChain.rich)
    }
    _ = try builder.add(transaction(most - 1, nonce: 0), sender: TestChain.rich)
    #expect(throws: TransactionRefusal.blobsAboveRest) {
      try builder.add(transaction(2, nonce: 1), sender: TestChain.rich)
    }
    _ = try builder.add(transaction(1, nonce: 1), sender: TestChain.rich)
    let header = builder.seal().header
    #expect(header.blobGasUsed == UInt64(most) * 131_072)
    #expect(BlobSchedule(revision).excessBlobGas(after: header) == 3 * 131_072)
  }

  @Test("The contracts of the protocol are told the parent's roots, and asked for requests, where they have code")
  func systemContracts() throws {
    var chain = chain()
    // Store the input under slot 1 for the system, and return 32 bytes to whoever asks.
    let keeper = assemble("0 CALLDATALOAD 1 SSTORE CALLER 2 SSTORE 32 0 RETURN")
    chain.accounts[SystemContracts.beaconRoots] = Account(nonce: 1, code: keeper)
    chain.accounts[SystemContracts.history] = Account(nonce: 1, code: keeper)
    let withdrawals = Address(hex: "0x00000961ef480eb55e80d19ad83579a64c007002")!
    chain.accounts[withdrawals] = Account(nonce: 1, code: keeper)
    chain.fields.parentBeaconBlockRoot = Bytes32(UInt256(77))
    let block = chain.builder().seal()
    #expect(block.state.storage(SystemContracts.beaconRoots, 1) == 77)
    #expect(block.state.storage(SystemContracts.history, 1) == UInt256(chain.parent.hash))
    #expect(
      Address(truncating: block.state.storage(SystemContracts.history, 2)).description
        == "0xfffffffffffffffffffffffffffffffffffffffe")
    let request: [UInt8] = [1] + [UInt8](repeating: 0, count: 32)
    #expect(block.header.requestsHash == SHA256.hash(SHA256.hash(request).bytes))
    #expect(block.header.gasUsed == 0)
    #expect(block.state.account(Address(hex: "0xfffffffffffffffffffffffffffffffffffffffe")!) == nil)

    chain.rules.revision = .cancun
    let older = chain.builder().seal()
    #expect(older.state.storage(SystemContracts.beaconRoots, 1) == 77)
    #expect(older.state.storage(SystemContracts.history, 1).isZero)
  }

  @Test("Accounts with code send, and code of any length is deployed, where the options say so")
  func options() throws {
    var chain = chain()
    chain.accounts[Address(0x109)]?.balance = 1_000_000_000_000_000_000
    let large = assemble("30000 0 RETURN")
    let deployment = chain.transaction(gas: 10_000_000, to: nil, input: large)
    var strict = chain.builder()
    #expect(throws: TransactionRefusal.senderHasCode) {
      try strict.add(chain.transaction(nonce: 1), sender: Address(0x109))
    }
    #expect(try strict.add(deployment, sender: TestChain.rich).status == .halted(.codeTooLarge))
    chain.rules.options = TransitionOptions(limitsCodeSize: false, sendersMayHaveCode: true)
    strict = chain.builder()
    #expect(try strict.add(chain.transaction(nonce: 1), sender: Address(0x109)).status == .stopped)
    #expect(try strict.add(deployment, sender: TestChain.rich).status == .returned)
    let long = [UInt8](repeating: 0, count: 60_000)
    #expect(
      try strict.add(chain.transaction(nonce: 1, gas: 900_000, to: nil, input: long), sender: TestChain.rich).status
        == .stopped)
  }

  @Test("The next base fee: an eighth more after a full block, an eighth less after an empty one, at least one more")
  func baseFee() {
    func next(_ fee: UInt64, gasUsed: UInt64, gasLimit: UInt64 = 30_000_000) -> UInt64 {
      BaseFee.next(
        after: BlockHeader(
          parentHash: .zero, number: 1, gasLimit: gasLimit, gasUsed: gasUsed, timestamp: 0, baseFeePerGas: fee))
    }
    #expect(next(8_000, gasUsed: 15_000_000) == 8_000)
    #expect(next(8_000, gasUsed: 30_000_000) == 9_000)
    #expect(next(8_000, gasUsed: 0) == 7_000)
    #expect(next(8_000, gasUsed: 22_500_000) == 8_500)
    #expect(next(7, gasUsed: 15_000_001) == 8)
    #expect(next(7, gasUsed: 0) == 7)
    #expect(next(.max, gasUsed: 30_000_000) == .max)
    #expect(next(5, gasUsed: 0, gasLimit: 1) == 5)
  }
}
