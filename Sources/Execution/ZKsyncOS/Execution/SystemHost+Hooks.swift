import Cryptography
import EVM
import Primitives
import Transactions

// The addresses that answer by themselves: precompiles and system contracts.
// Source: zksync-os `system_hooks/src`.

/// An address below 0x10000 behind which stands no code but the system.
enum SpecialAddress {
  case precompile(Precompile)
  case contractDeployer, l1Messenger, baseToken

  init?(_ address: Address, hasSystemContracts: Bool) {
    let number = UInt256(address)
    guard number.l1 | number.l2 | number.l3 == 0, number.l0 <= 0xffff else { return nil }
    if let precompile = Precompiles.zksync(address) {
      self = .precompile(precompile)
      return
    }
    guard hasSystemContracts else { return nil }
    switch number.l0 {
    case 0x8006: self = .contractDeployer
    case 0x8008: self = .l1Messenger
    case 0x800a: self = .baseToken
    default: return nil
    }
  }
}

extension SystemHost {
  /// What answers at an address in place of code.
  func special(at address: Address) -> SpecialAddress? {
    guard !movedPrecompiles.isEmpty else { return SpecialAddress(address, hasSystemContracts: hasSystemContracts) }
    if let origin = movedPrecompiles[address] {
      return SpecialAddress(origin, hasSystemContracts: hasSystemContracts)
    }
    return movedPrecompiles.values.contains(address)
      ? nil : SpecialAddress(address, hasSystemContracts: hasSystemContracts)
  }
}

/// A call to a special address.
struct HookCall {
  var address: Address
  var caller: Address
  var value: UInt256
  var input: UnsafeRawBufferPointer
  var isStatic: Bool
  /// Whether it is neither a DELEGATECALL nor a CALLCODE.
  var isPlain: Bool
  /// Whose prices its state accesses pay: the kind of the caller.
  var tariff: Tariff

  /// Bytes `range` of the input.
  func bytes(_ range: Range<Int>) -> [UInt8] { Array(input[range]) }

  /// The word at an offset that the caller has checked.
  func word(at offset: Int) -> UInt256 { UInt256(bigEndian: input.baseAddress.unsafelyUnwrapped + offset) }

  /// The first four bytes, or nil where there are fewer.
  var selector: UInt32? {
    input.count < 4 ? nil : UInt32(bigEndian: input.loadUnaligned(as: UInt32.self))
  }
}

extension SystemHost {
  /// Runs what stands behind a special address. False: the call reverts; what is left of `meter` returns to the caller.
  mutating func run(
    _ special: SpecialAddress, _ call: HookCall, _ meter: inout Meter, _ output: inout ReturnData
  ) throws(Halt) -> Bool {
    switch special {
    case .precompile(let precompile):
      let native = meter.native
      let worked = precompile.gas(call.input, .cancun).map { $0 <= meter.gas } ?? false
      do throws(Halt) {
        let succeeded = try precompile.runZKsync(
          call.input, wordLimit: UInt64(UInt32.max), meter: &meter, output: &output)
        state.pointee.effort.precompile(precompile, native: native - meter.native, worked: worked)
        return succeeded
      } catch {
        // It ran out before it did anything.
        state.pointee.effort.nativeAtHalt = native
        throw error
      }
    case .contractDeployer:
      guard call.isPlain, call.value.isZero else { return false }
      return try guarded { () throws(Halt) in try deploy(call, &meter) }
    case .l1Messenger:
      guard call.isPlain, call.value.isZero else { return false }
      return try guarded { () throws(Halt) in
        guard let hash = try sendToL1(call, &meter) else { return false }
        output.replace(with: hash.bytes)
        return true
      }
    case .baseToken:
      guard call.isPlain else { return false }
      return try guarded { () throws(Halt) in try withdraw(call, &meter) }
    }
  }

  /// Running out of gas reverts a hook like any other failure.
  private func guarded(_ body: () throws(Halt) -> Bool) throws(Halt) -> Bool {
    do throws(Halt) { return try body() } catch .outOfGas { return false }
  }

  // MARK: Contract deployer

  /// The account to which a call gives code, where it is one of the deployer's; for tracers.
  static func deployed(by call: FrameEvent) -> Address? {
    guard call.to == SystemAddress.contractDeployer, call.input.count >= 4 + 128 else { return nil }
    return call.input.baseAddress.map { Address(truncating: UInt256(bigEndian: $0 + 4)) }
  }

  /// setBytecodeDetailsEVM(address,bytes32,uint32,bytes32), for the upgrader only.
  private func deploy(_ call: HookCall, _ meter: inout Meter) throws(Halt) -> Bool {
    try meter.charge(ergs: ErgsCost.hookBase)
    guard call.selector == 0xf6ec_a0b0, !call.isStatic, call.caller == SystemAddress.complexUpgrader,
      call.input.count >= 4 + 128
    else { return false }
    let target = call.word(at: 4)
    guard target.bitWidth <= 160, let length = UInt64(exactly: call.word(at: 68)),
      length <= TransactionCost.maxCodeLength
    else { return false }
    try state.pointee.forceDeployment(
      Address(truncating: target), codeHash: Bytes32(call.word(at: 36)), length: UInt32(length),
      observableHash: Bytes32(call.word(at: 100)), &meter)
    return true
  }

  // MARK: L1 messenger

  private static let messageSentTopic =
    Bytes32(hex: "0x3a36e47291f4201faf137fab081d92295bce2d53be2c6ca68ba82c7faa9ce241") ?? .zero

  static let sendToL1Selector: UInt32 = 0x62f8_4b24

  /// sendToL1(bytes), with the one encoding that Solidity gives it.
  private func sendToL1(_ call: HookCall, _ meter: inout Meter) throws(Halt) -> Bytes32? {
    try meter.charge(ergs: ErgsCost.hookBase)
    let input = call.input
    guard call.selector == Self.sendToL1Selector, !call.isStatic, input.count >= 68, call.word(at: 4) == 32,
      let length = Int(exactly: call.word(at: 36)), length <= input.count - 68, (input.count - 4) % 32 == 0
    else { return nil }
    let hash = try emitMessage(from: call.caller, call.bytes(68..<68 + length), &meter)
    guard call.tariff == .evm else { throw state.pointee.fail(.hazard(.messageFromAccountWithoutCode)) }
    // The event's data has the encoding that the calldata already is.
    let data = call.bytes(4..<input.count)
    try meter.charge(
      ergs: ErgsCost.event(topics: 3, length: data.count),
      native: NativeCost.eventBase + 3 * NativeCost.eventTopic + NativeCost.eventByte * UInt64(data.count))
    state.pointee.events.append(
      Log(
        address: SystemAddress.l1Messenger,
        topics: [Self.messageSentTopic, Bytes32(UInt256(call.caller)), hash], data: data))
    return hash
  }

  /// Logs a message to L1 and returns its hash.
  private func emitMessage(
    from sender: Address, _ message: [UInt8], _ meter: inout Meter
  ) throws(Halt) -> Bytes32 {
    let hashing = NativeCost.keccak(message.count)
    try meter.charge(
      native: NativeCost.keccak(L2ToL1Log.encodedLength) + 3 * NativeCost.keccak(64) + hashing + NativeCost.eventBase
        + NativeCost.eventByte * UInt64(message.count))
    try meter.charge(ergs: ErgsCost.keccak(message.count), native: hashing)
    let hash = Keccak256.hash(message)
    // The price has the hash twice, and the four of the tree of logs.
    state.pointee.effort.hashed(bytes: message.count)
    state.pointee.effort.excludedNative &+= hashing
    state.pointee.messages.append(
      L2ToL1Log(
        transactionNumber: state.pointee.transactionNumber, sender: SystemAddress.l1Messenger,
        key: Bytes32(UInt256(sender)), value: hash, message: message))
    return hash
  }

  // MARK: Base token

  private static let finalizeWithdrawal: [UInt8] = [0x6c, 0x09, 0x60, 0xf9]

  /// withdraw(address) and withdrawWithMessage(address,bytes): burn the value and tell L1.
  private func withdraw(_ call: HookCall, _ meter: inout Meter) throws(Halt) -> Bool {
    try meter.charge(ergs: ErgsCost.hookBase)
    let input = call.input
    switch call.selector {
    case 0x51cf_f8d9:
      guard !call.isStatic, input.count >= 36 else { return false }
      try burn(call, &meter)
      guard call.word(at: 4).bitWidth <= 160 else { return false }
      _ = try emitMessage(
        from: call.caller, Self.finalizeWithdrawal + call.bytes(16..<36) + call.value.bytes, &meter)
      return true
    case 0x84bc_3eb0:
      guard !call.isStatic, input.count >= 68, let offset = Int(exactly: call.word(at: 36)),
        offset <= input.count - 36, let length = Int(exactly: call.word(at: offset + 4)),
        length <= input.count - 36 - offset
      else { return false }
      try burn(call, &meter)
      let extra = call.bytes(offset + 36..<offset + 36 + length)
      _ = try emitMessage(
        from: call.caller,
        Self.finalizeWithdrawal + call.bytes(16..<36) + call.value.bytes + call.caller.bytes + extra, &meter)
      return true
    default:
      return false
    }
  }

  private func burn(_ call: HookCall, _ meter: inout Meter) throws(Halt) {
    do throws(Halt) {
      try state.pointee.subtractBalance(SystemAddress.baseToken, call.value, call.tariff, .ordinary, &meter)
    } catch .insufficientBalance {
      throw state.pointee.fail(.invariant("a withdrawal without its value"))
    }
  }
}
