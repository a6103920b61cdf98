import Primitives
import Transactions

/// The beginning of a chain.
///
/// The reference starts from an empty state, without a block 0, and lets a forced deposit be the first transaction of
/// block 1. A chain may instead begin with funded accounts, if L1 knows the same commitment.
public enum Genesis {
  /// The account that the reference makes rich.
  public static let richAccount =
    Address(hex: "0x36615cf349d7f6344891b1e7ca7c72883f5dc049") ?? .zero

  /// The deposit that the reference injects with priority id 0: 10^29 wei for the rich account. L1 knows nothing of it.
  public static let forcedDeposit = L1Request(
    kind: .priority, from: richAccount, to: richAccount, gasLimit: 10_000_000_000, gasPerPubdataLimit: 1000,
    maxFeePerGas: 1, nonce: 0, value: 100, toMint: 100_000_000_000_000_000_000_000_000_000,
    refundRecipient: richAccount)

  /// A state in which the given accounts exist, as what a tree and a state store are told about a block.
  public static func state(
    _ accounts: [Address: AccountProperties]
  ) -> (storageWrites: [StorageWrite], preimages: [PublishedPreimage]) {
    let ordered = accounts.sorted { AddressOrder.precedes(UInt256($0.key), UInt256($1.key)) }
    let writes = ordered.map { address, properties in
      StorageWrite(
        flatKey: FlatKey.ofAccount(address), value: properties.hash(), isInsertion: true,
        address: SystemAddress.accountProperties, key: Bytes32(UInt256(address)))
    }
    // The keys of account slots are the addresses as big-endian bytes, which is how cells of one owner are ordered.
    let preimages = ordered.map { _, properties in
      PublishedPreimage(hash: properties.hash(), bytes: properties.encode(), kind: .accountProperties)
    }
    return (writes.sorted { $0.key < $1.key }, preimages.sorted { $0.hash < $1.hash })
  }
}
