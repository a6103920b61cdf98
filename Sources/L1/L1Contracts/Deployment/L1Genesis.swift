import Cryptography
import EVM
import Ethereum
import Primitives
import Transactions

/// Why a development L1 has no beginning. It depends on nothing outside the program, so a test rules it out.
public enum L1GenesisError: Error, Sendable, Equatable {
  /// A transaction that creates a contract is refused.
  case refused(contract: String, TransactionRefusal)
  /// A constructor fails, with the output of the creating transaction.
  case failed(contract: String, output: [UInt8])
  /// A key is none.
  case badKey
}

/// What a fresh development L1 begins with: the contracts of a chain, accounts with ether, and the transactions that
/// belong into its first block.
public struct L1Genesis: Sendable {
  public let deployment: L1Deployment
  public let accounts: [Address: Account]
  /// Signed, in order; with the default options one, which requests the forced deposit. They cap their fee at 100 gwei.
  public let transactions: [SignedTransaction]

  /// Where the reference's default options look for the bridgehub.
  public static let bridgehub = Address(hex: "0x4b37536b9824c4a4cf3d15362135e346adb7cb9c") ?? .zero
  /// The account of the reference's default operator key.
  public static let operatorAccount = Address(hex: "0x5927c313861c01b82a026e35d93cc787e5356c0f") ?? .zero
  /// The deterministic deployment proxy, which creates a contract at an address that depends on its code and a salt.
  ///
  /// Source: github.com/Arachnid/deterministic-deployment-proxy.
  public static let create2Deployer = Address(hex: "0x4e59b44847b379578588920ca78fbf26c0b4956c") ?? .zero
  private static let create2DeployerCode =
    Hex.decode(
      "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
    ) ?? []

  /// The proxy's account.
  public static let create2DeployerAccount = Account(nonce: 1, code: create2DeployerCode)

  /// Where the helper for withdrawals is on L2, once `deployer` has created it with its first transaction there.
  public static func withdrawalHelper(of deployer: DevelopmentAccount) -> Address {
    ContractAddress.create(deployer.address, nonce: 0)
  }

  private static let ether: UInt256 = 1_000_000_000_000_000_000
  /// What the forced deposit mints on L2: without it here, withdrawals of the rich account would be paid by others.
  private static let forcedDeposit = UInt256(100_000_000_000) &* ether

  /// The beginning of the development L1 of a chain.
  ///
  /// - Parameters:
  ///   - l1ChainID: of this L1; 9 in the reference.
  ///   - l2ChainID: of the chain that settles on it; 270 in the reference.
  ///   - storedBatchZero: `StoredBatchInfo.hash` of the chain's genesis.
  public init(l1ChainID: UInt64 = 9, l2ChainID: UInt64 = 270, storedBatchZero: Bytes32) throws(L1GenesisError) {
    guard let deployer = DevelopmentAccount.deployer else { throw .badKey }
    try self.init(
      L1Deployment.Options(
        l1ChainID: l1ChainID, l2ChainID: l2ChainID, storedBatchZero: storedBatchZero, admin: deployer.address,
        validator: Self.operatorAccount, withdrawalHelper: Self.withdrawalHelper(of: deployer)))
  }

  /// The beginning with other constants.
  init(_ options: L1Deployment.Options) throws(L1GenesisError) {
    guard let deployer = DevelopmentAccount.deployer, let rich = DevelopmentAccount.rich else { throw .badKey }
    var deployment = L1Deployment(options, deployer: deployer.address)
    let created = deployment.bridgehub
    deployment.bridgehub = Self.bridgehub
    self.deployment = deployment

    var accounts = try Self.create(deployment, deployer: deployer.address)
    // A contract keeps nothing about its own address, so it may be anywhere.
    accounts[Self.bridgehub] = accounts.removeValue(forKey: created)
    accounts[deployer.address]?.balance = Self.ether
    for account in DevelopmentAccount.wellKnown + [rich] {
      accounts[account.address] = Account(balance: 10_000 &* Self.ether)
    }
    accounts[Self.operatorAccount] = Account(balance: 1_000_000 &* Self.ether)
    accounts[Self.create2Deployer] = Self.create2DeployerAccount
    self.accounts = accounts
    transactions =
      options.hasForcedDeposit
      ? [try Self.forcedDepositRequest(deployment, deployer, nonce: accounts[deployer.address]?.nonce ?? 0)] : []
  }

  /// Runs the constructors; the accounts that they leave behind, the deployer among them.
  private static func create(
    _ deployment: L1Deployment, deployer: Address
  ) throws(L1GenesisError) -> [Address: Account] {
    let block = BlockEnvironment(
      number: 0, timestamp: 0, gasLimit: 30_000_000, coinbase: .zero, prevRandao: .zero, baseFee: .zero,
      chainID: deployment.options.l1ChainID, blockHash: { _ in .zero })
    let transition = EthereumTransition(
      world: WorldState(accounts: [deployer: Account(balance: forcedDeposit)]), revision: .cancun, block: block)
    for (nonce, creation) in deployment.creations.enumerated() {
      let backs = deployment.options.hasForcedDeposit && creation.address == deployment.tokenVault
      let transaction = SignedTransaction(
        kind: .legacy, chainID: nil, nonce: UInt64(nonce), gasLimit: block.gasLimit, maxFeePerGas: .zero,
        maxPriorityFeePerGas: .zero, to: nil, value: backs ? forcedDeposit : .zero, input: creation.initCode)
      let result: TransitionResult
      do throws(TransactionRefusal) {
        result = try transition.execute(transaction, sender: deployer)
      } catch { throw .refused(contract: creation.name, error) }
      guard result.succeeded else { throw .failed(contract: creation.name, output: result.output) }
    }
    return transition.world.accounts
  }

  private static func forcedDepositRequest(
    _ deployment: L1Deployment, _ deployer: DevelopmentAccount, nonce: UInt64
  ) throws(L1GenesisError) -> SignedTransaction {
    let transaction = SignedTransaction(
      kind: .dynamicFee, chainID: deployment.options.l1ChainID, nonce: nonce, gasLimit: 300_000,
      maxFeePerGas: 100_000_000_000, maxPriorityFeePerGas: 1_000_000_000, to: deployment.chain, value: .zero,
      input: ChainCall.requestForcedDeposit.input)
    do { return try transaction.signed(with: deployer.key) } catch { throw .badKey }
  }
}
