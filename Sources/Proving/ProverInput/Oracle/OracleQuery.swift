import Primitives

/// What a guest may ask. Source: zksync-os `zk_ee/src/system_io_oracle/mod.rs`.
public enum QueryKind: UInt32, Sendable {
  /// Byte length of the next transaction; 0 when there is none.
  case transactionSize = 0
  /// The bytes of the transaction whose size was asked last.
  case transactionContent = 1
  /// The state before the block.
  case initialState = 2
  /// The block's metadata.
  case metadata = 3
  /// The value of a slot before the block.
  case slot = 4
  /// The bytes behind a hash.
  case preimage = 5
  /// The end of the conversation.
  case disconnect = 6
  /// A leaf of the state tree with its path.
  case proof = 7
  /// The position of the greatest key below an absent one.
  case previousIndex = 8
  /// The position of a key.
  case exactIndex = 9
  /// Text for a person.
  case text = 0xFFFF_FFFF
}

/// One question with its parameters, as the guest wrote them.
public struct OracleQuery: Hashable, Sendable {
  public let kind: QueryKind
  public let parameters: [UInt32]

  public init(_ kind: QueryKind, _ parameters: [UInt32] = []) {
    self.kind = kind
    self.parameters = parameters
  }

  /// A number of two words; `nil` for any other count of parameters.
  var number: UInt64? { parameters.count == 2 ? Self.number(parameters[...]) : nil }

  /// Thirty-two bytes; `nil` for any other count of parameters.
  var bytes32: Bytes32? { parameters.count == 8 ? Self.bytes32(parameters[...]) : nil }

  /// A slot: the owner, then the key; `nil` for any other count of parameters.
  var slot: (address: Address, key: Bytes32)? {
    guard parameters.count == 14 else { return nil }
    let address = UInt256(
      l0: Self.number(parameters[0..<2]), l1: Self.number(parameters[2..<4]), l2: Self.number(parameters[4..<6]), l3: 0)
    return (Address(truncating: address), Self.bytes32(parameters[6...]))
  }

  private static func number(_ words: ArraySlice<UInt32>) -> UInt64 {
    UInt64(words[words.startIndex]) | UInt64(words[words.startIndex + 1]) << 32
  }

  private static func bytes32(_ words: ArraySlice<UInt32>) -> Bytes32 {
    let start = words.startIndex
    return Bytes32(
      w0: number(words[start..<start + 2]).littleEndian, w1: number(words[start + 2..<start + 4]).littleEndian,
      w2: number(words[start + 4..<start + 6]).littleEndian, w3: number(words[start + 6..<start + 8]).littleEndian)
  }
}

extension OracleQuery: CustomStringConvertible {
  public var description: String {
    switch kind {
    case .transactionSize: "transaction size"
    case .transactionContent: "transaction content"
    case .initialState: "initial state"
    case .metadata: "block metadata"
    case .slot: slot.map { "slot \($0.key) of \($0.address)" } ?? "slot, malformed"
    case .preimage: bytes32.map { "preimage of \($0)" } ?? "preimage, malformed"
    case .disconnect: "disconnect"
    case .proof: number.map { "proof of leaf \($0)" } ?? "proof, malformed"
    case .previousIndex: bytes32.map { "index before \($0)" } ?? "previous index, malformed"
    case .exactIndex: bytes32.map { "index of \($0)" } ?? "exact index, malformed"
    case .text: "text"
    }
  }
}
