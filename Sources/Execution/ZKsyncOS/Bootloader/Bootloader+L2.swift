import Cryptography
import EVM
import Primitives
import Transactions

// Transactions signed on L2: types 0, 1, 2 and 0x71.
// Source: zksync-os `basic_bootloader/src/bootloader/process_transaction.rs`, `account_models`.

extension Bootloader {
  /// What validation finds out and execution needs.
  struct L2Flow {
    let transaction: VMTransaction
    let gasPrice: UInt256
    var budget: TransactionBudget
    /// Whose prices the sender's account accesses pay: the system's unless the sender is a contract.
    var tariff = Tariff.system
    var senderNonce: UInt64 = 0
    /// A type 0x71 transaction of a contract is validated, paid and executed by methods of that contract.
    var isContractAccount = false
    var hash = Bytes32.zero
    var signingHash = Bytes32.zero
    var validationPubdata: UInt64 = 0
  }

  func processL2<T: Tracer>(
    _ transaction: VMTransaction, senderIsKnown: Bool, tracer: inout T
  ) throws(TransactionStop) -> Processed {
    var flow = try openL2(transaction)
    let initialNative = flow.budget.meter.native
    try prepareL2(&flow, senderIsKnown: senderIsKnown)
    if !isSimulation {
      try validateL2(&flow, senderIsKnown: senderIsKnown, tracer: &tracer)
    } else if isStep {
      try payForStep(&flow)
    }

    var run = try executeL2(&flow, tracer: &tracer)
    let nativeUsed = initialNative &- flow.budget.meter.native
    let spent = pubdataSpent(flow)
    _ = try rejecting { () throws(Rejection) in try flow.budget.price(of: spent) }
    let gasUsed = transaction.gasLimit - UInt64(flow.budget.meter.gas)
    if !isSimulation || isStep { try refund(transaction.gasLimit - gasUsed, flow) }
    if !run.succeeded { run.createdAddress = nil }
    return Processed(
      hash: flow.hash, run: run, gasUsed: gasUsed, gasPrice: flow.gasPrice, nativeUsed: nativeUsed,
      pubdataUsed: state.pointee.pubdataUsed())
  }

  // MARK: Before state is read

  private func openL2(_ transaction: VMTransaction) throws(TransactionStop) -> L2Flow {
    guard context.gasLimit <= TransactionCost.maxBlockGasLimit else { throw .invalid(.blockGasLimitTooHigh) }
    guard transaction.gasLimit <= context.gasLimit else { throw .invalid(.callerGasLimitMoreThanBlock) }
    let maxFee = UInt256(transaction.maxFeePerGas), tip = UInt256(transaction.maxPriorityFeePerGas)
    guard tip <= maxFee else { throw .invalid(.priorityFeeGreaterThanMaxFee) }
    guard context.baseFee <= maxFee else { throw .invalid(.baseFeeGreaterThanMaxFee) }
    let gasPrice = context.baseFee &+ min(tip, maxFee &- context.baseFee)
    guard !context.nativePrice.isZero else { throw .hazard(.nativePriceZero) }
    if context.protocolVersion.hasAccountAbstraction, !transaction.paymaster.isZero { throw .hazard(.paymaster) }
    let nativePerGas =
      isSimulation
      ? UInt256(TransactionCost.simulationNativePerGas) : gasPrice.dividedRoundingUp(by: context.nativePrice)
    var budget = try rejecting { () throws(Rejection) in
      try TransactionBudget(
        gasLimit: transaction.gasLimit, calldata: transaction.data,
        nativePerPubdata: try nativePerPubdata(context.gasPerPubdata, nativePerGas),
        intrinsicGas: TransactionCost.l2IntrinsicGas, intrinsicNative: TransactionCost.l2IntrinsicNative,
        intrinsicPubdata: 0)
    }
    budget.allow(native: allowedNative)
    return L2Flow(transaction: transaction, gasPrice: gasPrice, budget: budget)
  }

  /// Whether the transaction deploys. One to 0x9000 does too, into an environment that does not exist.
  private func isDeployment(_ transaction: VMTransaction) -> Bool {
    !transaction.reserved[1].isZero || transaction.to == SystemAddress.wasmDeployment
  }

  /// Reads the sender, warms the access list, hashes.
  private func prepareL2(_ flow: inout L2Flow, senderIsKnown: Bool) throws(TransactionStop) {
    let transaction = flow.transaction
    let sender = try withoutGas(&flow.budget.meter) { (state, meter) throws(Halt) in
      let (position, _) = try state.readAccount(transaction.from, .system, &meter)
      return state.accounts[position].current
    }
    switch sender.executionEnvironment {
    case 0: flow.tariff = .system
    case 1: flow.tariff = .evm
    default: throw .hazard(.unsupportedExecutionEnvironment)
    }
    flow.senderNonce = sender.nonce
    flow.isContractAccount =
      transaction.type == 0x71 && sender.isContract && context.protocolVersion.hasAccountAbstraction
    if !flow.isContractAccount, isDeployment(transaction) {
      guard transaction.data.count <= TransactionCost.maxInitcodeLength else {
        throw .invalid(.createInitCodeSizeLimit)
      }
      let words = UInt64((transaction.data.count + 31) / 32)
      try validating(&flow.budget.meter) { (_, meter) throws(Halt) in
        try meter.charge(ergs: ErgsCost.initcodeWord * words)
      }
    }
    setEnvironment(origin: transaction.from, gasPrice: flow.gasPrice)

    let (accessList, isWhole) = AccessList.readable(inVM: transaction.reservedDynamic)
    try validating(&flow.budget.meter) { (state, meter) throws(Halt) in
      for item in accessList.items {
        _ = try state.loadAccount(item.address, .system, .accessList, &meter)
        for key in item.storageKeys {
          try state.warmSlotFromAccessList(UInt256(item.address), UInt256(key), &meter)
        }
      }
    }
    guard isWhole else { throw .invalid(.invalidStructure) }

    try hash(&flow, accessList, needsSigned: !senderIsKnown)
  }

  /// Computes the transaction's hash and what its sender signed, and pays for both.
  private func hash(_ flow: inout L2Flow, _ accessList: AccessList, needsSigned: Bool) throws(TransactionStop) {
    let transaction = flow.transaction
    if transaction.type <= 0x02 {
      let hashes = transaction.ethereumHashes(
        chainID: context.chainID, accessList: accessList, needsSigned: needsSigned)
      flow.hash = hashes.hash
      flow.signingHash = hashes.signingHash
      try validating(&flow.budget.meter) { (_, meter) throws(Halt) in
        for length in [hashes.length, hashes.signedLength] {
          try meter.charge(native: NativeCost.keccak(length))
          state.pointee.effort.hashed(bytes: length)
        }
      }
      return
    }
    let hash: VMTransaction.PricedHash
    let signed: VMTransaction.PricedHash?
    do throws(VMTransactionError) {
      hash = try transaction.hash(chainID: context.chainID)
      signed = try transaction.signingHash(chainID: context.chainID)
    } catch {
      throw .invalid(.invalidStructure)
    }
    flow.hash = hash.hash
    flow.signingHash = signed?.hash ?? .zero
    try validating(&flow.budget.meter) { (_, meter) throws(Halt) in
      for length in hash.messageLengths + (signed?.messageLengths ?? []) {
        try meter.charge(native: NativeCost.keccak(length))
        state.pointee.effort.hashed(bytes: length)
      }
    }
  }

  /// Pubdata since validation; wraps where execution undid what earlier transactions of the block did.
  private func pubdataSpent(_ flow: L2Flow) -> UInt64 {
    flow.budget.chargesPubdata ? state.pointee.pubdataUsed() &- flow.validationPubdata : 0
  }

  // MARK: Validation

  private func validateL2<T: Tracer>(
    _ flow: inout L2Flow, senderIsKnown: Bool, tracer: inout T
  ) throws(TransactionStop) {
    let transaction = flow.transaction
    let pubdataLimit =
      transaction.type == 0x71
      ? UInt64(transaction.gasPerPubdataLimit) : TransactionCost.defaultGasPerPubdataLimit
    guard UInt256(pubdataLimit) >= context.gasPerPubdata else { throw .invalid(.gasPerPubdataTooHigh) }
    guard let nonce = UInt64(exactly: transaction.nonce) else { throw .invalid(.nonceOverflowInTransaction) }
    if flow.isContractAccount {
      guard nonce >= flow.senderNonce else { throw .invalid(.nonceUsedAlready) }
      try validateContractAccount(&flow, nonce: nonce, tracer: &tracer)
    } else {
      if nonce > flow.senderNonce { throw .invalid(.nonceTooHigh(transaction: nonce, state: flow.senderNonce)) }
      if nonce < flow.senderNonce { throw .invalid(.nonceTooLow(transaction: nonce, state: flow.senderNonce)) }
      try validatePlainAccount(&flow, senderIsKnown: senderIsKnown)
    }
    try collectFee(&flow, tracer: &tracer)
    guard flow.budget.chargesPubdata else { return }
    let pubdata = state.pointee.pubdataUsed()
    let price = try rejecting { () throws(Rejection) in try flow.budget.price(of: pubdata) }
    let before = flow.budget.meter.native
    do throws(Halt) { try flow.budget.pay(forPubdata: price) } catch { throw stop(error) }
    state.pointee.effort.excludedNative &+= before &- flow.budget.meter.native
    flow.validationPubdata = pubdata
  }

  /// The largest fee; its product is taken in 128 bits.
  private func maximalFee(_ transaction: VMTransaction) throws(TransactionStop) -> UInt256 {
    let (fee, overflow) = transaction.maxFeePerGas.multipliedReportingOverflow(by: UInt128(transaction.gasLimit))
    guard !overflow else { throw .hazard(.feeOverflow) }
    return UInt256(fee)
  }

  private func validatePlainAccount(_ flow: inout L2Flow, senderIsKnown: Bool) throws(TransactionStop) {
    let transaction = flow.transaction
    let tariff = flow.tariff
    guard let sender = state.pointee.findAccount(transaction.from) else {
      throw .failed(.invariant("the sender is not loaded"))
    }
    if state.pointee.accounts[sender].current.isContract { throw .invalid(.rejectCallerWithCode) }
    // A paymaster was to pay the fee.
    let fee = transaction.paymaster.isZero ? try maximalFee(transaction) : .zero
    guard let required = fee.addedExactly(to: transaction.value) else { throw .hazard(.feeOverflow) }
    let balance = try validating(&flow.budget.meter) { (state, meter) throws(Halt) in
      let (position, _) = try state.readAccount(transaction.from, tariff, &meter)
      return state.accounts[position].current.balance
    }
    if required > balance { throw .invalid(.lackOfFundForMaxFee(fee: required, balance: balance)) }
    let signature = Secp256k1.Signature(
      r: Bytes32(transaction.signature[0..<32]) ?? .zero, s: Bytes32(transaction.signature[32..<64]) ?? .zero,
      yParity: transaction.signature[64] &- 27)
    guard signature.isLowS else { throw .invalid(.malleableSignature) }
    try validating(&flow.budget.meter) { (_, meter) throws(Halt) in
      try meter.charge(ergs: ErgsCost.ecrecover, native: TransactionCost.ecrecoverNative)
      state.pointee.effort.common[.signature] = 1
      state.pointee.effort.excludedNative &+= TransactionCost.ecrecoverNative
    }
    if !senderIsKnown {
      let recovered =
        signature.yParity <= 1
        ? Secp256k1.recoverAddress(flow.signingHash, signature) ?? .zero : .zero
      guard recovered == transaction.from, !recovered.isZero else {
        throw .invalid(.incorrectFrom(transaction: transaction.from, recovered: recovered))
      }
    }
    do throws(Halt) {
      _ = try state.pointee.incrementNonce(transaction.from, tariff, &flow.budget.meter)
    } catch {
      throw error == .nonceOverflow ? .invalid(.nonceOverflowInTransaction) : stop(error)
    }
  }

  /// Counts the nonce of a simulated transaction and takes its fee, whatever else validation would say.
  private func payForStep(_ flow: inout L2Flow) throws(TransactionStop) {
    let sender = flow.transaction.from, tariff = flow.tariff
    // The gas of the signature was set aside.
    let gas = flow.transaction.gasLimit.addingReportingOverflow(Simulation.signatureGas)
    guard !gas.overflow, let fee = flow.gasPrice.multipliedExactly(by: UInt256(gas.partialValue)) else {
      throw .hazard(.feeOverflow)
    }
    var meter = Meter(gas: .max, native: .max)
    do throws(Halt) {
      _ = try state.pointee.incrementNonce(sender, tariff, &meter)
      if !fee.isZero {
        try state.pointee.transfer(from: sender, to: SystemAddress.bootloader, fee, tariff, .ordinary, &meter)
      }
    } catch {
      switch error {
      case .nonceOverflow: throw .invalid(.nonceOverflowInTransaction)
      case .insufficientBalance:
        throw .invalid(.lackOfFundForMaxFee(fee: fee, balance: state.pointee.peekAccount(sender).balance))
      default: throw stop(error)
      }
    }
    if flow.budget.chargesPubdata { flow.validationPubdata = state.pointee.pubdataUsed() }
  }

  /// Takes the maximal fee to the bootloader's address and gives back what exceeds the effective price.
  private func collectFee<T: Tracer>(_ flow: inout L2Flow, tracer: inout T) throws(TransactionStop) {
    let bootloader = SystemAddress.bootloader
    let transaction = flow.transaction
    let tariff = flow.tariff
    let before = try balanceForFree(bootloader, &flow.budget.meter)
    guard let required = flow.gasPrice.multipliedExactly(by: UInt256(transaction.gasLimit)) else {
      throw .hazard(.feeOverflow)
    }
    if flow.isContractAccount {
      try callAccount(.accountPayForTransaction, &flow, tracer: &tracer)
    } else {
      let fee = try maximalFee(transaction)
      do throws(Halt) {
        try state.pointee.transfer(
          from: transaction.from, to: bootloader, fee, tariff, .ordinary, &flow.budget.meter)
      } catch {
        guard error == .insufficientBalance else { throw stop(error) }
        let balance = state.pointee.peekAccount(transaction.from).balance
        throw .invalid(.lackOfFundForMaxFee(fee: fee, balance: balance))
      }
    }
    let after = try balanceForFree(bootloader, &flow.budget.meter)
    let received = after &- before
    guard after >= before, received >= required else {
      throw .invalid(.receivedInsufficientFees(received: after >= before ? received : .zero, required: required))
    }
    let excess = received &- required
    if !excess.isZero {
      try withoutGas(&flow.budget.meter) { (state, meter) throws(Halt) in
        try state.transfer(from: bootloader, to: transaction.from, excess, tariff, .ordinary, &meter)
      }
    }
  }

  private func balanceForFree(_ address: Address, _ meter: inout Meter) throws(TransactionStop) -> UInt256 {
    try withoutGas(&meter) { (state, meter) throws(Halt) in
      let (position, _) = try state.readAccount(address, .system, &meter)
      return state.accounts[position].current.balance
    }
  }

  // MARK: Execution

  /// Runs the transaction's call or deployment. Out of native ends it as reverted with all gas used.
  private func executeL2<T: Tracer>(_ flow: inout L2Flow, tracer: inout T) throws(TransactionStop) -> RunResult {
    let transaction = flow.transaction
    let frame = state.pointee.openFrame()
    var runner = runner(tracer)
    var meter = flow.budget.meter
    var result: RunResult
    do throws(Halt) {
      if flow.isContractAccount {
        result = try runner.call(
          from: SystemAddress.bootloader, to: transaction.from,
          accountCalldata(.execute, transaction, hash: flow.hash, signingHash: flow.signingHash),
          value: .zero, ownFrame: true, &meter)
      } else if isDeployment(transaction) {
        result = try runner.deploy(
          from: transaction.from, nonce: flow.senderNonce, transaction.data, value: transaction.value,
          environmentExists: !transaction.reserved[1].isZero, &meter)
      } else {
        result = try runner.call(
          from: transaction.from, to: transaction.to, transaction.data, value: transaction.value, ownFrame: true,
          &meter)
      }
    } catch {
      guard error == .outOfNative, !flow.budget.isCutShort else { throw stop(error) }
      tracer = runner.tracer
      state.pointee.effort.ranOutOfNative(flow.budget.meter.native)
      flow.budget.meter.exhaustGas()
      state.pointee.close(frame, keep: false)
      return RunResult(succeeded: false, halt: .outOfNative)
    }
    tracer = runner.tracer
    flow.budget.meter = meter
    let spent = pubdataSpent(flow)
    let price = try rejecting { () throws(Rejection) in try flow.budget.price(of: spent) }
    if flow.budget.guestNative < price {
      result.succeeded = false
      result.lacksNativeForPubdata = true
    }
    state.pointee.close(frame, keep: result.succeeded)
    return result
  }

  /// Pays unused gas back to the sender.
  private func refund(_ gas: UInt64, _ flow: L2Flow) throws(TransactionStop) {
    guard let amount = flow.gasPrice.multipliedExactly(by: UInt256(gas)) else { throw .hazard(.feeOverflow) }
    let sender = flow.transaction.from
    let tariff = flow.tariff
    try atNoCost { (state, meter) throws(Halt) in
      try state.transfer(from: SystemAddress.bootloader, to: sender, amount, tariff, .ordinary, &meter)
    }
  }

  // MARK: Contract accounts

  /// The methods of a contract account, by selector.
  enum AccountSelector: UInt32 {
    case validate = 0x202b_cce7
    case payForTransaction = 0xe2f3_18e3
    case execute = 0xdf9c_1589
  }

  private func validateContractAccount<T: Tracer>(
    _ flow: inout L2Flow, nonce: UInt64, tracer: inout T
  ) throws(TransactionStop) {
    let output = try callAccount(.accountValidate, &flow, tracer: &tracer)
    guard output.count == 32 else { throw .invalid(.invalidReturndataLength) }
    var magic: [UInt8] = []
    magic.append(bigEndian: AccountSelector.validate.rawValue)
    guard output.starts(with: magic) else { throw .invalid(.invalidMagic) }
    let sender = flow.transaction.from
    let tariff = flow.tariff
    let current = try validating(&flow.budget.meter) { (state, meter) throws(Halt) in
      let (position, _) = try state.readAccount(sender, tariff, &meter)
      return state.accounts[position].current.nonce
    }
    guard current > nonce else { throw .invalid(.nonceNotIncreased) }
  }

  /// Calls a method of the sender's contract in the bootloader's name.
  @discardableResult
  private func callAccount<T: Tracer>(
    _ method: InvalidTransaction.AccountMethod, _ flow: inout L2Flow, tracer: inout T
  ) throws(TransactionStop) -> [UInt8] {
    let selector: AccountSelector = method == .accountValidate ? .validate : .payForTransaction
    var runner = runner(tracer)
    var meter = flow.budget.meter
    let result: RunResult
    do throws(Halt) {
      result = try runner.call(
        from: SystemAddress.bootloader, to: flow.transaction.from,
        accountCalldata(selector, flow.transaction, hash: flow.hash, signingHash: flow.signingHash),
        value: .zero, ownFrame: true, &meter)
    } catch {
      throw stop(error)
    }
    tracer = runner.tracer
    flow.budget.meter = meter
    guard result.succeeded else { throw .invalid(.reverted(method)) }
    return result.output
  }

  /// selector ‖ transaction hash ‖ signed hash ‖ 0x60 ‖ the encoded transaction *without its last 100 bytes*: the
  /// reference counts the header within the transaction's length.
  private func accountCalldata(
    _ selector: AccountSelector, _ transaction: VMTransaction, hash: Bytes32, signingHash: Bytes32
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bigEndian: selector.rawValue)
    bytes.append(contentsOf: hash.bytes)
    bytes.append(contentsOf: signingHash.bytes)
    bytes.append(contentsOf: UInt256(UInt64(0x60)).bytes)
    bytes.append(contentsOf: transaction.encoded.dropLast(100))
    return bytes
  }
}
