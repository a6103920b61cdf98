/// Writes the contract ABI encoding of a tuple: arguments of a call, fields of a struct, elements of an array.
///
/// Values are appended in the order of the signature. A static tuple or fixed array of static elements has no mark of its
/// own: append its members. The closures of ``appendTuple(_:)`` and ``appendArray(count:_:)`` write one level down:
///
///     // f(address to, bytes data, uint256[] amounts)
///     var call = ABIWriter(selector: 0x1234_5678)
///     call.append(to)
///     call.append(bytes: data)
///     call.appendArray(amounts) { $0.append($1) }
///     let calldata = call.encoded
///
/// Source: Solidity documentation, "Contract ABI Specification".
public struct ABIWriter: Sendable {
  private let selector: [UInt8]
  /// One word for each value, or several for a static composite; offsets of dynamic values are still zero.
  private var head: [UInt8] = []
  /// The dynamic values one after the other, each a multiple of 32 bytes.
  private var tail: [UInt8] = []
  /// Where in the head an offset belongs, and where in the tail its value begins.
  private var offsets: [(head: Int, tail: Int)] = []

  /// A tuple without a selector.
  public init() { selector = [] }

  /// The calldata of a function: the four bytes of `selector`, most significant first, stand before the arguments.
  public init(selector: UInt32) { self.selector = (0..<4).map { UInt8(truncatingIfNeeded: selector >> (24 - 8 * $0)) } }

  /// `uint256`; a narrower unsigned type has the same form.
  public mutating func append(_ number: UInt256) { append(Bytes32(number)) }

  /// `uint64`.
  public mutating func append(_ number: UInt64) { append(UInt256(number)) }

  /// `int64`; a wider signed type has the same form for the same number.
  public mutating func append(signed number: Int64) {
    let sign = UInt64(bitPattern: number >> 63)
    append(UInt256(l0: UInt64(bitPattern: number), l1: sign, l2: sign, l3: sign))
  }

  public mutating func append(_ flag: Bool) { append(UInt256(flag ? UInt64(1) : 0)) }

  public mutating func append(_ address: Address) { append(UInt256(address)) }

  /// `bytes32`.
  public mutating func append(_ word: Bytes32) { word.withUnsafeBytes { head += $0 } }

  /// `bytes1` to `bytes32`: the bytes, then zeros.
  public mutating func append(fixedBytes bytes: some Collection<UInt8>) {
    precondition(bytes.count <= 32, "bytesN has at most 32 bytes")
    head += bytes
    head += repeatElement(0, count: 32 - bytes.count)
  }

  /// `bytes`.
  public mutating func append(bytes: some Collection<UInt8>) {
    beginDynamic()
    appendToTail(bytes.count)
    tail += bytes
    tail += repeatElement(0, count: -bytes.count & 31)
  }

  /// `string`.
  public mutating func append(string: String) { append(bytes: string.utf8) }

  /// A tuple with a dynamic member, or a fixed array of dynamic elements.
  public mutating func appendTuple<E: Error>(_ body: (inout ABIWriter) throws(E) -> Void) throws(E) {
    beginDynamic()
    try appendInner(body)
  }

  /// `T[]`: `body` appends the elements, `count` of them.
  public mutating func appendArray<E: Error>(count: Int, _ body: (inout ABIWriter) throws(E) -> Void) throws(E) {
    beginDynamic()
    appendToTail(count)
    try appendInner(body)
  }

  /// `T[]`: `body` appends one element.
  public mutating func appendArray<T, E: Error>(
    _ elements: some Collection<T>, _ body: (inout ABIWriter, T) throws(E) -> Void
  ) throws(E) {
    try appendArray(count: elements.count) { (inner: inout ABIWriter) throws(E) in
      for element in elements { try body(&inner, element) }
    }
  }

  /// The selector, if any, and the encoding of what was appended.
  public var encoded: [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(selector.count + head.count + tail.count)
    output += selector
    output += head
    output += tail
    output.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      for offset in offsets {
        UInt256(head.count + offset.tail).store(bigEndian: start + selector.count + offset.head)
      }
    }
    return output
  }

  /// Reserves the offset of a value that begins where the tail ends now.
  private mutating func beginDynamic() {
    offsets.append((head.count, tail.count))
    append(UInt256.zero)
  }

  private mutating func appendToTail(_ number: Int) { Bytes32(UInt256(number)).withUnsafeBytes { tail += $0 } }

  private mutating func appendInner<E: Error>(_ body: (inout ABIWriter) throws(E) -> Void) throws(E) {
    var inner = ABIWriter()
    try body(&inner)
    tail += inner.encoded
  }
}
