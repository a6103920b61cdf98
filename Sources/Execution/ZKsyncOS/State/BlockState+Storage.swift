import EVM
import Primitives

// Storage slots. Source: zksync-os `flat_storage_model/storage_cache.rs` and `system_implementation/system/mod.rs`.

/// Whose prices an access pays. Work of the bootloader itself costs native only.
enum Tariff {
  case system, evm
}

extension BlockState {
  /// Reads a slot for an EVM frame or for the system.
  mutating func readSlot(
    _ address: UInt256, _ key: UInt256, _ tariff: Tariff, _ meter: inout Meter
  ) throws(Halt) -> UInt256 {
    let (position, _) = try loadSlot(
      address, key, tariff, baseErgs: tariff == .evm ? ErgsCost.warmStorageRead : 0, &meter)
    return cells[position].current
  }

  /// Reads a slot for the system; the position of its cell.
  mutating func readCell(_ address: UInt256, _ key: UInt256, _ meter: inout Meter) throws(Halt) -> Int {
    try loadSlot(address, key, .system, baseErgs: 0, &meter).position
  }

  /// Warms a slot named by an access list, at the list's price.
  mutating func warmSlotFromAccessList(
    _ address: UInt256, _ key: UInt256, _ meter: inout Meter
  ) throws(Halt) {
    _ = try loadSlot(address, key, .system, baseErgs: ErgsCost.accessListSlot, &meter)
  }

  /// Writes a slot.
  mutating func writeSlot(
    _ address: UInt256, _ key: UInt256, _ value: UInt256, _ tariff: Tariff, _ meter: inout Meter
  ) throws(Halt) {
    let (position, wasWarm) = try loadSlot(
      address, key, tariff, baseErgs: tariff == .evm ? ErgsCost.warmStorageRead : 0, &meter)
    let current = cells[position].current
    if cells[position].startEpoch != epoch {
      cells[position].startEpoch = epoch
      cells[position].valueAtStart = current
    }
    var ergs: UInt64 = 0
    if tariff == .evm {
      if value != current && current == cells[position].valueAtStart {
        ergs = current.isZero ? ErgsCost.storageSet : ErgsCost.storageReset
      }
      if !wasWarm { ergs += ErgsCost.coldStorageWriteExtra }
    }
    let native = cells[position].isUnset ? NativeCost.newStorageWrite : NativeCost.existingStorageWrite
    try meter.charge(ergs: ergs, native: native)
    effort.slotWritten(native: native)
    saveCell(position)
    cells[position].current = value
    cells[position].isUnset = false
    cells[position].hasUpdates = true
  }

  /// Finds or loads a cell, charges for it, and warms it. The second result tells whether it was warm before.
  private mutating func loadSlot(
    _ address: UInt256, _ key: UInt256, _ tariff: Tariff, baseErgs: UInt64, _ meter: inout Meter
  ) throws(Halt) -> (position: Int, wasWarm: Bool) {
    try meter.charge(ergs: baseErgs, native: NativeCost.storageRead)
    effort.accessed(native: NativeCost.storageRead)
    let coldErgs = tariff == .evm ? ErgsCost.coldStorageReadExtra : 0
    let hashed = hash(address, key)
    let position: Int
    if let found = findCell(hashed, address, key) {
      if cells[found].touched == epoch { return (found, true) }
      try meter.charge(ergs: coldErgs, native: NativeCost.coldExistingStorageRead)
      effort.coldAccessed(native: NativeCost.coldExistingStorageRead)
      effort.slotRepeated(isNew: cells[found].isNew)
      position = found
    } else {
      position = try loadCell(hashed, address, key, coldErgs: coldErgs, &meter)
    }
    // The warming is a change like any other, so that a revert makes the cell cold again.
    saveCell(position)
    cells[position].touched = epoch
    cells[position].hasUpdates = true
    return (position, false)
  }

  @inline(__always)
  func findCell(_ hashed: UInt32, _ address: UInt256, _ key: UInt256) -> Int? {
    let base = cells.base
    return cellIndex.find(hashed) { base[$0].key == key && base[$0].address == address }
  }

  /// Asks the view for a cell. If the charge for that fails the cell is not kept: the next access asks again.
  @inline(never)
  private mutating func loadCell(
    _ hashed: UInt32, _ address: UInt256, _ key: UInt256, coldErgs: UInt64, _ meter: inout Meter
  ) throws(Halt) -> Int {
    try checkCancellation()
    let flatKey = FlatKey.of(address, key)
    let value: Bytes32?
    do {
      value = try view.slot(flatKey, of: address)
    } catch {
      throw fail(.storage(error))
    }
    accesses.append(.slot(flatKey: flatKey, value: value ?? .zero, isNew: value == nil))
    effort.slotLoaded(isNew: value == nil)
    let native = value == nil ? NativeCost.coldNewStorageRead : NativeCost.coldExistingStorageRead
    try meter.charge(ergs: coldErgs, native: native)
    effort.coldAccessed(native: native)
    let position = cells.count
    cells.append(
      Cell(
        address: address, key: key, flatKey: flatKey, initial: value.map { UInt256($0) } ?? .zero,
        isNew: value == nil))
    cellIndex.insert(hashed, position: position)
    return position
  }

  // MARK: Transient storage

  /// TLOAD; the machine has charged it.
  mutating func readTransient(_ address: UInt256, _ key: UInt256) -> UInt256 {
    effort.transientAccesses &+= 1
    effort.excludedNative &+= ZKsyncNative.transientAccess
    return findTransient(address, key).map { transients[$0].value } ?? .zero
  }

  /// TSTORE; the machine has charged it.
  mutating func writeTransient(_ address: UInt256, _ key: UInt256, _ value: UInt256) {
    effort.transientAccesses &+= 1
    effort.excludedNative &+= ZKsyncNative.transientAccess
    let position: Int
    if let found = findTransient(address, key) {
      position = found
    } else {
      position = transients.count
      transients.append(TransientCell(address: address, key: key, value: .zero))
      transientIndex.insert(hash(address, key), position: position)
    }
    transientUndo.append(TransientUndo(position: position, value: transients[position].value))
    transients[position].value = value
  }

  private func findTransient(_ address: UInt256, _ key: UInt256) -> Int? {
    let base = transients.base
    return transientIndex.find(hash(address, key)) { base[$0].key == key && base[$0].address == address }
  }
}
