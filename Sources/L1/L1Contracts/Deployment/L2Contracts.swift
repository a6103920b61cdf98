import Cryptography
import EVM
import Primitives
import Transactions

/// The contracts that a chain for development has on L2 from its first block on.
public enum L2Contracts {
  /// The deterministic deployment proxy, which is at this address on every chain where somebody has sent its transaction: it
  /// creates what follows the first 32 bytes of its input, by CREATE2 with those as salt.
  ///
  /// Source: Arachnid/deterministic-deployment-proxy, README.
  public static let create2Deployer = ContractAddress.create(create2Signer, nonce: 0)
  /// Whoever signed that transaction; nobody has the key.
  public static let create2Signer = (try? RecoveredTransaction(Transaction(envelope: create2Creation)).sender) ?? .zero
  /// Wei that the transaction takes at most: 100,000 gas at 100 gwei.
  public static let create2Funds = UInt256(10_000_000_000_000_000)
  /// The transaction: signed for every chain, by a signature that was made up.
  public static let create2Creation =
    Hex.decode(
      "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7ffffffffffffffffffffffffffffffffffffffffffffffffffff"
        + "fffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222"
        + "222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222"
    )
    ?? []

  /// What creates the token that everybody may mint (`contracts/l2/FaucetToken.vy`).
  public static let faucetTokenCreation = CreationCode.faucetToken.initCode()
  /// Where the token is: created through ``create2Deployer`` with salt 0, and so the same on every chain.
  public static let faucetToken = ContractAddress.create2(
    create2Deployer, salt: .zero, initCodeHash: Keccak256.hash(faucetTokenCreation))
}
