import Primitives

/// What a transaction costs per gas, at most.
package struct Fees: Hashable, Sendable {
  /// Wei per gas, base fee and tip together.
  package var maxFee: UInt256
  /// Wei per gas.
  package var tip: UInt256

  package init(maxFee: UInt256, tip: UInt256) {
    self.maxFee = maxFee
    self.tip = tip
  }
}

/// A transaction that is to be on L1, written down before it is sent.
///
/// There is at most one for each nonce of an account. It may have been sent several times with growing fees; whichever of
/// these is mined, the step is made.
struct Intent: Hashable, Sendable {
  struct Attempt: Hashable, Sendable {
    var hash: Bytes32
    var fees: Fees
  }

  var step: SettlementStep
  var batches: ClosedRange<UInt64>
  var nonce: UInt64
  var gasLimit: UInt64
  /// keccak256 of the calldata.
  var calldataHash: Bytes32
  /// The last one is what is to be mined.
  var attempts: [Attempt]
  /// What was planned for the same nonce before and may have left this node: no stranger's transaction.
  var superseded: [Bytes32] = []

  /// Attempts and superseded hashes that are remembered: fees grow by an eighth each time, so that a cap is reached long
  /// before.
  static let maxHashes = 200
}

// The form on disk; numbers big-endian.

extension Intent {
  var encoded: [UInt8] {
    var bytes: [UInt8] = [step.rawValue]
    for number in [batches.lowerBound, batches.upperBound, gasLimit] { bytes.append(bigEndian: number) }
    bytes.append(calldataHash)
    bytes.append(UInt8(clamping: attempts.count))
    for attempt in attempts {
      bytes.append(attempt.hash)
      bytes.append(Bytes32(attempt.fees.maxFee))
      bytes.append(Bytes32(attempt.fees.tip))
    }
    for hash in superseded { bytes.append(hash) }
    return bytes
  }

  /// Reads ``encoded``; `nil` for bytes that are something else.
  init?(nonce: UInt64, decoding bytes: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes)
    guard let raw: UInt8 = reader.bigEndian(), let step = SettlementStep(rawValue: raw),
      let first: UInt64 = reader.bigEndian(), let last: UInt64 = reader.bigEndian(), first <= last,
      let gasLimit: UInt64 = reader.bigEndian(), let calldataHash = reader.bytes32(),
      let count: UInt8 = reader.bigEndian(), count > 0
    else { return nil }
    var attempts: [Attempt] = []
    for _ in 0..<count {
      guard let hash = reader.bytes32(), let maxFee = reader.bytes32(), let tip = reader.bytes32() else { return nil }
      attempts.append(Attempt(hash: hash, fees: Fees(maxFee: UInt256(maxFee), tip: UInt256(tip))))
    }
    var superseded: [Bytes32] = []
    while reader.remaining > 0 {
      guard let hash = reader.bytes32() else { return nil }
      superseded.append(hash)
    }
    self.init(
      step: step, batches: first...last, nonce: nonce, gasLimit: gasLimit, calldataHash: calldataHash,
      attempts: attempts, superseded: superseded)
  }
}
