import ChainStorage
import ZKsyncOS

/// What makes blocks durable: a block counts from the moment that its record is in the journal, and everything else is
/// made from the journal again.
public protocol Journal: Sendable {
  /// Returns once the record of the next block cannot be lost any more.
  func append(_ record: ReplayRecord) throws(StorageError)
}

/// On this machine: the record is on the device.
extension ReplayLog: Journal {}
