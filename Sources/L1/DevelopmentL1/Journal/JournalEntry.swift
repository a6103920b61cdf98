import Primitives
import Transactions

/// One step of the chain's history.
enum JournalEntry: Sendable, Equatable {
  /// The first entry: what the chain is.
  case chain(ChainIdentity)
  /// All blocks so far are forgotten; others follow, up to a new ``begun``. Accounts stay.
  case restart
  /// Everything is there that the chain begins with: blocks that were not executed here, and accounts. So many blocks that
  /// follow belong to the beginning, too.
  case begun(following: UInt64)
  /// A block, with what is needed to execute it again.
  case block(BlockRecord)
  /// Accounts came in as they are, not by a transaction: at the beginning, and from dumps. What an account has besides the
  /// slots that are named stays.
  case accounts([AccountRecord])
  /// Somebody changed an account of the newest state.
  case edit(StateEdit)
  /// Somebody changed what the next blocks are made with.
  case settings(ChainSettings)
}

extension JournalEntry {
  /// Whether the newest state is known after the entry: a block that was not executed here says nothing of it.
  var leadsToState: Bool {
    switch self {
    case .block(let record): record.isExecuted
    case .begun, .edit: true
    case .chain, .settings, .accounts, .restart: false
    }
  }
}

/// What a chain is from its beginning to its end.
public struct ChainIdentity: Sendable, Equatable {
  /// Drawn at random when the chain begins. A rollup that settles on the chain keeps the same, so that the two find out
  /// when they do not belong together.
  public var instance: Bytes32
  /// What signatures named when it began.
  public var chainID: UInt64
  public var hardfork: Hardfork
  /// Whether contracts may be larger than EIP-170 allows.
  public var allowsLargeCode: Bool
}

/// A block as the journal keeps it.
struct BlockRecord: Sendable, Equatable {
  var header: BlockHeader
  /// What CHAINID gave.
  var chainID: UInt64
  /// In their order. The sender stands beside the envelope: an impersonated one signed nothing.
  var transactions: [RecoveredTransaction]
  var receipts: [Receipt]
  /// Whether the state after it follows from the one before it; not for the first block, nor for blocks of a dump.
  var isExecuted: Bool
}

/// A change of an account that no transaction made.
enum StateEdit: Sendable, Equatable {
  case balance(Address, UInt256)
  case nonce(Address, UInt64)
  case code(Address, [UInt8])
  case slot(Address, UInt256, UInt256)
}

/// An account as a whole.
struct AccountRecord: Sendable, Equatable {
  var address: Address
  var nonce: UInt64
  /// Wei.
  var balance: UInt256
  var code: [UInt8]
  var slots: [Slot]

  struct Slot: Sendable, Equatable {
    var key: UInt256
    var value: UInt256
  }
}
