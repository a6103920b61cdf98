import Primitives
import Transactions

/// Which logs somebody asks for: those of any of the addresses, with any of the topics in each place.
public struct LogFilter: Sendable, Equatable {
  /// None for every address.
  public var addresses: [Address]
  /// For each place the topics that may stand there; none for any. Logs with fewer topics do not match.
  public var topics: [[Bytes32]]

  public init(addresses: [Address] = [], topics: [[Bytes32]] = []) {
    self.addresses = addresses
    self.topics = topics
  }

  public func matches(_ log: Log) -> Bool {
    guard addresses.isEmpty || addresses.contains(log.address), log.topics.count >= topics.count else { return false }
    return zip(topics, log.topics).allSatisfy { allowed, topic in allowed.isEmpty || allowed.contains(topic) }
  }

  /// Whether a block with this bloom may have a log that matches.
  public func mayMatch(_ bloom: Bloom) -> Bool {
    guard addresses.isEmpty || addresses.contains(where: { bloom.mayContain($0) }) else { return false }
    return topics.allSatisfy { allowed in allowed.isEmpty || allowed.contains { bloom.mayContain($0) } }
  }
}

/// A log and where it stands.
public struct LocatedLog: Sendable, Equatable {
  public var log: Log
  public var blockNumber: UInt64
  public var blockHash: Bytes32
  /// Unix seconds.
  public var blockTimestamp: UInt64
  public var transactionHash: Bytes32
  public var transactionIndex: Int
  /// Among all logs of the block.
  public var logIndex: Int

  public init(
    log: Log, blockNumber: UInt64, blockHash: Bytes32, blockTimestamp: UInt64, transactionHash: Bytes32,
    transactionIndex: Int, logIndex: Int
  ) {
    self.log = log
    self.blockNumber = blockNumber
    self.blockHash = blockHash
    self.blockTimestamp = blockTimestamp
    self.transactionHash = transactionHash
    self.transactionIndex = transactionIndex
    self.logIndex = logIndex
  }
}

extension BlockStore {
  /// The logs of visible blocks in `range` that match, in order; `nil` where they are more than `limit`.
  ///
  /// Every block's bloom is looked at, and only blocks whose bloom may match are read.
  public func logs(
    matching filter: LogFilter, in range: ClosedRange<UInt64>, limit: Int
  ) throws(StorageError) -> [LocatedLog]? {
    var found: [LocatedLog] = []
    var number = range.lowerBound
    let last = min(range.upperBound, head)
    while number <= last {
      if let (_, _, bloom) = try header(number), filter.mayMatch(bloom), let block = try block(number) {
        found += block.logs(matching: filter)
        if found.count > limit { return nil }
      }
      number += 1
    }
    return found
  }
}

extension Block {
  /// The logs of the block that match, in order.
  public func logs(matching filter: LogFilter) -> [LocatedLog] {
    guard filter.mayMatch(bloom) else { return [] }
    var found: [LocatedLog] = []
    for (index, receipt) in receipts.enumerated() {
      for (position, log) in receipt.receipt.logs.enumerated() where filter.matches(log) {
        found.append(
          LocatedLog(
            log: log, blockNumber: number, blockHash: hash, blockTimestamp: header.timestamp,
            transactionHash: transactions[index].hash, transactionIndex: index,
            logIndex: receipt.firstLogIndex + position))
      }
    }
    return found
  }
}
