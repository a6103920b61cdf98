import Cryptography
import Primitives
import StateTree
import ZKsyncOS

/// A state held in dictionaries, with a slow tree beside it: every leaf in order of insertion.
struct ReferenceState: StateView {
  var slots: [Bytes32: Bytes32] = [:]
  var preimages: [Bytes32: [UInt8]] = [:]
  /// Leaves in order of index; two guards first.
  var keys: [Bytes32] = [.zero, Bytes32(UInt256.max)]
  /// Thrown by every read, if set.
  var failure: StateReadError?

  func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32? {
    if let failure { throw failure }
    return slots[flatKey]
  }

  func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? {
    if let failure { throw failure }
    return preimages[hash]
  }

  mutating func set(_ flatKey: Bytes32, _ value: Bytes32) {
    if slots.updateValue(value, forKey: flatKey) == nil { keys.append(flatKey) }
  }

  mutating func setSlot(_ address: Address, _ key: UInt64, _ value: UInt64) {
    set(FlatKey.of(address, Bytes32(UInt256(key))), Bytes32(UInt256(value)))
  }

  mutating func setAccount(_ address: Address, _ properties: AccountProperties) {
    preimages[properties.hash()] = properties.encode()
    set(FlatKey.ofAccount(address), properties.hash())
  }

  /// Gives an account code in the form that the version stores.
  mutating func setCode(
    _ address: Address, _ code: [UInt8], nonce: UInt64 = 1, balance: UInt256 = 0, _ version: ProtocolVersion
  ) {
    var stored = code
    var artifacts: UInt32 = 0
    if version.storesJumpBitmap {
      stored += [UInt8](repeating: 0, count: (8 - code.count % 8) % 8)
      var bitmap = [UInt8](repeating: 0, count: (code.count + 63) / 64 * 8)
      var index = 0
      while index < code.count {
        if code[index] == 0x5b { bitmap[index / 8] |= 1 << UInt8(index % 8) }
        if (0x60...0x7f).contains(code[index]) { index += Int(code[index]) - 0x5f }
        index += 1
      }
      stored += bitmap
      artifacts = UInt32(bitmap.count)
    }
    preimages[Blake2s256.hash(stored)] = stored
    setAccount(
      address,
      AccountProperties(
        versioning: AccountProperties.deployedEVM, nonce: nonce, balance: balance,
        bytecodeHash: Blake2s256.hash(stored), codeLength: UInt32(code.count), artifactsLength: artifacts,
        observableBytecodeHash: Keccak256.hash(code), observableCodeLength: UInt32(code.count)))
  }

  func account(_ address: Address) -> AccountProperties {
    guard let hash = slots[FlatKey.ofAccount(address)], hash != .zero, let bytes = preimages[hash],
      let properties = AccountProperties(encoded: bytes)
    else { return .empty }
    return properties
  }

  /// The state after a block.
  mutating func apply(_ output: BlockOutput) {
    for write in output.storageWrites { set(write.flatKey, write.value) }
    for preimage in output.publishedPreimages { preimages[preimage.hash] = preimage.bytes }
  }

  // MARK: The tree

  var leafCount: UInt64 { UInt64(keys.count) }

  /// The root over 64 levels, recomputed from nothing.
  var root: Bytes32 {
    let order = keys.indices.sorted { keys[$0] < keys[$1] }
    var next = [UInt64](repeating: 1, count: keys.count)
    for (here, there) in zip(order, order.dropFirst()) { next[here] = UInt64(there) }
    func leaf(_ key: Bytes32, _ value: Bytes32, _ next: UInt64) -> Bytes32 {
      Blake2s256.hash(key.bytes + value.bytes + (0..<8).map { UInt8(truncatingIfNeeded: next >> (8 * $0)) })
    }
    var level = keys.indices.map { leaf(keys[$0], slots[keys[$0]] ?? .zero, next[$0]) }
    var empty = leaf(.zero, .zero, 0)
    for _ in 0..<64 {
      level = stride(from: 0, to: level.count, by: 2).map {
        Blake2s256.hash(level[$0], $0 + 1 < level.count ? level[$0 + 1] : empty)
      }
      empty = Blake2s256.hash(empty, empty)
    }
    return level[0]
  }

  var commitment: Bytes32 { StateCommitment(root: root, leafCount: leafCount).hash }
}

extension Address {
  /// The address of twenty equal bytes.
  static func filled(_ byte: UInt8) -> Address { Address([UInt8](repeating: byte, count: 20)) ?? .zero }
}

extension Bytes32 {
  /// From eight words as the proving image leaves them in its registers, each little-endian.
  init(registers: String) {
    let bytes = registers.split(separator: " ").flatMap { word in
      (UInt32(word, radix: 16) ?? 0).littleEndianBytes
    }
    self = Bytes32(bytes) ?? .zero
  }
}

extension UInt32 {
  var littleEndianBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * UInt32($0))) } }
}
