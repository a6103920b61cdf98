import Cryptography
import Primitives

/// One storage slot as the block sees it.
struct Cell {
  /// The owner as a number: its three low limbs are what cells are ordered by.
  let address: UInt256
  let key: UInt256
  /// BLAKE2s-256 of address and key: the key of the leaf in the state tree.
  let flatKey: Bytes32
  /// The value at the start of the block, and whether the tree lacked the leaf then.
  let initial: UInt256
  let isNew: Bool

  var current: UInt256
  /// Whether no value was written that survives, in a cell without leaf: writing it is priced as an insertion.
  var isUnset: Bool
  /// Whether a change survives, even a mere warming: such cells show their key in pubdata.
  var hasUpdates = false
  /// The epoch (transaction) that touched it last; equal to the current one when warm.
  var touched: UInt32 = 0
  /// The value when the epoch `startEpoch` first wrote it. Not subject to rollback.
  var valueAtStart = UInt256.zero
  var startEpoch: UInt32 = 0
  /// The snapshot in which it was changed last, as far as work is counted. Not subject to rollback.
  var recordedIn: UInt64 = 0
  /// The epoch that counted the work of writing it; 0 for none. Not subject to rollback.
  var countedIn: UInt32 = 0
  /// Absolute position after its latest undo entry; 0 for none.
  var undo: UInt64 = 0
  /// Bytes of the block's pubdata that are this cell's, counting whole transactions.
  var pubdataBytes: UInt32 = 0

  init(address: UInt256, key: UInt256, flatKey: Bytes32, initial: UInt256, isNew: Bool) {
    self.address = address
    self.key = key
    self.flatKey = flatKey
    self.initial = initial
    self.isNew = isNew
    current = initial
    isUnset = isNew
  }

  /// The order of cells in pubdata, in storage writes, and therefore of new leaves in the tree: addresses by limbs,
  /// least significant first, then keys as big-endian bytes.
  static func precedes(_ a: borrowing Cell, _ b: borrowing Cell) -> Bool {
    if a.address != b.address { return AddressOrder.precedes(a.address, b.address) }
    return a.key < b.key
  }
}

/// What a rollback restores in a cell.
struct CellUndo {
  var position: Int
  var current: UInt256
  var isUnset: Bool
  var hasUpdates: Bool
  var touched: UInt32
  var undo: UInt64
}

/// One account as the block sees it.
struct CachedAccount {
  let address: Address
  /// Position of the cell that holds the hash of its properties.
  let cell: Int
  /// At the start of the block.
  let initial: AccountProperties

  var current: AccountProperties
  var hasUpdates = false
  /// Marked by SELFDESTRUCT; the mark stays for the rest of the block.
  var isDeconstructed = false
  /// Set by a forced deployment: pubdata carries the hash of the code instead of the code.
  var keepsCodePrivate = false
  var touched: UInt32 = 0
  var deployedIn: UInt32 = 0
  /// The snapshot in which it was changed last, as far as work is counted. Not subject to rollback.
  var recordedIn: UInt64 = 0
  /// The epochs that counted the work of writing the record, and of publishing its code. Not subject to rollback.
  var countedIn: UInt32 = 0
  var codeCountedIn: UInt32 = 0
  var undo: UInt64 = 0

  init(address: Address, cell: Int, initial: AccountProperties) {
    self.address = address
    self.cell = cell
    self.initial = initial
    current = initial
  }
}

/// What a rollback restores in an account.
struct AccountUndo {
  var position: Int
  var current: AccountProperties
  var hasUpdates: Bool
  var isDeconstructed: Bool
  var keepsCodePrivate: Bool
  var touched: UInt32
  var deployedIn: UInt32
  var undo: UInt64
}

/// A transient slot; see EIP-1153.
struct TransientCell {
  let address: UInt256
  let key: UInt256
  var value: UInt256
}

struct TransientUndo {
  var position: Int
  var value: UInt256
}

/// The order of addresses in the system's maps: 64-bit limbs, least significant first.
enum AddressOrder {
  static func precedes(_ a: UInt256, _ b: UInt256) -> Bool {
    if a.l0 != b.l0 { return a.l0 < b.l0 }
    if a.l1 != b.l1 { return a.l1 < b.l1 }
    return a.l2 < b.l2
  }
}

/// The key of a storage slot in the state tree.
public enum FlatKey {
  /// BLAKE2s-256 of the address, left-padded to 32 bytes, and the slot key.
  public static func of(_ address: Address, _ key: Bytes32) -> Bytes32 {
    Blake2s256.hash([UInt8](repeating: 0, count: 12) + address.bytes + key.bytes)
  }

  /// The flat key of the slot that holds the hash of an account's properties.
  public static func ofAccount(_ address: Address) -> Bytes32 {
    of(SystemAddress.accountProperties, Bytes32(UInt256(address)))
  }

  static func of(_ address: UInt256, _ key: UInt256) -> Bytes32 {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { buffer in
      address.store(bigEndian: buffer.baseAddress!)
      key.store(bigEndian: buffer.baseAddress! + 32)
      return Blake2s256.hash(UnsafeRawBufferPointer(buffer))
    }
  }
}
