import Primitives
import RocksDB
import ZKsyncOS

/// Which chain it is: what must not change as long as its blocks are to be executed again.
public struct ChainIdentity: Sendable, Equatable {
  public var chainID: UInt64
  /// What the chain's first block runs under.
  public var protocolVersion: ProtocolVersion
  public var genesisHash: Bytes32

  public init(chainID: UInt64, protocolVersion: ProtocolVersion, genesisHash: Bytes32) {
    self.chainID = chainID
    self.protocolVersion = protocolVersion
    self.genesisHash = genesisHash
  }
}

extension ChainIdentity {
  /// What this chain has and `other` has not, in words.
  func differences(from other: ChainIdentity) -> String {
    var parts: [String] = []
    if chainID != other.chainID { parts.append("chain \(chainID)") }
    if protocolVersion != other.protocolVersion { parts.append("protocol \(protocolVersion.name)") }
    if genesisHash != other.genesisHash { parts.append("genesis \(genesisHash)") }
    return parts.joined(separator: ", ")
  }
}

extension ChainIdentity {
  private static let key = Array("identity".utf8)

  /// Refuses stores of another chain, and notes in `meta` whose they are where they do not say so yet: those that an
  /// earlier version made, of which the first block tells.
  func claim(_ meta: Column, _ log: ReplayLog, directory: String) throws(StorageError) {
    let noted = try Self.read(meta)
    var known = noted
    if known == nil, let first = try log.record(1) { known = Self(first.context, genesisHash: genesisHash) }
    if let known, known != self { throw .otherChain(directory: directory, stored: known, configured: self) }
    if noted == nil { try stored { () throws(RocksDBError) in try meta.put(Self.key, encoded, sync: true) } }
  }

  private init(_ first: BlockContext, genesisHash: Bytes32) {
    self.init(chainID: first.chainID, protocolVersion: first.protocolVersion, genesisHash: genesisHash)
  }

  /// The chain id in eight bytes, big-endian, the protocol version in one, the hash of block 0.
  private var encoded: [UInt8] {
    [storedFormat] + withUnsafeBytes(of: chainID.bigEndian, Array.init) + [protocolVersion.rawValue] + genesisHash.bytes
  }

  private static func read(_ meta: Column) throws(StorageError) -> ChainIdentity? {
    guard let value = try stored({ () throws(RocksDBError) in try meta.value(key) }) else { return nil }
    var reader = ByteReader(try payload(value, store: BlockStore.name, key: "identity"))
    guard let chainID: UInt64 = reader.bigEndian(), let rawVersion: UInt8 = reader.bigEndian(),
      let version = ProtocolVersion(rawValue: rawVersion), let genesisHash = reader.bytes32(), reader.remaining == 0
    else { throw .corrupt(store: BlockStore.name, key: "identity") }
    return ChainIdentity(chainID: chainID, protocolVersion: version, genesisHash: genesisHash)
  }
}
