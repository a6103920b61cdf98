import Concurrency
import Cryptography
import Primitives

/// The Merkle tree over the rows of a coset, as far down as its cap.
///
/// A leaf is the hash of a row; leaves are in bit-reversed order; nodes are hashes of two children. All hashes are BLAKE2s
/// with seven rounds. Source: zksync-airbender, `prover/src/merkle_trees`.
package enum CosetTree {
  /// Nodes of the cap.
  package static let capCount = 64

  /// Rows of each lane that are hashed together: small enough for the processor's cache.
  private static let chunkBits = 8

  /// The nodes of the cap.
  ///
  /// - Precondition: there are 64 rows or more, and 8 columns: the hash of a row takes the place of the row.
  package static func cap(of columns: SetupColumns, threads: Int) -> [Bytes32] {
    let chunkBits = min(chunkBits, columns.rowBits - 6)
    let chunksPerLane = columns.vectorCount >> chunkBits
    var roots = [Bytes32](repeating: .zero, count: 8 * chunksPerLane)
    roots.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let roots = buffer
      inParallel(chunksPerLane, threads: threads) { chunk in
        hash(columns, from: chunk << chunkBits, bits: chunkBits) { lane, root in
          roots[lane * chunksPerLane + chunk] = root
        }
      }
    }
    while roots.count > capCount { roots = level(above: roots) }
    return roots
  }

  /// The roots over 2^`bits` successive leaves of each lane.
  private static func hash(_ columns: SetupColumns, from first: Int, bits: Int, _ body: (Int, Bytes32) -> Void) {
    let length = 4 * columns.count, count = 1 << bits
    withUnsafeTemporaryAllocation(byteCount: 8 * count * length, alignment: 64) { memory in
      let words = memory.bindMemory(to: UInt32.self)
      for index in 0..<count {
        for column in 0..<columns.count {
          let vector = columns.vectors(column)[first &+ index]
          for lane in 0..<8 { words[(lane &* count &+ index) &* columns.count &+ column] = vector[lane] }
        }
      }
      for lane in 0..<8 {
        let messages = UnsafeMutableRawBufferPointer(
          rebasing: memory[(lane * count * length)..<((lane + 1) * count * length)])
        Blake2s256.hashBatch(
          UnsafeRawBufferPointer(messages), length: length, count: count, into: messages, rounds: .seven)
        var left = count
        while left > 1 {
          left /= 2
          Blake2s256.hashPairs(UnsafeRawBufferPointer(messages), count: left, into: messages, rounds: .seven)
        }
        body(lane, Bytes32(loading: messages.baseAddress.unsafelyUnwrapped))
      }
    }
  }

  private static func level(above nodes: [Bytes32]) -> [Bytes32] {
    [Bytes32](unsafeUninitializedCapacity: nodes.count / 2) { buffer, count in
      nodes.withUnsafeBytes {
        Blake2s256.hashPairs($0, count: nodes.count / 2, into: UnsafeMutableRawBufferPointer(buffer), rounds: .seven)
      }
      count = nodes.count / 2
    }
  }
}
