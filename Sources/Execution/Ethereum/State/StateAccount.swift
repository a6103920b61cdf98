import Cryptography
import EVM
import Primitives

/// An account as the state trie holds it. It knows its address, of which the trie has the hash alone.
public struct StateAccount: Sendable, TrieValue {
  let address: Address
  public internal(set) var nonce: UInt64
  /// Wei.
  public internal(set) var balance: UInt256
  public internal(set) var code: Code
  /// keccak256 of the code.
  public internal(set) var codeHash: Bytes32
  var storage: PersistentTrie<StateSlot>

  /// The root of the trie of its slots.
  public var storageRoot: Bytes32 { storage.root }

  /// The RLP list [nonce, balance, storage root, code hash].
  package var encoded: [UInt8] {
    var writer = RLPWriter()
    writer.appendList {
      $0.append(nonce)
      $0.append(balance)
      $0.append(storageRoot)
      $0.append(codeHash)
    }
    return writer.encoded
  }
}

/// A slot that is not zero. It knows its number, of which the trie has the hash alone.
struct StateSlot: TrieValue {
  let number: UInt256
  let value: UInt256

  var encoded: [UInt8] { RLP.encode(value) }
}
