import Cryptography
import Primitives
import Transactions

// What withdrawals rest on. The base token signs a withdrawal with the account that called it, and a contract can make the
// messenger say the very same. That L1 may believe an account with a key all the same is because no such account gets the
// messenger to say anything: the guest gives up, and no block with it can be proved.

extension Shape {
  /// The name of the block in which accounts with keys try to have a withdrawal said that they do not make, on either layer,
  /// between two that are true: one of the base token, and one that a contract has said for itself.
  public static let forgedWithdrawals = "withdrawals, two of them forged"

  static var forgeries: [Shape] {
    [
      Shape(forgedWithdrawals) { world in
        let text: [UInt8] = [0x6c, 0x09, 0x60, 0xf9] + Address(0xb0b).bytes + UInt256(1_000).bytes
        let forged =
          [0x62, 0xf8, 0x4b, 0x24] + UInt256(32).bytes + UInt256(text.count).bytes + text
          + [UInt8](repeating: 0, count: 8)
        let messenger = Address(0x8008)
        // Accounts of their own: who is refused keeps his nonce.
        let honest = try world.account(), forger = try world.account()
        try world.send(
          from: honest, to: Address(0x800a), value: 1_000, [0x51, 0xcf, 0xf8, 0xd9] + UInt256(Address(0xb0b)).bytes)
        try world.send(from: forger, to: messenger, forged)
        world.request(from: world.accounts[forger].address, to: messenger, forged)
        // CALLDATACOPY, then CALL of the messenger with it.
        try world.run(
          [
            0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x5f, 0x61, 0x80, 0x08, 0x5a, 0xf1, 0x00,
          ], forged)
      }
    ]
  }
}
