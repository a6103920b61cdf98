// ADDRESS … GASPRICE and COINBASE … BLOBBASEFEE: what the frame, the transaction and the block are.

import Primitives

extension Registers {
  @inline(__always)
  private var environment: UnsafeMutablePointer<ExecutionEnvironment> { frame.pointee.environment }

  @inline(__always) mutating func address() { push(UInt256(frame.pointee.address)) }
  @inline(__always) mutating func caller() { push(UInt256(frame.pointee.caller)) }
  @inline(__always) mutating func callvalue() { push(frame.pointee.value) }
  @inline(__always) mutating func calldatasize() { push(UInt256(UInt64(frame.pointee.inputCount))) }
  @inline(__always) mutating func codesize() { push(UInt256(UInt64(frame.pointee.codeCount))) }
  @inline(__always) mutating func returndatasize() { push(UInt256(UInt64(frame.pointee.returnData.count))) }

  @inline(__always) mutating func origin() { push(UInt256(environment.pointee.origin)) }
  @inline(__always) mutating func gasprice() { push(environment.pointee.gasPrice) }
  @inline(__always) mutating func coinbase() { push(UInt256(environment.pointee.coinbase)) }
  @inline(__always) mutating func timestamp() { push(UInt256(environment.pointee.timestamp)) }
  @inline(__always) mutating func number() { push(UInt256(environment.pointee.number)) }
  @inline(__always) mutating func prevrandao() { push(environment.pointee.prevRandao) }
  @inline(__always) mutating func gaslimit() { push(UInt256(environment.pointee.gasLimit)) }
  @inline(__always) mutating func chainid() { push(UInt256(environment.pointee.chainID)) }
  @inline(__always) mutating func basefee() { push(environment.pointee.baseFee) }
  @inline(__always) mutating func blobbasefee() { push(environment.pointee.blobBaseFee) }

  @inline(__always)
  mutating func blobhash() { sp[-1] = blobHash(item(1)) }

  @inline(never)
  private func blobHash(_ index: UInt256) -> UInt256 {
    let count = UInt64(environment.pointee.blobHashes.count)
    return index < UInt256(count) ? UInt256(environment.pointee.blobHashes[Int(index.l0)]) : .zero
  }

  @inline(__always)
  mutating func calldataload() { sp[-1] = frame.inputWord(at: item(1)) }
}

extension UnsafeMutablePointer<Frame> {
  /// The word of calldata at an offset.
  @inline(__always)
  func inputWord(at offset: UInt256) -> UInt256 {
    let count = UInt64(truncatingIfNeeded: pointee.inputCount)
    if offset.fitsUInt64, count >= 32, offset.l0 <= count &- 32 {
      return UInt256(bigEndian: UnsafeRawPointer(pointee.input + Int(truncatingIfNeeded: offset.l0)))
    }
    return partialInputWord(at: offset)
  }

  /// CALLDATALOAD across or beyond the end of the calldata: zeros follow it.
  @inline(never)
  private func partialInputWord(at offset: UInt256) -> UInt256 {
    let count = UInt64(pointee.inputCount)
    guard offset < UInt256(count) else { return .zero }
    var word = UInt256.zero
    var shift: UInt64 = 248
    for index in Int(offset.l0)..<min(Int(offset.l0) + 32, Int(count)) {
      word = word | UInt256(UInt64(pointee.input[index])) << shift
      shift -= 8
    }
    return word
  }
}
