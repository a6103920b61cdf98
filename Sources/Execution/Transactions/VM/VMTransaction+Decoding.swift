import Primitives

/// Why bytes are no transaction of the virtual machine. The virtual machine itself knows one reason for all of these,
/// `InvalidEncoding`; the cases tell a person which rule was broken.
public enum VMTransactionError: Error, Equatable, Sendable {
  /// The bytes end before the encoding does.
  case truncated
  /// A word whose value exceeds the field's width.
  case tooWide(word: Int)
  /// A dynamic field that does not begin where the one before it ends.
  case badOffset(word: Int)
  /// Padding that is not zero.
  case dirtyPadding
  /// Bytes after the last field.
  case trailingBytes
  /// A type that the virtual machine does not know.
  case unknownType(UInt8)
  /// A field with a value that the type does not allow.
  case forbiddenField(String)
  /// The last dynamic field is no access list.
  case malformedAccessList
}

extension VMTransaction {
  /// Decodes and checks the structural rules of the virtual machine, in its order.
  ///
  /// Source: zksync-os `basic_bootloader/src/bootloader/transaction/mod.rs`.
  public init(decoding bytes: [UInt8]) throws(VMTransactionError) {
    var reader = WordReader(bytes: bytes)
    self.init(
      type: try reader.readNarrow(), from: try reader.readAddress(), to: try reader.readAddress(),
      gasLimit: try reader.readNarrow(), gasPerPubdataLimit: try reader.readNarrow(),
      maxFeePerGas: try reader.readNarrow(), maxPriorityFeePerGas: try reader.readNarrow(),
      paymaster: try reader.readAddress(), nonce: try reader.readWord(), value: try reader.readWord(),
      reserved: [
        try reader.readWord(), try reader.readWord(), try reader.readWord(), try reader.readWord(),
      ])
    var offsets: [UInt32] = []
    for _ in 0..<5 { offsets.append(try reader.readNarrow()) }
    func expectTail(_ index: Int) throws(VMTransactionError) {
      guard Int(offsets[index]) == reader.position else { throw .badOffset(word: 14 + index) }
    }
    try expectTail(0)
    data = try reader.readBytes()
    try expectTail(1)
    signature = try reader.readBytes()
    try expectTail(2)
    let count: UInt32 = try reader.readNarrow()
    for _ in 0..<count { factoryDeps.append(Bytes32(try reader.readWord())) }
    try expectTail(3)
    paymasterInput = try reader.readBytes()
    try expectTail(4)
    reservedDynamic = try reader.readBytes()
    guard reader.position == bytes.count else { throw .trailingBytes }
    try checkStructure()
  }

  private func checkStructure() throws(VMTransactionError) {
    guard type <= 0x02 || type == 0x71 || isL1 else { throw .unknownType(type) }
    let isEthereum = type <= 0x02
    if type <= 0x01, maxFeePerGas != maxPriorityFeePerGas { throw .forbiddenField("max_priority_fee_per_gas") }
    if type != 0x71, !paymaster.isZero { throw .forbiddenField("paymaster") }
    if type == 0x01 || type == 0x02 || type == 0x71, !reserved[0].isZero { throw .forbiddenField("reserved[0]") }
    if type == 0x71, !reserved[1].isZero { throw .forbiddenField("reserved[1]") }
    if isEthereum, !reserved[1].isZero, !to.isZero { throw .forbiddenField("to") }
    if !reserved[2].isZero { throw .forbiddenField("reserved[2]") }
    if !reserved[3].isZero { throw .forbiddenField("reserved[3]") }
    if signature.count != (isL1 ? 0 : 65) { throw .forbiddenField("signature") }
    if type != 0x71, !paymasterInput.isEmpty { throw .forbiddenField("paymaster_input") }
    if isEthereum, !factoryDeps.isEmpty { throw .forbiddenField("factory_deps") }
  }
}

/// Takes 32-byte words off the front of an encoding.
private struct WordReader {
  let bytes: [UInt8]
  var position = 0

  mutating func readWord() throws(VMTransactionError) -> UInt256 {
    guard bytes.count - position >= 32 else { throw .truncated }
    let word = bytes.withUnsafeBytes { UInt256(bigEndian: $0.baseAddress.unsafelyUnwrapped + position) }
    position += 32
    return word
  }

  mutating func readNarrow<T: FixedWidthInteger>() throws(VMTransactionError) -> T {
    let index = position / 32
    guard let wide = UInt128(exactly: try readWord()), let narrow = T(exactly: wide) else {
      throw .tooWide(word: index)
    }
    return narrow
  }

  mutating func readAddress() throws(VMTransactionError) -> Address {
    let index = position / 32
    let word = try readWord()
    guard word.bitWidth <= 160 else { throw .tooWide(word: index) }
    return Address(truncating: word)
  }

  mutating func readBytes() throws(VMTransactionError) -> [UInt8] {
    let count32: UInt32 = try readNarrow()
    let count = Int(count32)
    guard bytes.count - position >= VMTransaction.padded(count) else { throw .truncated }
    let content = bytes[position..<position + count]
    let padding = bytes[position + count..<position + VMTransaction.padded(count)]
    guard padding.allSatisfy({ $0 == 0 }) else { throw .dirtyPadding }
    position += VMTransaction.padded(count)
    return Array(content)
  }
}
