import Primitives

/// Accounts and storage slots that a transaction declares in advance (EIP-2930).
public struct AccessList: Sendable, Equatable {
  public struct Item: Sendable, Equatable {
    public var address: Address
    public var storageKeys: [Bytes32]

    public init(address: Address, storageKeys: [Bytes32]) {
      self.address = address
      self.storageKeys = storageKeys
    }
  }

  public var items: [Item]

  public init(_ items: [Item] = []) { self.items = items }

  public var isEmpty: Bool { items.isEmpty }

  /// Slots over all items, repetitions included.
  public var storageKeyCount: Int { items.reduce(0) { $0 + $1.storageKeys.count } }

  /// Appends the RLP list [[address, [key, …]], …].
  func write(to writer: inout RLPWriter) {
    writer.appendList {
      for item in items {
        $0.appendList {
          $0.append(item.address)
          $0.appendList { for key in item.storageKeys { $0.append(key) } }
        }
      }
    }
  }

  init(reading list: RLPReader) throws(RLPError) {
    var list = list
    items = []
    while !list.isAtEnd {
      var fields = try list.readList()
      let address = try fields.readAddress()
      var keys = try fields.readList()
      try fields.finish()
      var storageKeys: [Bytes32] = []
      while !keys.isAtEnd { storageKeys.append(try keys.readBytes32()) }
      items.append(Item(address: address, storageKeys: storageKeys))
    }
  }
}
