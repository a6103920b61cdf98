import EVM
import Primitives

// Accounts. Source: zksync-os `flat_storage_model/account_cache.rs`.

/// Why an account is accessed, where that changes the price.
enum AccountAccess {
  case ordinary, accessList, selfDestruct
}

extension BlockState {
  /// Finds or loads an account, charges for it, and warms it. The result is its position in `accounts`.
  mutating func loadAccount(
    _ address: Address, _ tariff: Tariff, _ reason: AccountAccess = .ordinary, _ meter: inout Meter
  ) throws(Halt) -> Int {
    let ergs: UInt64 =
      switch (tariff, reason) {
      case (.evm, .selfDestruct): 0
      case (.evm, _): ErgsCost.warmAccountAccess
      case (.system, .accessList): ErgsCost.accessListAddress
      case (.system, _): 0
      }
    try meter.charge(ergs: ergs, native: NativeCost.accountAccess)
    effort.accessed(native: NativeCost.accountAccess)
    let position: Int
    if let found = findAccount(address) {
      if accounts[found].touched == epoch { return found }
      try meter.charge(ergs: coldErgs(address, tariff, reason))
      effort.accountRepeated(isNew: accounts[found].initial == .empty)
      position = found
    } else {
      try meter.charge(ergs: coldErgs(address, tariff, reason))
      position = try fetchAccount(address, &meter)
    }
    saveAccount(position)
    accounts[position].touched = epoch
    accounts[position].hasUpdates = true
    return position
  }

  /// What a first access in this transaction pays on top: nothing for addresses 1…10. SELFDESTRUCT, which pays no warm
  /// price, makes up for it here.
  private func coldErgs(_ address: Address, _ tariff: Tariff, _ reason: AccountAccess) -> UInt64 {
    guard tariff == .evm else { return 0 }
    let number = UInt256(address)
    let isPrecompile = number.l1 | number.l2 | number.l3 == 0 && (1...10).contains(number.l0)
    return (isPrecompile ? 0 : ErgsCost.coldAccountAccessExtra)
      + (reason == .selfDestruct ? ErgsCost.warmAccountAccess : 0)
  }

  func findAccount(_ address: Address) -> Int? {
    let base = accounts.base
    return accountIndex.find(hash(UInt256(address))) { base[$0].address == address }
  }

  @inline(never)
  private mutating func fetchAccount(_ address: Address, _ meter: inout Meter) throws(Halt) -> Int {
    let cell = try withoutGas(&meter) { (state, meter) throws(Halt) in
      try state.readCell(UInt256(SystemAddress.accountProperties), address.propertiesKey, &meter)
    }
    let slot = cells[cell].current
    var properties = AccountProperties.empty
    if !slot.isZero {
      let preimage = try loadPreimage(Bytes32(slot), length: AccountProperties.encodedLength, &meter)
      guard let decoded = AccountProperties(encoded: preimages[preimage].bytes) else {
        throw fail(.corruptPreimage(Bytes32(slot)))
      }
      properties = decoded
    }
    let position = accounts.count
    accounts.append(CachedAccount(address: address, cell: cell, initial: properties))
    accountIndex.insert(hash(UInt256(address)), position: position)
    return position
  }

  // MARK: Reading

  /// Reads an account together with its code, as every reader of account properties does in the reference, whether it
  /// wants the code or not. The code's position in `preimages` is nil where there is none.
  mutating func readAccount(
    _ address: Address, _ tariff: Tariff, _ meter: inout Meter
  ) throws(Halt) -> (account: Int, code: Int?) {
    let position = try loadAccount(address, tariff, .ordinary, &meter)
    return (position, try loadCode(of: position, &meter))
  }

  /// Loads the stored code of an account.
  mutating func loadCode(of position: Int, _ meter: inout Meter) throws(Halt) -> Int? {
    let hash = accounts[position].current.bytecodeHash
    if hash == .zero { return nil }
    return try loadPreimage(hash, length: accounts[position].current.storedCodeLength(version), &meter)
  }

  // MARK: Writing

  /// Adds one to the nonce and returns the old one.
  mutating func incrementNonce(
    _ address: Address, _ tariff: Tariff, _ meter: inout Meter
  ) throws(Halt) -> UInt64 {
    let position = try loadAccount(address, tariff, .ordinary, &meter)
    try meter.charge(native: NativeCost.accountWrite)
    let nonce = accounts[position].current.nonce
    guard nonce != .max else { throw .nonceOverflow }
    saveAccount(position)
    accounts[position].current.nonce = nonce + 1
    return nonce
  }

  /// Adds to a balance; used to mint.
  mutating func addBalance(
    _ address: Address, _ amount: UInt256, _ tariff: Tariff, _ reason: AccountAccess = .ordinary,
    _ meter: inout Meter
  ) throws(Halt) {
    let position = try loadAccount(address, tariff, reason, &meter)
    try meter.charge(native: NativeCost.accountWrite)
    let (sum, overflow) = accounts[position].current.balance.addingReportingOverflow(amount)
    guard !overflow else { throw .insufficientBalance }
    saveAccount(position)
    accounts[position].current.balance = sum
  }

  /// Takes from a balance; used to burn.
  mutating func subtractBalance(
    _ address: Address, _ amount: UInt256, _ tariff: Tariff, _ reason: AccountAccess = .ordinary,
    _ meter: inout Meter
  ) throws(Halt) {
    let position = try loadAccount(address, tariff, reason, &meter)
    try meter.charge(native: NativeCost.accountWrite)
    let (difference, overflow) = accounts[position].current.balance.subtractingReportingOverflow(amount)
    guard !overflow else { throw .insufficientBalance }
    saveAccount(position)
    accounts[position].current.balance = difference
  }

  /// Moves value. When the credit fails, the debit has already happened: the caller rolls back.
  mutating func transfer(
    from: Address, to: Address, _ amount: UInt256, _ tariff: Tariff, _ reason: AccountAccess = .ordinary,
    _ meter: inout Meter
  ) throws(Halt) {
    try subtractBalance(from, amount, tariff, reason, &meter)
    try addBalance(to, amount, tariff, reason, &meter)
  }

  /// Stores the code that a constructor returned.
  mutating func deployCode(
    _ address: Address, _ code: [UInt8], _ meter: inout Meter
  ) throws(Halt) {
    try meter.charge(ergs: ErgsCost.codeDepositByte * UInt64(code.count))
    let position = try withoutGas(&meter) { (state, meter) throws(Halt) in
      try state.loadAccount(address, .evm, .ordinary, &meter)
    }
    if version.chargesForCodePreparation {
      let native = NativeCost.keccak(code.count)
      try meter.charge(native: native)
      effort.excludedNative &+= native
    }
    let stored = try prepareCode(code, &meter)
    try meter.charge(native: NativeCost.accountWrite)
    saveAccount(position)
    accounts[position].current.setCode(stored)
    accounts[position].deployedIn = epoch
    accounts[position].keepsCodePrivate = false
  }

  /// Brings code into its stored form, at the price of that, and records it.
  private mutating func prepareCode(_ code: [UInt8], _ meter: inout Meter) throws(Halt) -> StoredCode {
    let stored = StoredCode(code, version)
    effort.common[.deployedByte] += UInt64(code.count)
    if version.chargesForCodePreparation {
      let native = NativeCost.jumpAnalysisByte * UInt64(code.count) + NativeCost.blake2s(stored.bytes.count)
      try meter.charge(native: NativeCost.jumpAnalysisByte * UInt64(code.count))
      try meter.charge(native: NativeCost.blake2s(stored.bytes.count))
      effort.excludedNative &+= native
    }
    try recordPreimage(stored.hash, stored.bytes, kind: .bytecode, &meter)
    return stored
  }

  /// A forced deployment: gives an account code that is named by its hash and not published.
  mutating func forceDeployment(
    _ address: Address, codeHash: Bytes32, length: UInt32, observableHash: Bytes32, _ meter: inout Meter
  ) throws(Halt) {
    let position = try withoutGas(&meter) { (state, meter) throws(Halt) in
      try state.loadAccount(address, .system, .ordinary, &meter)
    }
    var storedHash = codeHash
    var artifactsLength: UInt32 = 0
    if version.forcedDeploymentLoadsCode {
      let raw = try loadPreimage(codeHash, length: Int(length), &meter)
      let stored = try prepareCode(preimages[raw].bytes, &meter)
      storedHash = stored.hash
      artifactsLength = UInt32(stored.artifactsLength)
    }
    try meter.charge(native: NativeCost.accountWrite)
    saveAccount(position)
    accounts[position].current.setCode(
      hash: storedHash, length: length, artifactsLength: artifactsLength, observableHash: observableHash,
      observableLength: length)
    accounts[position].deployedIn = epoch
    accounts[position].keepsCodePrivate = true
  }

  /// SELFDESTRUCT of `address` in favour of `beneficiary`.
  mutating func selfDestruct(
    _ address: Address, beneficiary: Address, inConstructor: Bool, _ meter: inout Meter
  ) throws(Halt) {
    let position = try loadAccount(address, .evm, .selfDestruct, &meter)
    try meter.charge(native: NativeCost.accountWrite)
    let amount = accounts[position].current.balance
    let isWiped = accounts[position].deployedIn == epoch || inConstructor
    if isWiped {
      saveAccount(position)
      accounts[position].isDeconstructed = true
    }
    if address != beneficiary {
      do {
        try transfer(from: address, to: beneficiary, amount, .evm, .selfDestruct, &meter)
      } catch .insufficientBalance {
        throw fail(.hazard(.balanceOverflow))
      }
    } else if isWiped {
      saveAccount(position)
      accounts[position].current.balance = .zero
    }
    guard !amount.isZero, let target = findAccount(beneficiary) else { return }
    let properties = accounts[target].current
    if properties.nonce == 0 && properties.codeLength == 0 && properties.balance == amount {
      try meter.charge(ergs: ErgsCost.newAccount)
    }
  }
}
