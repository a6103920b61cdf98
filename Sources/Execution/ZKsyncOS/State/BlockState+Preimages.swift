import EVM
import Primitives

// Preimages of account and code hashes. Source: zksync-os `flat_storage_model/preimage_cache.rs`.

/// What a published preimage is.
public enum PreimageKind: UInt8, Sendable {
  case bytecode = 0
  case accountProperties = 1
}

/// Bytes known by their BLAKE2s-256 hash.
struct Preimage {
  let hash: Bytes32
  let bytes: [UInt8]
  var kind: PreimageKind
  var isPublished = false
  /// The epoch that asked for it last.
  var asked: UInt32 = 0
}

extension BlockState {
  /// Finds or loads a preimage of `length` bytes; the result is its position.
  mutating func loadPreimage(
    _ wanted: Bytes32, length: Int, _ meter: inout Meter
  ) throws(Halt) -> Int {
    try meter.charge(native: NativeCost.preimageGet)
    if let position = findPreimage(wanted) {
      if preimages[position].asked != epoch {
        preimages[position].asked = epoch
        effort.preimageRepeated(bytes: preimages[position].bytes.count)
      }
      return position
    }
    let bytes = try fetchPreimage(wanted)
    effort.preimageLoaded(bytes: bytes.count)
    guard bytes.count == length else { throw fail(.corruptPreimage(wanted)) }
    try meter.charge(native: NativeCost.blake2s(length))
    return insertPreimage(Preimage(hash: wanted, bytes: bytes, kind: .bytecode, asked: epoch))
  }

  /// Asks the view for bytes that hash to `wanted`, whatever their length.
  mutating func fetchPreimage(_ wanted: Bytes32) throws(Halt) -> [UInt8] {
    let found: [UInt8]?
    do {
      found = try view.preimage(wanted)
    } catch {
      throw fail(.storage(error))
    }
    guard let found else { throw fail(.missingPreimage(wanted)) }
    accesses.append(.preimage(hash: wanted))
    return found
  }

  /// Adds bytes that the block produced and lists them for publication.
  mutating func recordPreimage(
    _ hash: Bytes32, _ bytes: [UInt8], kind: PreimageKind, _ meter: inout Meter
  ) throws(Halt) {
    try meter.charge(native: NativeCost.preimageSet)
    let position = findPreimage(hash) ?? insertPreimage(Preimage(hash: hash, bytes: bytes, kind: kind))
    guard !preimages[position].isPublished else { return }
    preimages[position].isPublished = true
    preimages[position].kind = kind
    publications.append(position)
  }

  func findPreimage(_ wanted: Bytes32) -> Int? {
    let base = preimages.base
    return preimageIndex.find(hash(UInt256(wanted))) { base[$0].hash == wanted }
  }

  private mutating func insertPreimage(_ preimage: consuming Preimage) -> Int {
    let position = preimages.count
    preimageIndex.insert(hash(UInt256(preimage.hash)), position: position)
    preimages.append(preimage)
    return position
  }
}
