import Primitives

// Access lists in the form that the virtual machine expects in the last dynamic field: the ABI encoding of a
// `tuple(address, bytes32[])[][]` whose outer array has one element.
//
// Source: zksync-os `basic_bootloader/src/bootloader/transaction/access_list_parser.rs`.

extension AccessList {
  /// The form for the virtual machine; no bytes for an empty list.
  public var encodedForVM: [UInt8] {
    if isEmpty { return [] }
    var writer = ABIWriter()
    writer.appendArray(count: 1) {
      $0.appendArray(items) { writer, item in
        writer.appendTuple {
          $0.append(item.address)
          $0.appendArray(item.storageKeys) { $0.append($1) }
        }
      }
    }
    return writer.encoded
  }

  /// Reads what ``encodedForVM`` wrote. As the virtual machine, it follows offsets wherever they lead, and ignores the
  /// twelve bytes before an address.
  public init(encodedForVM bytes: [UInt8]) throws(VMTransactionError) {
    let (list, isWhole) = Self.readable(inVM: bytes)
    guard isWhole else { throw .malformedAccessList }
    self = list
  }

  /// What can be read of ``encodedForVM`` before it makes no sense any more, and whether that is all of it. The virtual
  /// machine warms and charges while it reads.
  public static func readable(inVM bytes: [UInt8]) -> (list: AccessList, isWhole: Bool) {
    var list = AccessList()
    if bytes.isEmpty { return (list, true) }
    do throws(ABIError) {
      var reader = ABIReader(bytes)
      var outer = try reader.readArray()
      guard outer.count == 1 else { throw .truncated }
      var inner = try outer.elements.readArray()
      // Items may share their keys. More than the bytes can hold once are refused, so that memory stays within bounds.
      var room = bytes.count / 32
      for _ in 0..<inner.count {
        var fields = try inner.elements.readTuple()
        let address = Address(truncating: try fields.readBytes32())
        var keys = try fields.readArray()
        list.items.append(Item(address: address, storageKeys: []))
        for _ in 0..<keys.count {
          guard room > 0 else { throw .truncated }
          room -= 1
          list.items[list.items.count - 1].storageKeys.append(try keys.elements.readBytes32())
        }
      }
      return (list, true)
    } catch {
      return (list, false)
    }
  }
}

extension VMTransaction {
  /// The declared accounts and slots; of an L1 transaction they are never looked at.
  public var accessList: AccessList {
    get throws(VMTransactionError) { try AccessList(encodedForVM: reservedDynamic) }
  }
}
