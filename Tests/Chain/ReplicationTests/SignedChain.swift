import Chain
import ChainStorage
import Cryptography
import Glibc
import Primitives
import StorageTesting
import Synchronization
import Telemetry
import Testing
import Transactions
import ZKsyncOS

/// A chain whose transactions are signed, as only such can be followed.
final class SignedChain: Sendable {
  let key: Secp256k1.PrivateKey
  let sender: Address

  let directory = TemporaryDirectory(inMemory: true)
  let storage: ChainStorage
  let chain: Chain
  let registry = MetricsRegistry()
  private let tip: Mutex<(hashes: BlockHashes, nonce: UInt64)>

  struct TimedOut: Error {}
  struct Refused: Error {}

  init(genesis: Block = TestChain.genesis) throws {
    genesisHash = genesis.hash
    key = try #require(Secp256k1.PrivateKey(hex: String(repeating: "46", count: 32)))
    sender = try #require(Secp256k1.publicKey(of: key)).address
    let properties = AccountProperties(balance: 100_000_000_000_000_000_000)
    let state = StateChange(
      number: 0, blockHash: genesis.hash, slots: [FlatKey.ofAccount(sender): properties.hash()],
      preimages: [properties.hash(): properties.encode()])
    storage = try ChainStorage(
      directory: directory.path, chainID: 270, protocolVersion: .current, genesis: genesis, genesisState: state,
      metrics: ChainStorageMetrics(registry))
    chain = Chain(storage: storage, registry: registry)
    tip = Mutex((storage.log.nextBlockHashes, 0))
    try chain.start()
  }

  deinit { chain.stop() }

  /// The next block, of so many transfers.
  func seal(_ count: UInt64 = 1, to: Address = Address(0xB0B), input: [UInt8] = [], by key: Secp256k1.PrivateKey? = nil)
    throws
    -> SealedBlock
  {
    try tip.withLock { tip in
      let number = storage.state.latest + 1
      let context = BlockContext(
        chainID: 270, number: number, timestamp: 1_000 + number, blockHashes: tip.hashes, baseFee: 1_000,
        coinbase: .zero)
      var executor = try BlockExecutor(context: context, state: try storage.state.view(at: number - 1))
      var transactions: [RecoveredTransaction] = []
      for _ in 0..<count {
        let transfer = SignedTransaction(
          kind: .dynamicFee, chainID: 270, nonce: tip.nonce, gasLimit: 21_000 + 40 * UInt64(input.count),
          maxFeePerGas: 10_000,
          maxPriorityFeePerGas: 0, to: to, value: 1, input: input)
        // Another key's signature under the name of the account.
        let transaction = RecoveredTransaction(
          .signed(try transfer.signed(with: key ?? self.key)), sender: sender)
        guard case .included = try executor.execute(transaction) else { throw Refused() }
        transactions.append(transaction)
        tip.nonce += 1
      }
      let output = try executor.seal()
      tip.hashes = tip.hashes.appending(output.blockHash)
      return SealedBlock(
        record: ReplayRecord(
          context: context, firstPriorityID: 0, transactions: transactions, blockHash: output.blockHash,
          outputHash: output.outputHash), output: output)
    }
  }

  let genesisHash: Bytes32

  /// The same, of a chain that has followed another so far.
  func extendAfterFollowing(_ count: Int, to: Address) throws {
    let nonce = try storage.state.view(at: storage.state.latest).account(sender).nonce
    tip.withLock { $0 = (storage.log.nextBlockHashes, nonce) }
    try extend(count, to: to)
  }

  /// Makes so many blocks, and waits until clients see them.
  func extend(_ count: Int, to: Address = Address(0xB0B), input: [UInt8] = []) throws {
    for _ in 0..<count { try chain.accept(try seal(to: to, input: input)) }
    try wait(for: storage.state.latest)
  }

  func wait(for number: UInt64) throws { try SignedChain.wait { self.chain.stream.head >= number } }

  /// Waits two minutes at most.
  static func wait(until condition: () -> Bool) throws {
    for _ in 0..<120_000 {
      if condition() { return }
      usleep(1_000)
    }
    throw TimedOut()
  }

  /// What two chains have to have in common.
  func expectSame(as other: SignedChain) throws {
    #expect(chain.stream.head == other.chain.stream.head)
    for number in 0...chain.stream.head {
      #expect(try storage.blocks.block(number) == other.storage.blocks.block(number))
      #expect(try storage.log.record(number) == other.storage.log.record(number))
    }
    let head = chain.stream.head
    #expect(
      try storage.state.view(at: head).account(Address(0xB0B))
        == other.storage.state.view(at: head).account(Address(0xB0B)))
  }
}
