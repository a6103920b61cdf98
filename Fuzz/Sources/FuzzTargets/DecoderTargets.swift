import JSON
import Primitives
import Transactions

/// Decoders: what they accept they must write again, to the byte.
enum DecoderTargets {
  /// EIP-2718 envelopes of either layer; and the sender, where the signature has one.
  static func transaction(_ input: UnsafeRawBufferPointer) {
    guard let transaction = try? Transaction(envelope: Array(input)) else { return }
    promise(transaction.envelope == Array(input), "an envelope has one encoding")
    guard let recovered = try? RecoveredTransaction(transaction) else { return }
    promise(recovered.hash == transaction.hash, "the hash does not depend on the sender")
    guard let vm = try? VMTransaction(recovered) else { return }
    promise((try? VMTransaction(decoding: vm.encoded)) == vm, "the virtual machine reads what we write")
    if case .signed(let signed) = transaction, signed.kind == .typedData {
      promise(
        (try? vm.hash(chainID: signed.chainID ?? 0).hash) == recovered.hash,
        "typed data has one hash for clients and for the virtual machine")
    }
  }

  /// The encoding in which the virtual machine takes transactions.
  static func vmTransaction(_ input: UnsafeRawBufferPointer) {
    guard let transaction = try? VMTransaction(decoding: Array(input)) else { return }
    promise(transaction.encoded == Array(input), "a transaction has one encoding")
    if let request = try? L1Request(transaction) {
      promise(
        (try? Transaction(envelope: request.envelope)) == .request(request), "a request comes back from its envelope")
    }
  }

  static func header(_ input: UnsafeRawBufferPointer) {
    guard let header = try? BlockHeader(decoding: input) else { return }
    promise(header.encoded == Array(input), "a header has one encoding")
  }

  /// Every item of the input, and of the lists in it, written again.
  static func rlp(_ input: UnsafeRawBufferPointer) {
    var reader = RLPReader(Array(input))
    var written: [UInt8] = []
    while !reader.isAtEnd {
      guard let item = rewritten(&reader, depth: 0) else { return }
      written += item
    }
    promise(written == Array(input), "an item has one encoding")
  }

  private static func rewritten(_ reader: inout RLPReader, depth: Int) -> [UInt8]? {
    guard reader.isAtList else { return (try? reader.readBytes()).map { RLP.encode(Array($0)) } }
    // Deeper lists are left alone: this function nests, the decoder does not.
    guard depth < 64, var list = try? reader.readList() else { return nil }
    var items: [[UInt8]] = []
    while !list.isAtEnd {
      guard let item = rewritten(&list, depth: depth + 1) else { return nil }
      items.append(item)
    }
    return RLP.encodeList(items)
  }

  /// The first sixteen bytes choose what is read from the rest.
  static func abi(_ input: UnsafeRawBufferPointer) {
    _ = RevertReason(output: Array(input)).output
    guard input.count > 16 else { return }
    var reader = ABIReader(Array(input[16...]))
    for choice in input[..<16] {
      guard read(choice, &reader) else { return }
    }
  }

  private static func read(_ choice: UInt8, _ reader: inout ABIReader) -> Bool {
    do {
      switch choice % 13 {
      case 0: _ = try reader.readUInt256()
      case 1: _ = try reader.readUInt256(bits: 8 + 8 * Int(choice / 13))
      case 2: _ = try reader.read(UInt32.self)
      case 3: _ = try reader.readInt64()
      case 4: _ = try reader.readBool()
      case 5: _ = try reader.readAddress()
      case 6: _ = try reader.readFixedBytes(1 + Int(choice) % 32)
      case 7: _ = try reader.readBytes()
      case 8: _ = try reader.readString()
      case 9: reader = try reader.readTuple()
      case 10: reader = try reader.readArray().elements
      case 11: _ = try reader.readArray { (item) throws(ABIError) in try item.readUInt256() }
      default: _ = try reader.readArray { (item) throws(ABIError) in try item.readBytes() }
      }
      return true
    } catch {
      return false
    }
  }

  /// A document that is accepted is a document still when it is copied, and all its parts can be read.
  static func json(_ input: UnsafeRawBufferPointer) {
    guard let value = try? JSONValue(parsing: Array(input)) else { return }
    var writer = JSONWriter()
    writer.value(value)
    let text = writer.withUnsafeBytes { Array($0) }
    guard let copy = try? JSONValue(parsing: text) else {
      promise(false, "a copy can be parsed")
      return
    }
    promise(copy.kind == value.kind, "a copy is of the same kind")
    visit(value, depth: 0)
  }

  private static func visit(_ value: JSONValue, depth: Int) {
    _ = (value.string, value.unsignedInteger, value.integer, value.double, value.boolean)
    guard depth < 64 else { return }
    for element in value.elements ?? [] { visit(element, depth: depth + 1) }
    for (_, member) in value.members ?? [] { visit(member, depth: depth + 1) }
  }
}
