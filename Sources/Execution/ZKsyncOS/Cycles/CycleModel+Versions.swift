// Made by `zkos guest calibrate --margin 1.05`.

extension CycleModel {
  /// Of the guest of 0.0.4.
  static let first = CycleModel(cycles: [
    .block: 293_000, .transaction: 2_360, .signature: 272_000, .encodedByte: 7.85, .native: 1.89,
    .keccakBlock: 18_600, .movedByte: 3.05, .analysedByte: 13.7, .access: 3_090, .transientAccess: 11_700,
    .storageWrite: 2_710, .record: 8_810, .existingSlot: 38_600, .newSlot: 23_700, .changedAccount: 6_880,
    .publishedByte: 119, .deployedByte: 141, .logTree: 274_000, .ecrecover: 0.627, .sha256: 1, .ripemd160: 0.566,
    .identity: 0.155, .modexp: 0.11, .bn254Add: 0.903, .bn254Multiply: 0.688, .bn254Pairing: 0.363,
  ])

  /// Of the guest of 0.0.5.
  static let second = CycleModel(cycles: [
    .block: 290_000, .signature: 274_000, .encodedByte: 10.4, .native: 1.84, .keccakBlock: 18_800, .movedByte: 3.01,
    .analysedByte: 13.7, .access: 2_570, .transientAccess: 11_500, .storageWrite: 2_720, .record: 9_200,
    .existingSlot: 38_600,
    .newSlot: 23_700, .changedAccount: 9_610, .publishedByte: 138, .deployedByte: 142, .logTree: 273_000,
    .ecrecover: 0.628, .sha256: 0.999, .ripemd160: 0.555, .identity: 0.155, .modexp: 0.11, .bn254Add: 0.912,
    .bn254Multiply: 0.689, .bn254Pairing: 0.363,
  ])
}
