// The prices of system operations that do not depend on the interpreter.
//
// A native constant of the reference is written as (raw, bigint delegations, BLAKE2s delegations) and means
// raw + 4·bigint + 16·blake; the products are spelled out where they occur.
// Sources: zksync-os `basic_system/src/system_implementation/flat_storage_model/cost_constants.rs`,
// `basic_system/src/cost_constants.rs`, `basic_bootloader/src/bootloader/constants.rs`,
// `evm_interpreter/src/gas_constants.rs`.

/// One EVM gas in ergs.
let ergsPerGas: UInt64 = 256

/// Prices in native units.
enum NativeCost {
  static let storageRead: UInt64 = 4_000
  static let coldExistingStorageRead: UInt64 = 100_000 + 16 * 1_320
  static let coldNewStorageRead: UInt64 = 2 * coldExistingStorageRead
  static let existingStorageWrite: UInt64 = 40_000 + 16 * 660
  static let newStorageWrite: UInt64 = 100_000 + 16 * 1_300

  static let accountAccess: UInt64 = 4_000
  static let accountWrite: UInt64 = 1_000

  static let preimageGet: UInt64 = 500
  static let preimageSet: UInt64 = 500

  static let eventBase: UInt64 = 6_000
  static let eventTopic: UInt64 = 200
  static let eventByte: UInt64 = 2

  static let calldataByte: UInt64 = 1
  static let jumpAnalysisByte: UInt64 = 6

  /// BLAKE2s-256 of `length` bytes.
  static func blake2s(_ length: Int) -> UInt64 { 800 + 340 * UInt64((length + 63) / 64) }

  /// Keccak-256 of `length` bytes. A full block of 136 counts as one round although the padding needs a second.
  static func keccak(_ length: Int) -> UInt64 { 2_500 + 17_500 * UInt64(max(1, (length + 135) / 136)) }
}

/// Prices in ergs.
enum ErgsCost {
  static let warmStorageRead: UInt64 = 100 * ergsPerGas
  static let coldStorageReadExtra: UInt64 = 2_000 * ergsPerGas
  static let accessListSlot: UInt64 = 1_900 * ergsPerGas
  static let coldStorageWriteExtra: UInt64 = 100 * ergsPerGas
  static let storageSet: UInt64 = 19_900 * ergsPerGas
  static let storageReset: UInt64 = 2_800 * ergsPerGas

  static let warmAccountAccess: UInt64 = 100 * ergsPerGas
  static let coldAccountAccessExtra: UInt64 = 2_500 * ergsPerGas
  static let accessListAddress: UInt64 = 2_400 * ergsPerGas

  static let codeDepositByte: UInt64 = 200 * ergsPerGas
  static let newAccount: UInt64 = 25_000 * ergsPerGas
  static let callValue: UInt64 = 9_000 * ergsPerGas
  static let callStipend: UInt64 = 2_300 * ergsPerGas

  static let initcodeWord: UInt64 = 2 * ergsPerGas
  static let deploymentTransaction: UInt64 = 32_000 * ergsPerGas
  static let ecrecover: UInt64 = 3_000 * ergsPerGas

  /// Ergs, not gas: what the system hooks charge before they look at anything.
  static let hookBase: UInt64 = 10

  static func keccak(_ length: Int) -> UInt64 { (30 + 6 * UInt64((length + 31) / 32)) * ergsPerGas }

  static func event(topics: Int, length: Int) -> UInt64 {
    (375 + 375 * UInt64(topics) + 8 * UInt64(length)) * ergsPerGas
  }
}

/// Limits and intrinsic costs of transactions.
enum TransactionCost {
  /// Gas of any L2 transaction before the 3000 for its signature.
  static let l2IntrinsicGas: UInt64 = 18_000
  static let l2IntrinsicNative: UInt64 = 4_000
  static let l1IntrinsicGas: UInt64 = 11_000
  static let l1IntrinsicNative: UInt64 = 10_000
  /// Bytes: the log with the result of the transaction.
  static let l1IntrinsicPubdata: UInt64 = 88

  static let calldataZeroByteGas: UInt64 = 4
  static let calldataNonZeroByteGas: UInt64 = 16

  static let ecrecoverNative: UInt64 = 522_000

  /// Wei per native for priority transactions, whatever the block says, so that none can be priced out.
  static let l1NativePrice: UInt64 = 10
  static let upgradeNativePerGas: UInt64 = 10_000
  static let simulationNativePerGas: UInt64 = 100

  /// No transaction computes more than this; the rest of its native is withheld for pubdata.
  static let maxComputationalNative: UInt64 = 1 << 36
  /// The largest block gas limit whose ergs fit 64 bits.
  static let maxBlockGasLimit: UInt64 = .max / ergsPerGas
  /// Bytes of an encoded transaction.
  static let maxEncodedLength = 1 << 23
  static let maxInitcodeLength = 49_152
  static let maxCodeLength = 24_576
  static let maxCallDepth = 1_024
  /// Gas per pubdata byte that transactions without such a field accept.
  static let defaultGasPerPubdataLimit: UInt64 = 1
}
