import Cryptography
import EVM
import Primitives

/// An account of plain Ethereum (yellow paper, section 4.1).
public struct Account: Sendable {
  public var nonce: UInt64
  /// Wei.
  public var balance: UInt256
  public var code: Code
  /// keccak256 of the code.
  public var codeHash: Bytes32
  /// Slots that are not zero. In a world over a kept state: the slots that were written.
  public var storage: [UInt256: UInt256]

  /// keccak256 of nothing: the code hash of an account without code.
  public static let emptyCodeHash = Keccak256.hash([])

  public init(nonce: UInt64 = 0, balance: UInt256 = .zero, code: [UInt8] = [], storage: [UInt256: UInt256] = [:]) {
    self.nonce = nonce
    self.balance = balance
    self.code = code.isEmpty ? .empty : Code(code)
    codeHash = code.isEmpty ? Self.emptyCodeHash : Keccak256.hash(code)
    self.storage = storage.filter { !$0.value.isZero }
  }

  mutating func setCode(_ bytes: [UInt8]) {
    code = bytes.isEmpty ? .empty : Code(bytes)
    codeHash = bytes.isEmpty ? Self.emptyCodeHash : Keccak256.hash(bytes)
  }

  /// Whether EIP-161 calls the account empty: no nonce, no balance, no code.
  public var isEmpty: Bool { nonce == 0 && balance.isZero && code.count == 0 }
}

extension Account {
  /// An account above one of a trie, with none of its slots.
  init(_ account: StateAccount) {
    nonce = account.nonce
    balance = account.balance
    code = account.code
    codeHash = account.codeHash
    storage = [:]
  }
}
