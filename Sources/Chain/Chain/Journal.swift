import ChainStorage
import ZKsyncOS

/// What makes blocks durable: a block counts from the moment that its record is in the journal, and everything else is
/// made from the journal again.
public protocol Journal: Sendable {
  /// Returns once the records of the next blocks, in their order, cannot be lost any more.
  func append(_ records: [ReplayRecord]) throws(StorageError)
}

/// On this machine: the record is on the device.
extension ReplayLog: Journal {}
