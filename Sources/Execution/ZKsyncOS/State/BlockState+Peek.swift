import Primitives

// Reads that leave no trace: no charge, no warming, no record. For tracers; a failing view reads as empty.

extension BlockState {
  func peekAccount(_ address: Address) -> AccountProperties {
    if let position = findAccount(address) { return accounts[position].current }
    guard let hash = try? view.slot(FlatKey.ofAccount(address)), hash != .zero,
      let properties = AccountProperties(encoded: peekPreimage(hash))
    else { return .empty }
    return properties
  }

  func peekPreimage(_ hash: Bytes32) -> [UInt8] {
    if let position = findPreimage(hash) { return preimages[position].bytes }
    return (try? view.preimage(hash)) ?? []
  }

  func peekCode(_ address: Address) -> [UInt8] {
    let properties = peekAccount(address)
    guard properties.codeLength > 0 else { return [] }
    return Array(peekPreimage(properties.bytecodeHash).prefix(Int(properties.codeLength)))
  }

  func peekSlot(_ address: UInt256, _ key: UInt256) -> UInt256 {
    if let position = findCell(hash(address, key), address, key) { return cells[position].current }
    return (try? view.slot(FlatKey.of(address, key), of: address)).flatMap { $0 }.map { UInt256($0) } ?? .zero
  }
}
