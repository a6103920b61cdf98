/// Why bytes are no ABI encoding of the expected types.
public enum ABIError: Error, Equatable, Sendable {
  /// The bytes end before a value does; offsets and lengths that point beyond the end give the same.
  case truncated
  /// A number that exceeds the width of its type, with the width in bits. Flags have 1 bit, addresses 160.
  case outOfRange(bits: Int)
  /// A `bytesN` value with something behind its N bytes.
  case dirtyPadding
  /// A `string` that is no UTF-8.
  case invalidUTF8
}

/// Reads the contract ABI encoding of a tuple, value by value in the order of the signature.
///
/// Static members of a static tuple or fixed array are read one after the other; ``readTuple()`` and ``readArray()``
/// follow an offset and give a reader one level down. Values are checked against the width of their type. Offsets may
/// point anywhere within the tuple, as in Solidity, so the order of dynamic values, and the padding behind them, are not
/// checked.
///
/// No input makes a reader trap, and none makes it allocate more than the input is long: byte strings are slices of the
/// input. As several offsets may share a target, who copies slices, or opens arrays of arrays of unknown senders, should
/// count what they take.
public struct ABIReader: Sendable {
  /// From the first byte of the tuple to the end of the input.
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The calldata of a function: its selector, and a reader of the arguments behind it.
  public static func call(_ calldata: [UInt8]) throws(ABIError) -> (selector: UInt32, arguments: ABIReader) {
    guard calldata.count >= 4 else { throw .truncated }
    let selector = calldata[..<4].reduce(0) { $0 << 8 | UInt32($1) }
    return (selector, ABIReader(calldata[4...]))
  }

  /// `bytes32`.
  public mutating func readBytes32() throws(ABIError) -> Bytes32 {
    let word = try word(at: position)
    position += 32
    return word
  }

  /// `uint256`.
  public mutating func readUInt256() throws(ABIError) -> UInt256 { UInt256(try readBytes32()) }

  /// `uint8` to `uint256` by its number of bits.
  public mutating func readUInt256(bits: Int) throws(ABIError) -> UInt256 {
    let number = try readUInt256()
    guard number.bitWidth <= bits else { throw .outOfRange(bits: bits) }
    return number
  }

  /// An unsigned number of the width of `T`: `uint8`, `uint16`, `uint32`, `uint64`, `uint128`.
  public mutating func read<T: FixedWidthInteger & UnsignedInteger>(_: T.Type = T.self) throws(ABIError) -> T {
    guard let wide = UInt128(exactly: try readUInt256()), let number = T(exactly: wide) else {
      throw .outOfRange(bits: T.bitWidth)
    }
    return number
  }

  /// `int8` to `int256` by its number of bits, in two's complement of 256 bits.
  public mutating func readSigned(bits: Int) throws(ABIError) -> UInt256 {
    let number = try readUInt256()
    let magnitudeBits = (number.isNegative ? ~number : number).bitWidth
    guard magnitudeBits < bits else { throw .outOfRange(bits: bits) }
    return number
  }

  /// `int64`.
  public mutating func readInt64() throws(ABIError) -> Int64 { Int64(bitPattern: try readSigned(bits: 64).l0) }

  public mutating func readBool() throws(ABIError) -> Bool { try readUInt256(bits: 1) == .one }

  public mutating func readAddress() throws(ABIError) -> Address { Address(truncating: try readUInt256(bits: 160)) }

  /// `bytes1` to `bytes32` by its number of bytes.
  public mutating func readFixedBytes(_ count: Int) throws(ABIError) -> [UInt8] {
    let word = try readBytes32().bytes
    guard word.dropFirst(count).allSatisfy({ $0 == 0 }) else { throw .dirtyPadding }
    return Array(word.prefix(count))
  }

  /// `bytes`, as a slice of the input.
  public mutating func readBytes() throws(ABIError) -> ArraySlice<UInt8> {
    let start = try readOffset()
    let length = try count(at: start)
    let content = start + 32
    guard length <= bytes.endIndex - content else { throw .truncated }
    return bytes[content..<content + length]
  }

  /// `string`.
  public mutating func readString() throws(ABIError) -> String {
    guard let text = String(validating: try readBytes(), as: UTF8.self) else { throw .invalidUTF8 }
    return text
  }

  /// A tuple with a dynamic member, or a fixed array of dynamic elements.
  public mutating func readTuple() throws(ABIError) -> ABIReader { ABIReader(bytes[try readOffset()...]) }

  /// `T[]`: the number of elements, and a reader of them. There are never more than the rest of the input has words.
  public mutating func readArray() throws(ABIError) -> (count: Int, elements: ABIReader) {
    let start = try readOffset()
    let length = try count(at: start)
    let elements = bytes[(start + 32)...]
    guard length <= elements.count / 32 else { throw .truncated }
    return (length, ABIReader(elements))
  }

  /// `T[]`: `body` reads one element.
  public mutating func readArray<T>(_ body: (inout ABIReader) throws(ABIError) -> T) throws(ABIError) -> [T] {
    var (count, elements) = try readArray()
    var values: [T] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try body(&elements)) }
    return values
  }

  /// `start` lies within the tuple or at its end.
  private func word(at start: Int) throws(ABIError) -> Bytes32 {
    guard bytes.endIndex - start >= 32 else { throw .truncated }
    return bytes.withUnsafeBytes { Bytes32(loading: $0.baseAddress.unsafelyUnwrapped + (start - bytes.startIndex)) }
  }

  /// Reads an offset from the start of the tuple; the result lies within the tuple or at its end.
  private mutating func readOffset() throws(ABIError) -> Int {
    guard let offset = Int(exactly: try readUInt256()), offset <= bytes.count else { throw .truncated }
    return bytes.startIndex + offset
  }

  /// A length word.
  private func count(at start: Int) throws(ABIError) -> Int {
    guard let count = Int(exactly: UInt256(try word(at: start))) else { throw .truncated }
    return count
  }
}
