import RocksDB

/// A store whose content is not what was written, or not there: where, and what an operator can do.
public struct StoreDamage: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Store: String, CaseIterable, Sendable {
    case log = "replay log"
    case state = "state store"
    case blocks = "block store"
    case tree = "state tree"
    case proofs = "store of proofs"

    /// The name of its folder.
    public var folder: String {
      switch self {
      case .log: "replay_log"
      case .state: "state"
      case .blocks: "blocks"
      case .tree: "tree"
      case .proofs: "proofs"
      }
    }
  }

  public var store: Store
  /// The folder that holds the folders of all stores.
  public var directory: String
  /// The block at which it was noticed.
  public var block: UInt64?
  public var detail: String

  public init(_ store: Store, in directory: String, block: UInt64? = nil, _ detail: String) {
    self.store = store
    self.directory = directory
    self.block = block
    self.detail = detail
  }

  public var path: String { directory + "/" + store.folder }

  public var description: String {
    let place = block.map { " at block \($0)" } ?? ""
    return "the \(store.rawValue) is damaged\(place) (\(path)): \(detail); \(remedy)"
  }

  private var remedy: String {
    switch store {
    case .log: "restore the folder from a backup, as nothing else can make it again"
    case .state, .blocks, .tree: "start with --repair, which moves it aside and makes it again from the replay log"
    case .proofs:
      "restore the folder from a backup, or start with --repair, which moves it aside: batches are then made and proved again"
    }
  }
}

extension StoreDamage {
  /// What the failure of an operation on `store` says of it; `nil` where the fault is not in what is stored.
  public init?(_ store: Store, in directory: String, _ error: RocksDBError) {
    switch error {
    case .corruption(let message): self.init(store, in: directory, message)
    // A file that is gone, or cannot be read. What cannot be written is a fault of the disk, and nothing is damaged.
    case .inputOutput(let message) where message.contains("No such file") || message.contains("While pread"):
      self.init(store, in: directory, message)
    case .invalidArgument(let message) where message.contains("does not exist"):
      self.init(store, in: directory, message)
    default: return nil
    }
  }

  /// What the text of a failure says that came from a database below `directory` by way of another part; `nil` where it
  /// says nothing of files.
  public init?(in directory: String, text: String) {
    guard text.contains("Corruption: ") || text.contains("While pread"),
      let store = Store.allCases.first(where: { text.contains("\(directory)/\($0.folder)/") })
    else { return nil }
    self.init(store, in: directory, text)
  }

  /// The same for the stores of this module.
  public init?(_ store: Store, in directory: String, block: UInt64? = nil, _ error: StorageError) {
    switch error {
    case .damaged(let damage), .missing(let damage): self = damage
    case .database(let error):
      self.init(store, in: directory, error)
      self.block = block
    case .corrupt, .badRecord, .badChecksum, .notContiguous:
      self.init(store, in: directory, block: block, error.description)
    case .inUse, .unknownFormat, .unknownBlock, .otherGenesis, .otherChain, .contradiction: return nil
    }
  }
}
