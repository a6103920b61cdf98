import EVM
import Primitives

/// What differs between two states.
public struct StateChanges: Sendable {
  /// An account as it is afterwards.
  public struct Account: Sendable {
    public var nonce: UInt64
    /// Wei.
    public var balance: UInt256
    public var code: Code
    /// keccak256 of the code.
    public var codeHash: Bytes32
    /// Whether every slot that ``slots`` does not name becomes zero.
    public var wipesStorage: Bool
    /// Slots that change, with their new values.
    public var slots: [UInt256: UInt256]
  }

  /// The accounts that change; `nil` for one that is gone, with its slots.
  public var accounts: [Address: Account?] = [:]
}
