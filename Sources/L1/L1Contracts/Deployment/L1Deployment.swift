import Cryptography
import EVM
import Primitives

/// The contracts of one chain on L1: where they are, and the constants that they were created with.
///
/// Nothing of it can be changed afterwards: the contracts keep all of it in their code. They know each other's addresses
/// from the beginning, as an address follows from who creates a contract and with which nonce.
public struct L1Deployment: Sendable, Equatable {
  /// What is decided before a deployment.
  public struct Options: Sendable, Equatable {
    public var l1ChainID: UInt64
    public var l2ChainID: UInt64
    /// The hash of the batch before the first, `StoredBatchInfo.hash` of the chain's genesis.
    public var storedBatchZero: Bytes32
    /// May add and remove validators.
    public var admin: Address
    /// May commit, prove and execute.
    public var validator: Address
    /// The contract of L2 whose withdrawals anybody may finalize; it need not exist yet.
    public var withdrawalHelper: Address
    /// Seconds that the first block of a batch may be older than the L1 block that commits it; the largest number for
    /// no limit. Three days on the chains of the reference.
    public var timestampWindow: UInt256
    /// Seconds between the commit of a batch and its execution.
    public var executionDelay: UInt32
    /// Gas of a request beyond its overhead. Reads are pubdata that nobody pays for, and a request cannot be left out, so
    /// one with more gas could make a block that fits into no batch.
    public var priorityTxMaxGasLimit: UInt64
    /// Whether the request with id 0 is the deposit of 10^29 wei for the rich account that chains begin with.
    public var hasForcedDeposit: Bool

    public init(
      l1ChainID: UInt64, l2ChainID: UInt64, storedBatchZero: Bytes32, admin: Address, validator: Address,
      withdrawalHelper: Address = .zero, timestampWindow: UInt256 = .max, executionDelay: UInt32 = 0,
      priorityTxMaxGasLimit: UInt64 = 7_000_000, hasForcedDeposit: Bool = true
    ) {
      self.l1ChainID = l1ChainID
      self.l2ChainID = l2ChainID
      self.storedBatchZero = storedBatchZero
      self.admin = admin
      self.validator = validator
      self.withdrawalHelper = withdrawalHelper
      self.timestampWindow = timestampWindow
      self.executionDelay = executionDelay
      self.priorityTxMaxGasLimit = priorityTxMaxGasLimit
      self.hasForcedDeposit = hasForcedDeposit
    }
  }

  public let options: Options
  /// The entrance: the one address that a node is told.
  public var bridgehub: Address
  public let chainTypeManager: Address
  public let validatorTimelock: Address
  /// What is a diamond on the chains of the reference.
  public let chain: Address
  public let daValidator: Address
  public let verifier: Address
  /// Where older clients finalize withdrawals.
  public let assetRouter: Address
  /// Holds the deposits.
  public let tokenVault: Address
  /// Where withdrawals are finalized.
  public let nullifier: Address

  /// What `deployer` creates with nine transactions, the first of which has `firstNonce`.
  public init(_ options: Options, deployer: Address, firstNonce: UInt64 = 0) {
    let address = { (index: UInt64) in ContractAddress.create(deployer, nonce: firstNonce &+ index) }
    self.options = options
    bridgehub = address(0)
    chainTypeManager = address(1)
    validatorTimelock = address(2)
    chain = address(3)
    daValidator = address(4)
    verifier = address(5)
    assetRouter = address(6)
    tokenVault = address(7)
    nullifier = address(8)
  }

  /// The id of ether among bridged assets: keccak256(L1 chain id ‖ 0x10004 ‖ 1), three words.
  public var etherAssetID: Bytes32 { AssetID.of(AssetID.ether, l1ChainID: options.l1ChainID) }
}

/// Ids of bridged assets.
///
/// Source: era-contracts `common/libraries/DataEncoding.sol`, `encodeNTVAssetId`.
public enum AssetID {
  /// What stands for ether where a token's address is expected.
  public static let ether = Address(1)
  /// The token vault of L2.
  private static let tokenVault = Address(0x10004)

  /// keccak256(L1 chain id ‖ address of the vault on L2 ‖ token), three words.
  public static func of(_ token: Address, l1ChainID: UInt64) -> Bytes32 {
    var writer = ABIWriter()
    writer.append(l1ChainID)
    writer.append(tokenVault)
    writer.append(token)
    return Keccak256.hash(writer.encoded)
  }
}
