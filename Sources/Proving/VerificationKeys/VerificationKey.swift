import Airbender
import Concurrency
import Cryptography
import Primitives

/// What a program is known by in proofs: its image and the circuit of its machine in 32 bytes.
///
/// The key is the hash, BLAKE2s with seven rounds, of the address at which the program ends and of the caps of the Merkle trees
/// over the circuit's setup columns, extended to twice their length: the tables of the machine, among them the ROM with the
/// program. Airbender calls it the end parameters of a program, or `params` in its `vk.json` files. Source: zksync-airbender,
/// `execution_utils/src/lib.rs` (`compute_end_parameters`), `circuit_defs/setups`; the circuits are the same from 0.2.0 to 0.4.5.
public struct VerificationKey: Hashable, Sendable {
  /// The address at which every run of the program ends.
  public let finalPC: UInt32
  /// The key: eight words, each with its least significant byte first.
  public let digest: Bytes32

  /// Computes the key of an image, which takes seconds and 260 MB.
  ///
  /// - Parameters:
  ///   - image: little-endian words, as they stand from address 0 on.
  ///   - threads: how many threads compute.
  /// - Throws: ``VerificationKeyError`` if the image is no program that can be proved.
  public init(image: [UInt8], machine: MachineKind, threads: Int) throws(VerificationKeyError) {
    guard image.count % 4 == 0, !image.isEmpty, image.count <= AddressSpace.romSize else {
      throw .imageSize(image.count)
    }
    let words = image.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
      }
    }
    finalPC = try ExitSequence.finalPC(of: words)
    let columns = try SetupColumns.circuit(machine, image: words, threads: threads)
    var message = withUnsafeBytes(of: finalPC.littleEndian) { Array($0) }
    for node in CosetTree.cap(of: columns, threads: threads) { message += node.bytes }
    let transform = try LowDegreeExtension(rowBits: columns.rowBits)
    inParallel(columns.count / 2, threads: threads) { transform.extend(columns, 2 * $0, 2 * $0 + 1) }
    for node in CosetTree.cap(of: columns, threads: threads) { message += node.bytes }
    digest = Blake2s256.hash(message, rounds: .seven)
  }
}
