import ChainStorage
import ZKsyncOS

/// Makes blocks durable. The replay log does; tests put something in front of it that fails.
public protocol BlockJournal: Sendable {
  /// Returns once the record of the next block is on the device.
  func append(_ record: ReplayRecord) throws(StorageError)
}

extension ReplayLog: BlockJournal {}
