import Primitives

/// Addresses below 0x10000 that mean something to the system.
public enum SystemAddress {
  /// Receives fees during a transaction; swept to the coinbase after each.
  public static let bootloader = Address(0x8001)
  /// Its storage maps every account to the hash of its properties.
  public static let accountProperties = Address(0x8003)
  public static let contractDeployer = Address(0x8006)
  public static let l1Messenger = Address(0x8008)
  public static let baseToken = Address(0x800a)
  /// The only caller that the contract deployer obeys.
  public static let complexUpgrader = Address(0x800f)
  /// A transaction to this address would ask for an execution environment that does not exist.
  static let wasmDeployment = Address(0x9000)
}

extension Address {
  /// The slot key under `SystemAddress.accountProperties` that holds this account.
  var propertiesKey: UInt256 { UInt256(self) }
}
