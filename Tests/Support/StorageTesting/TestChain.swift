import ChainStorage
import Cryptography
import Primitives
import Telemetry
import Transactions
import ZKsyncOS

/// A chain whose genesis gives some accounts funds.
public enum TestChain {
  public static let header = BlockHeader(
    parentHash: .zero, number: 0, gasLimit: 100_000_000, timestamp: 0, baseFeePerGas: 1000)
  public static let genesis = Block(header: header, hash: header.hash, transactions: [], receipts: [])

  /// The rich account with this number.
  public static func sender(_ number: UInt64) -> Address { Address(0xA11CE000 + number) }

  /// Ten to the twenty wei for each of sixteen senders.
  public static let genesisState: StateChange = {
    var slots: [Bytes32: Bytes32] = [:], preimages: [Bytes32: [UInt8]] = [:]
    for number in 0..<16 as Range<UInt64> {
      let properties = AccountProperties(balance: 100_000_000_000_000_000_000)
      slots[FlatKey.ofAccount(sender(number))] = properties.hash()
      preimages[properties.hash()] = properties.encode()
    }
    return StateChange(number: 0, blockHash: header.hash, slots: slots, preimages: preimages)
  }()

  public static func open(
    _ directory: String, chainID: UInt64 = 270, protocolVersion: ProtocolVersion = .current, genesis: Block = genesis,
    cachedSlots: Int = 10_000, retainedBlocks: Int = 64, metrics: MetricsRegistry = MetricsRegistry()
  ) throws(StorageError) -> ChainStorage {
    try ChainStorage(
      directory: directory, chainID: chainID, protocolVersion: protocolVersion, genesis: genesis,
      genesisState: genesisState, cachedSlots: cachedSlots, retainedBlocks: retainedBlocks,
      metrics: ChainStorageMetrics(metrics))
  }

  /// A transfer whose sender is taken for granted; in place of a signature it names the sender, so that hashes differ.
  public static func transfer(
    from sender: Address, nonce: UInt64, to: Address? = Address(0xB0B), value: UInt256 = 1, tip: UInt256 = 0,
    feeCap: UInt256 = 10_000, gasLimit: UInt64 = 21_000, input: [UInt8] = []
  ) -> RecoveredTransaction {
    RecoveredTransaction(
      .signed(
        SignedTransaction(
          kind: .dynamicFee, chainID: 270, nonce: nonce, gasLimit: gasLimit, maxFeePerGas: feeCap,
          maxPriorityFeePerGas: tip, to: to, value: value, input: input,
          signature: .init(r: Bytes32(sender), s: Bytes32(UInt256.one), yParity: 0))), sender: sender)
  }
}
