import Cryptography
import EVM
import Primitives
import Transactions

// Transactions that L1 requested: priority operations and protocol upgrades.
// Source: zksync-os `basic_bootloader/src/bootloader/process_transaction.rs` (`process_l1_transaction`).

extension Bootloader {
  func processL1<T: Tracer>(_ transaction: VMTransaction, tracer: inout T) throws(TransactionStop) -> Processed {
    let isUpgrade = transaction.type == 0xfe
    if isUpgrade && !isFirst { throw .invalid(.upgradeTransactionNotFirst) }
    let gasPrice = UInt256(transaction.maxFeePerGas)
    let nativePerGas =
      isUpgrade
      ? UInt256(TransactionCost.upgradeNativePerGas)
      : gasPrice.dividedRoundingUp(by: UInt256(TransactionCost.l1NativePrice))
    var budget = try rejecting { () throws(Rejection) in
      try TransactionBudget(
        gasLimit: transaction.gasLimit, calldata: transaction.data,
        nativePerPubdata: try nativePerPubdata(UInt256(UInt64(transaction.gasPerPubdataLimit)), nativePerGas),
        intrinsicGas: TransactionCost.l1IntrinsicGas, intrinsicNative: TransactionCost.l1IntrinsicNative,
        intrinsicPubdata: TransactionCost.l1IntrinsicPubdata)
    }
    budget.allow(native: allowedNative)
    let initialNative = budget.meter.native
    let deposited = transaction.reserved[0]
    try checkDeposit(transaction, deposited)

    let encoded = transaction.encoded
    var hasher = Keccak256()
    hasher.update(Bytes32(0x20 as UInt256))
    hasher.update(encoded)
    let hash = hasher.finalize()

    var run = RunResult(succeeded: false)
    do throws(Halt) {
      try budget.meter.charge(native: NativeCost.keccak(32 + encoded.count))
      state.pointee.effort.hashed(bytes: 32 + encoded.count)
      run = try executeL1(transaction, gasPrice, &budget, tracer: &tracer)
    } catch {
      guard error == .outOfNative, !budget.isCutShort else { throw stop(error) }
      state.pointee.effort.ranOutOfNative(budget.meter.native)
      budget.meter.exhaustGas()
    }
    let nativeUsed = initialNative &- budget.meter.native
    _ = try rejecting { () throws(Rejection) in try budget.price(of: state.pointee.pubdataUsed()) }
    let gasUsed = transaction.gasLimit - UInt64(budget.meter.gas)

    // The products fit: the deposit check multiplied the whole gas limit.
    let fee = gasPrice &* UInt256(gasUsed)
    try mint(fee, to: SystemAddress.bootloader)
    if isUpgrade && !run.succeeded { throw .invalid(.upgradeTransactionFailed) }
    let refund = deposited &- fee &- (run.succeeded ? transaction.value : .zero)
    if !refund.isZero {
      guard transaction.reserved[1].bitWidth <= 160 else { throw .hazard(.refundRecipientTooWide) }
      try mint(refund, to: Address(truncating: transaction.reserved[1]))
    }
    state.pointee.messages.append(
      L2ToL1Log(
        transactionNumber: state.pointee.transactionNumber, sender: SystemAddress.bootloader, key: hash,
        value: Bytes32(run.succeeded ? UInt256.one : .zero)))
    return Processed(
      hash: hash, run: run, gasUsed: gasUsed, gasPrice: gasPrice, nativeUsed: nativeUsed,
      pubdataUsed: state.pointee.pubdataUsed())
  }

  /// L1 guarantees that the deposit covers value and fee; the guest aborts where it does not.
  private func checkDeposit(_ transaction: VMTransaction, _ deposited: UInt256) throws(TransactionStop) {
    let (fee, overflow) = transaction.maxFeePerGas.multipliedReportingOverflow(by: UInt128(transaction.gasLimit))
    guard !overflow, let needed = transaction.value.addedExactly(to: UInt256(fee)) else {
      throw .hazard(.feeOverflow)
    }
    guard deposited >= needed else { throw .hazard(.depositTooLow) }
  }

  private func mint(_ amount: UInt256, to address: Address) throws(TransactionStop) {
    try atNoCost { (state, meter) throws(Halt) in
      try state.addBalance(address, amount, .evm, .ordinary, &meter)
    }
  }

  /// Mints the value and makes the call, in a frame that keeps nothing of a failure.
  private func executeL1<T: Tracer>(
    _ transaction: VMTransaction, _ gasPrice: UInt256, _ budget: inout TransactionBudget, tracer: inout T
  ) throws(Halt) -> RunResult {
    let outer = state.pointee.openFrame()
    setEnvironment(origin: transaction.from, gasPrice: gasPrice)
    let inner = state.pointee.openFrame()
    var runner = runner(tracer)
    do throws(Halt) {
      if !transaction.value.isZero {
        do throws(Halt) {
          try state.pointee.withoutGas(&budget.meter) { (state, meter) throws(Halt) in
            try state.addBalance(transaction.from, transaction.value, .evm, .ordinary, &meter)
          }
        } catch .insufficientBalance {
          throw state.pointee.fail(.hazard(.balanceOverflow))
        }
      }
      var meter = budget.meter
      var result = try runner.call(
        from: transaction.from, to: transaction.to, transaction.data, value: transaction.value, ownFrame: false,
        &meter)
      tracer = runner.tracer
      budget.meter = meter
      state.pointee.close(inner, keep: result.succeeded)
      let price: UInt64
      do throws(Rejection) {
        price = try budget.price(of: state.pointee.pubdataUsed())
      } catch {
        throw state.pointee.fail(.hazard(.pubdataPriceOverflow))
      }
      // Unlike in L2 transactions, what was withheld can pay for pubdata here.
      if budget.guestNative &+ budget.withheldNative < price { result.succeeded = false }
      state.pointee.close(outer, keep: result.succeeded)
      return result
    } catch {
      tracer = runner.tracer
      if error == .outOfNative { state.pointee.close(outer, keep: false) }
      throw error
    }
  }
}
