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
    RLP.encodeList([
      RLP.encode(address), RLP.encodeList(topics.map { RLP.encode($0) }), RLP.encode(data),
    ])
  }

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
