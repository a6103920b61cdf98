import Primitives

/// What the next blocks are made with, as somebody may have set it; kept with the chain.
struct ChainSettings: Sendable, Equatable {
  /// Most gas of a block: sums of such limits stay far within 64 bits.
  static let mostGas: UInt64 = 1 << 40

  /// What signatures name (EIP-155) and CHAINID gives.
  var chainID: UInt64
  var coinbase = Address.zero
  /// Gas of a block.
  var gasLimit: UInt64
  /// Wei per gas of the next block alone, in place of what EIP-1559 says.
  var nextBaseFee: UInt64?
  /// Tips below this are refused, in wei per gas.
  var minGasPrice: UInt64 = 0
  var clock = BlockClock()
}
