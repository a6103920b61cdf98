/// Sorting by 64-bit numbers, least significant digit first: linear, stable, and without comparisons to mispredict.
struct RadixSort {
  struct Item {
    var key: UInt64
    /// Carried along.
    var payload: Int
  }

  private static let bits = 11
  private var other: [Item] = []
  private var counts = [Int](repeating: 0, count: 1 << bits)

  mutating func sort(_ items: inout [Item]) {
    guard items.count > 1 else { return }
    if items.count < 64 {
      items.sort { ($0.key, $0.payload) < ($1.key, $1.payload) }
      return
    }
    if other.count < items.count { other = [Item](repeating: Item(key: 0, payload: 0), count: items.count) }
    var (all, any) = (UInt64.max, UInt64(0))
    for item in items {
      all &= item.key
      any |= item.key
    }
    let count = items.count
    var isInOther = false
    items.withUnsafeMutableBufferPointer { items in
      other.withUnsafeMutableBufferPointer { other in
        counts.withUnsafeMutableBufferPointer { counts in
          var shift: UInt64 = 0
          while shift < 64 {
            let mask = UInt64(1 << Self.bits - 1)
            // A digit that all keys share needs no pass.
            if ((all ^ any) &>> shift) & mask != 0 {
              let (source, target) = isInOther ? (other, items) : (items, other)
              counts.update(repeating: 0)
              for index in 0..<count { counts[Int((source[index].key &>> shift) & mask)] &+= 1 }
              var sum = 0
              for digit in counts.indices {
                let next = sum &+ counts[digit]
                counts[digit] = sum
                sum = next
              }
              for index in 0..<count {
                let digit = Int((source[index].key &>> shift) & mask)
                target[counts[digit]] = source[index]
                counts[digit] &+= 1
              }
              isInOther.toggle()
            }
            shift &+= UInt64(Self.bits)
          }
          if isInOther { for index in 0..<count { items[index] = other[index] } }
        }
      }
    }
  }
}
