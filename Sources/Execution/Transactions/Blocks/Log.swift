import Primitives

/// An event that a contract emitted.
public struct Log: Sendable, Equatable {
  public var address: Address
  /// None to four.
  public var topics: [Bytes32]
  public var data: [UInt8]

  public init(address: Address, topics: [Bytes32], data: [UInt8]) {
    self.address = address
    self.topics = topics
    self.data = data
  }

  /// The RLP list [address, [topic, …], data].
  public var encoded: [UInt8] {
    var writer = RLPWriter()
    write(to: &writer)
    return writer.encoded
  }

  /// Appends the RLP list [address, [topic, …], data].
  func write(to writer: inout RLPWriter) {
    writer.appendList {
      $0.append(address)
      $0.appendList { for topic in topics { $0.append(topic) } }
      $0.append(bytes: data)
    }
  }

  /// Reads the items of the list that ``encoded`` wrote.
  public init(reading list: RLPReader) throws(RLPError) {
    var fields = list
    address = try fields.readAddress()
    var items = try fields.readList()
    topics = []
    while !items.isAtEnd { topics.append(try items.readBytes32()) }
    guard topics.count <= 4 else { throw .badLength }
    data = Array(try fields.readBytes())
    try fields.finish()
  }
}
