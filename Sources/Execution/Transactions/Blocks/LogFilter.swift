import Primitives

/// Which logs somebody asks for: those of any of the addresses, with any of the topics in each place.
///
/// Source: execution-apis, `Filter`.
public struct LogFilter: Sendable, Hashable {
  /// None for every address.
  public var addresses: [Address]
  /// For each place the topics that may stand there; none for any. Logs with fewer topics do not match.
  public var topics: [[Bytes32]]

  public init(addresses: [Address] = [], topics: [[Bytes32]] = []) {
    self.addresses = addresses
    self.topics = topics
  }

  /// Whether it names an address or a topic.
  public var isSelective: Bool { !addresses.isEmpty || topics.contains { !$0.isEmpty } }

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
