// The worked examples: blocks with the words that the real guests read for them, and the results that they computed.

import Airbender
import Cryptography
import Glibc
import Primitives
import ProverInput
import StateTree
import Transactions
import ZKsyncOS

/// A state tree in a directory of its own, removed at the end.
final class TemporaryTree {
  let tree: StateTree
  private let directory: String

  init(_ leaves: [(key: Bytes32, value: Bytes32)]) throws {
    var template = Array("/tmp/prover-input-XXXXXX".utf8CString)
    directory = String(cString: mkdtemp(&template))
    tree = try StateTree.open(directory: directory, genesis: leaves)
  }

  deinit {
    guard let handle = opendir(directory) else { return }
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      unlink(directory + "/" + name)
    }
    closedir(handle)
    rmdir(directory)
  }
}

/// One example. The names TV1 … TV4 are those of the notes that the examples were written down in.
struct Vector: Sendable {
  var name: String
  /// The state before the block where it is not that of the tree of ``leaves``: runs that ask the tree nothing can begin
  /// from any.
  var before: StateCommitment?
  var number: UInt64 = 5
  var coinbase = Address.zero
  var transactions: [[UInt8]] = []
  /// Leaves after the two guards, in order of position.
  var leaves: [(key: Bytes32, value: Bytes32)] = []
  var preimages: [Bytes32: [UInt8]] = [:]
  var wordCount: Int
  /// SHA-256 of the recorded words as little-endian bytes.
  var streamHash: String
  /// x10 … x17.
  var registers: String
  /// Instructions, BLAKE2s rounds, 256-bit operations; where known.
  var counts: (cycles: UInt64, blake2s: UInt64, bigInteger: UInt64)?

  func context(_ version: ProtocolVersion) -> BlockContext {
    BlockContext(
      protocolVersion: version, chainID: 270, number: number, timestamp: 42, coinbase: coinbase, gasLimit: 80_000_000)
  }

  static func repeated(_ byte: UInt8) -> Address { Address([UInt8](repeating: byte, count: 20)) ?? .zero }

  /// All examples for one version.
  static func all(_ version: ProtocolVersion) -> [Vector] {
    [madeUpRoot(version), empty(version), l1Transfer(version), l1Call(version), l2Transfer(version)]
  }

  static func madeUpRoot(_ version: ProtocolVersion) -> Vector {
    let isFirst = version == .v0_0_4
    var vector = empty(version)
    vector.name = "TV1, no transactions, root 00 01 … 1f"
    vector.before = StateCommitment(root: Bytes32((0..<32).map { UInt8($0) }) ?? .zero, leafCount: 2)
    vector.streamHash = "7fddc017ca474c947664a1d62ef4d0964febcb7f9c1ebe10aad0255c404e39ed"
    vector.registers =
      isFirst
      ? "e3ccc2f9 ceba966a ad7a3691 cb111ca9 6dd2cf2d f4090f94 606aade0 05dba46d"
      : "0667862e 42bd07e2 5bc30a5f c71cb07c a4aa7357 9b9c575c fb07dfbd b7d5714a"
    return vector
  }

  static func empty(_ version: ProtocolVersion) -> Vector {
    let isFirst = version == .v0_0_4
    return Vector(
      name: "TV1, no transactions, empty tree", number: 1, wordCount: 2122,
      streamHash: "ff56033b84db4ac16243eb12ad1a5a98325a244a3774169f0d963822553bf629",
      registers: isFirst
        ? "e09e7918 c85206f4 035410f6 7667bf58 94821aca 32618e85 5aaa9f57 cc16e078"
        : "86218700 2c50d919 d5a5ea6c ad162b78 9cb0ecba 5545f052 b46d7bab 60d24f51",
      counts: isFirst ? (239_833, 30, 0) : (240_375, 30, 0))
  }

  static func l1Transfer(_ version: ProtocolVersion) -> Vector {
    let isFirst = version == .v0_0_4
    let transaction = L1Request(
      kind: .priority, from: repeated(0x11), to: repeated(0x22), gasLimit: 1_000_000, gasPerPubdataLimit: 800,
      maxFeePerGas: 0, nonce: 0, value: 5, toMint: 7, refundRecipient: repeated(0x11))
    return Vector(
      name: "TV2, L1 transfer", transactions: [VMTransaction(transaction).encoded], wordCount: 3440,
      streamHash: "5c35ff398cdcabd8f88fec294e1a54ccf739196e40726b0bf4fef01180ad34e4",
      registers: isFirst
        ? "55a8dce7 1a0b088f cf642b11 5065be7a 72061a42 6b899d6b 4afd4822 517f9662"
        : "e2aa4dc2 740540ed 1ec342e5 00fc2633 05095947 1e9c625e 60b90f17 06f63364",
      counts: isFirst ? (814_206, 2190, 0) : (814_524, 2190, 0))
  }

  static func l1Call(_ version: ProtocolVersion) -> Vector {
    let isFirst = version == .v0_0_4
    let contract = repeated(5)
    let code = Hex.decode("60005b8036111560185780602001358135556040016002565b00") ?? []
    // From 0.0.5 on, code is stored with its jump destinations: bytes 2 and 0x18 of 26.
    let bitmap: [UInt8] = [0b100, 0, 0, 1, 0, 0, 0, 0]
    let blob = isFirst ? code : code + [UInt8](repeating: 0, count: 6) + bitmap
    let account = AccountProperties(
      versioning: AccountProperties.deployedEVM, nonce: 1, bytecodeHash: Blake2s256.hash(blob),
      codeLength: UInt32(code.count), artifactsLength: isFirst ? 0 : 8, observableBytecodeHash: Keccak256.hash(code),
      observableCodeLength: UInt32(code.count))
    let words: [UInt64] = [1, 9, 2, 8, 3, 1, 4, 0]
    let transaction = L1Request(
      kind: .priority, from: repeated(0x11), to: contract, gasLimit: 2_000_000, gasPerPubdataLimit: 800,
      maxFeePerGas: 1000, nonce: 0, value: 0, toMint: 3_000_000_000, refundRecipient: repeated(0x33),
      input: words.flatMap { UInt256($0).bytes })
    return Vector(
      name: "TV3, L1 call", coinbase: repeated(0xc0), transactions: [VMTransaction(transaction).encoded],
      leaves: [
        (FlatKey.ofAccount(contract), account.hash()), (FlatKey.of(contract, Bytes32(1)), Bytes32(7)),
        (FlatKey.of(contract, Bytes32(2)), Bytes32(8)),
      ],
      preimages: [account.hash(): account.encode(), account.bytecodeHash: blob], wordCount: isFirst ? 4679 : 4681,
      streamHash: isFirst
        ? "cd5fd037b597befe6a42d499ca3b27b960fc93bda62a6281a915eb4e67b8a648"
        : "00f39fca6193c096205dfa1321b414af45d89beb9be66961f5093b0f3e9c1ffc",
      registers: isFirst
        ? "439ad091 390a668d 8dae1998 1132ebb2 d02b7654 31279a73 3d59a88d 99132ff2"
        : "0a13bc1b d4d23975 0843a3ba d26b4753 2eb401c4 b53de48d 63c33fcc 45b13fcc")
  }

  static func l2Transfer(_ version: ProtocolVersion) -> Vector {
    let isFirst = version == .v0_0_4
    let sender = Address(hex: "0xbb39d1a9af4e3fdc9598bd78ac92e2811e2af6ca") ?? .zero
    let account = AccountProperties(nonce: 3, balance: UInt256(10).power(21))
    let transaction = VMTransaction(
      type: 2, from: sender, to: repeated(0x77), gasLimit: 100_000, gasPerPubdataLimit: 50_000, maxFeePerGas: 1000,
      maxPriorityFeePerGas: 0, nonce: 3, value: 12345, reserved: [.zero, .zero, .zero, .zero],
      signature: Hex.decode(
        "27f87ac61d2e4e5e7ecc5e83e7725f6f138377f624279da89e6b80c1d0083d33"
          + "3e143ce39177d868e804dfd8962debed594baee157fbef1afad62ead3037e9841c") ?? [])
    return Vector(
      name: "TV4, L2 transfer", coinbase: repeated(0xc0), transactions: [transaction.encoded],
      leaves: [(FlatKey.ofAccount(sender), account.hash())], preimages: [account.hash(): account.encode()],
      wordCount: 4027, streamHash: "41ffa7a079b8e7f831eba7f8eeae90dac9efd2d78b654b7349e2687255b32331",
      registers: isFirst
        ? "c17eccc7 e7ce0e1e b95b9fad 229b44d9 6465ccc9 6cee323e ea696150 fe9f7e4b"
        : "bc780fee 739dc529 36728148 56b035d1 b07c1785 acfdf8d7 394764ea 47d49574",
      counts: isFirst ? (821_301, 2300, 41_588) : (821_774, 2300, 41_588))
  }
}

/// The words as the prover API hands them out, hashed.
func streamHash(_ words: [UInt32]) -> String {
  String(Hex.encode(SHA256.hash(ProverInput(words: words).bytes).bytes).dropFirst(2))
}

func registerText(_ registers: [UInt32]) -> String {
  registers.map { String(repeating: "0", count: 8 - String($0, radix: 16).count) + String($0, radix: 16) }
    .joined(separator: " ")
}
