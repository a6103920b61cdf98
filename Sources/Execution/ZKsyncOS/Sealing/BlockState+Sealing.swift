import Cryptography
import EVM
import Primitives
import Transactions

// The end of a block: account records, state diffs, pubdata.
// Source: zksync-os `flat_storage_model/mod.rs` (`finish`), `account_cache.rs` (`persist_changes`).

extension BlockState {
  /// Writes the hash of every changed account into its slot and records the preimages. Returns the changes.
  mutating func flushAccounts() throws(BlockError) -> [AccountDiff] {
    let changed = (0..<accounts.count).filter { accounts[$0].current != accounts[$0].initial }
      .sorted { AddressOrder.precedes(UInt256(accounts[$0].address), UInt256(accounts[$1].address)) }
    var diffs: [AccountDiff] = []
    diffs.reserveCapacity(changed.count)
    for position in changed {
      let account = accounts[position]
      diffs.append(AccountDiff(address: account.address, before: account.initial, after: account.current))
      let encoded = account.current.encode()
      let hash = Blake2s256.hash(encoded)
      do throws(Halt) {
        var meter = Meter(gas: .max, native: .max)
        try recordPreimage(hash, encoded, kind: .accountProperties, &meter)
        try writeSlot(
          UInt256(SystemAddress.accountProperties), account.address.propertiesKey, UInt256(hash), .system, &meter)
      } catch {
        throw fault ?? .invariant("the flush of an account failed")
      }
    }
    return diffs
  }

  /// Positions of all cells in the order of the system's maps.
  func orderedCells() -> [Int] {
    let base = cells.base
    return Array(0..<cells.count).sorted { Cell.precedes(base[$0], base[$1]) }
  }

  /// block hash ‖ count of changes ‖ changes ‖ count of logs ‖ logs ‖ count of messages ‖ messages.
  ///
  /// The key of *every* cell with a surviving update appears, a mere read included; only changed ones are counted and
  /// have a body.
  func pubdata(blockHash: Bytes32, order: [Int]) -> [UInt8] {
    let accountSpace = UInt256(SystemAddress.accountProperties)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(64 * order.count + 256)
    bytes.append(blockHash)
    bytes.append(bigEndian: UInt32(order.count { cells[$0].current != cells[$0].initial }))
    for position in order where cells[position].hasUpdates {
      bytes.append(cells[position].flatKey)
      guard cells[position].current != cells[position].initial else { continue }
      if cells[position].address == accountSpace,
        let owner = findAccount(Address(truncating: cells[position].key))
      {
        let account = accounts[owner]
        PubdataCompression.appendAccount(
          from: account.initial, to: account.current, isCodePrivate: account.keepsCodePrivate, version,
          code: { findPreimage(account.current.bytecodeHash).map { preimages[$0].bytes } ?? [] }, into: &bytes)
      } else {
        PubdataCompression.append(from: cells[position].initial, to: cells[position].current, into: &bytes)
      }
    }
    bytes.append(bigEndian: UInt32(messages.count))
    for log in messages { bytes.append(contentsOf: log.encoded) }
    let texts = messages.compactMap(\.message)
    bytes.append(bigEndian: UInt32(texts.count))
    for text in texts {
      bytes.append(bigEndian: UInt32(text.count))
      bytes.append(contentsOf: text)
    }
    return bytes
  }

  func storageWrites(order: [Int]) -> [StorageWrite] {
    order.filter { cells[$0].current != cells[$0].initial }.map { position in
      StorageWrite(
        flatKey: cells[position].flatKey, value: Bytes32(cells[position].current), isInsertion: cells[position].isNew,
        address: Address(truncating: cells[position].address), key: Bytes32(cells[position].key))
    }
  }

  func touchedSlots(order: [Int]) -> [TouchedSlot] {
    order.map { position in
      TouchedSlot(
        flatKey: cells[position].flatKey, initial: Bytes32(cells[position].initial),
        current: Bytes32(cells[position].current), isNew: cells[position].isNew)
    }
  }

  func publishedPreimages() -> [PublishedPreimage] {
    publications.map { position in
      PublishedPreimage(
        hash: preimages[position].hash, bytes: preimages[position].bytes, kind: preimages[position].kind)
    }.sorted { $0.hash < $1.hash }
  }
}
