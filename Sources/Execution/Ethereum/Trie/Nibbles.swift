import Primitives

/// Keys as sequences of half bytes, one an element.
enum Nibbles {
  static func split(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var nibbles: [UInt8] = []
    nibbles.reserveCapacity(2 * bytes.count)
    for byte in bytes {
      nibbles.append(byte >> 4)
      nibbles.append(byte & 15)
    }
    return nibbles
  }

  static func split(_ hash: Bytes32) -> [UInt8] { hash.withUnsafeBytes { split($0) } }

  /// Hex-prefix encoding: the parity and the kind of node in the first nibble, then the path.
  static func compact(_ path: ArraySlice<UInt8>, isLeaf: Bool) -> [UInt8] {
    let flag: UInt8 = isLeaf ? 2 : 0
    var rest = path
    var bytes: [UInt8] = []
    bytes.reserveCapacity(path.count / 2 + 1)
    if path.count.isMultiple(of: 2) {
      bytes.append(flag << 4)
    } else {
      bytes.append((flag | 1) << 4 | rest.removeFirst())
    }
    while let high = rest.popFirst(), let low = rest.popFirst() { bytes.append(high << 4 | low) }
    return bytes
  }

  /// How many nibbles two paths share at their beginnings.
  static func shared(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
    var count = 0
    for (x, y) in zip(a, b) {
      if x != y { break }
      count += 1
    }
    return count
  }
}
