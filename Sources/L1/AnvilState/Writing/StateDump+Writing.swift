import Compression
import Files
import JSON
import Primitives
import Transactions

extension StateDump {
  /// The file that a path names: of a folder, `state.json` in it.
  public static func file(at path: String) -> String { Files.isFolder(path) ? path + "/state.json" : path }

  /// What a dump holds. Its parts are made one by one while it is written, so that none of them stands in memory whole.
  public struct Content {
    public var environment: Environment
    public var bestBlock: UInt64
    /// In ascending order of addresses.
    public var accounts: any Sequence<Account>
    /// In ascending order of numbers.
    public var blocks: any Sequence<Block>
    /// In the order of the blocks.
    public var outcomes: any Sequence<Outcome>

    public init(
      environment: Environment, bestBlock: UInt64, accounts: any Sequence<Account>, blocks: any Sequence<Block>,
      outcomes: any Sequence<Outcome>
    ) {
      self.environment = environment
      self.bestBlock = bestBlock
      self.accounts = accounts
      self.blocks = blocks
      self.outcomes = outcomes
    }
  }

  /// Replaces the file of `--dump-state` with a plain dump: there is the old file or the whole new one.
  public static func write(_ content: Content, to path: String) throws(StateDumpError) {
    do throws(FileError) {
      try Files.replace(file(at: path)) { (write) throws(FileError) in try StateDump.write(content, write) }
    } catch {
      throw .cannotWrite("\(error)")
    }
  }

  /// What `anvil_dumpState` answers: a dump as gzip.
  public static func compressed(_ content: Content) -> [UInt8] {
    var encoder = GzipEncoder()
    var bytes: [UInt8] = []
    write(content) { encoder.encode($0) { bytes += $0 } }
    encoder.finish { bytes += $0 }
    return bytes
  }

  /// Writes JSON in the spelling that versions of anvil from 2024 on read: numbers of the environment in hexadecimal, the
  /// beneficiary under its older name, headers as in JSON-RPC.
  static func write<E: Error>(
    _ content: Content, _ sink: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    var writer = JSONWriter(capacity: 1 << 16)
    writer.beginObject()
    writer.key("block")
    writer.environment(content.environment)
    writer.key("accounts")
    writer.beginObject()
    for account in content.accounts {
      writer.account(account)
      try writer.drain(sink)
    }
    writer.endObject()
    writer.key("best_block_number")
    writer.number(content.bestBlock)
    writer.key("blocks")
    writer.beginArray()
    for block in content.blocks {
      writer.block(block)
      try writer.drain(sink)
    }
    writer.endArray()
    writer.key("transactions")
    writer.beginArray()
    for outcome in content.outcomes {
      writer.outcome(outcome)
      try writer.drain(sink)
    }
    writer.endArray()
    writer.key("historical_states")
    writer.null()
    writer.endObject()
    try writer.drain(sink)
  }
}
