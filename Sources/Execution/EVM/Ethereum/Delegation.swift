// Accounts in whose place the code of a contract runs.

import Primitives

/// The code of an account that has delegated to a contract: 0xef0100 and the contract's address (EIP-7702).
public enum Delegation {
  /// The length of such code.
  public static var count: Int { 23 }

  /// The code that delegates to `target`.
  public static func code(to target: Address) -> [UInt8] { [0xef, 0x01, 0x00] + target.bytes }

  /// The contract to which `code` delegates; `nil` for all other code.
  public static func target(of code: Code) -> Address? {
    let bytes = code.bytes
    guard bytes.count == count, bytes[0] == 0xef, bytes[1] == 0x01, bytes[2] == 0x00, let base = bytes.baseAddress
    else { return nil }
    return Address(loading: base + 3)
  }
}
