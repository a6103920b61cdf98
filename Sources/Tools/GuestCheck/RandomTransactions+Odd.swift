import Cryptography
import Primitives
import Transactions
import ZKsyncOS

// Candidates in the virtual machine's own form: typed data, and what no wallet would make.

extension RandomTransactions {
  /// A transaction of type 0x71, from an account with a key or from a contract that plays one.
  func typedData(_ random: inout SeededGenerator, _ context: BlockContext) -> VMTransaction? {
    let isContract = random.oneIn(2)
    let index = random.upTo(world.accounts.count - 2)
    let from = isContract ? random.pick(world.accountContracts) : world.accounts[index].address
    let nonce = (isContract ? nonces[from] : nonces[world.accounts[index].address]) ?? 0
    let fee = UInt128(context.baseFee.l0) + UInt128(random.upTo(2000))
    let to = random.oneIn(3) ? random.pick(world.addresses) : random.pick(world.contracts)
    var transaction = VMTransaction(
      type: 0x71, from: from, to: to,
      gasLimit: random.oneIn(5) ? UInt64(20_000 + random.upTo(200_000)) : UInt64(500_000 + random.upTo(3_000_000)),
      gasPerPubdataLimit: UInt32(random.pick([0, 1, 1, 2, 50_000])), maxFeePerGas: fee,
      maxPriorityFeePerGas: min(fee, UInt128(random.upTo(1500))),
      nonce: UInt256(isContract && random.oneIn(4) ? nonce + UInt64(random.upTo(1)) : nonce),
      value: random.oneIn(2) ? .zero : UInt256(UInt64(random.upTo(100_000))), data: input(&random, to: to),
      factoryDeps: (0..<(random.oneIn(4) ? 2 : 0)).map { _ in random.bytes32() })
    if random.oneIn(10) {
      transaction.paymaster = random.pick(world.addresses)
      transaction.paymasterInput = random.pick([
        [], [0x8c, 0x5a, 0x34, 0x45], [0x8c, 0x5a, 0x34, 0x45], random.bytes(68),
      ])
    }
    if random.oneIn(8) {
      transaction.reservedDynamic =
        AccessList([
          AccessList.Item(
            address: random.pick(world.addresses), storageKeys: [Bytes32(UInt256(UInt64(random.upTo(11))))])
        ]).encodedForVM
    }
    return isContract
      ? with(transaction, signature: random.bytes(65))
      : signed(transaction, with: world.accounts[index].key, context)
  }

  private func with(_ transaction: VMTransaction, signature: [UInt8]) -> VMTransaction {
    var transaction = transaction
    transaction.signature = signature
    return transaction
  }

  private func signed(
    _ transaction: VMTransaction, with key: Secp256k1.PrivateKey, _ context: BlockContext
  ) -> VMTransaction? {
    guard let hash = try? transaction.signingHash(chainID: context.chainID)?.hash,
      let signature = Secp256k1.sign(hash, with: key)
    else { return nil }
    return with(transaction, signature: signature.r.bytes + signature.s.bytes + [27 + signature.yParity])
  }

  /// One or two faults of those that validation looks for, so that the order in which it looks shows.
  func spoiled(_ transaction: VMTransaction, _ random: inout SeededGenerator, _ context: BlockContext) -> Candidate {
    var transaction = transaction
    for _ in 0...random.upTo(1) { spoil(&transaction, &random, context) }
    if random.oneIn(2), let account = world.accounts.first(where: { $0.address == transaction.from }),
      let again = signed(transaction, with: account.key, context)
    {
      transaction = again
    }
    return .bytes(random.oneIn(8) ? damaged(transaction.encoded, &random) : transaction.encoded)
  }

  private func spoil(_ transaction: inout VMTransaction, _ random: inout SeededGenerator, _ context: BlockContext) {
    switch random.upTo(15) {
    case 0: transaction.gasLimit = context.gasLimit + UInt64(random.upTo(1))
    case 1: transaction.gasLimit = UInt64(17_000 + random.upTo(6_000))
    case 2:
      // The fee may be the largest number already.
      let (tip, overflow) = transaction.maxFeePerGas.addingReportingOverflow(UInt128(random.upTo(1)))
      transaction.maxPriorityFeePerGas = overflow ? .max : tip
    case 3:
      transaction.maxFeePerGas = UInt128(context.baseFee.l0) &- UInt128(min(1, context.baseFee.l0))
      if transaction.type < 2 { transaction.maxPriorityFeePerGas = transaction.maxFeePerGas }
    case 4: transaction.nonce = random.pick([.zero, UInt256(UInt64.max), UInt256.one << 64, .max])
    case 5: transaction.nonce = transaction.nonce &+ .one
    case 6: transaction.value = random.pick([UInt256.one << 90, UInt256.one << 255, .max])
    case 7:
      transaction.maxFeePerGas = random.pick([1 << 60, 1 << 100, .max])
      if transaction.type < 2 { transaction.maxPriorityFeePerGas = transaction.maxFeePerGas }
    case 8: transaction.from = random.pick(world.contracts)
    case 9: transaction.from = random.pick(world.addresses)
    case 10: if transaction.signature.count == 65 { transaction.signature[64] = random.pick([0, 1, 26, 28, 29, 255]) }
    case 11:
      if transaction.signature.count == 65 { transaction.signature[random.upTo(63)] ^= 1 << UInt8(random.upTo(7)) }
    case 12:
      // The other root of the curve: valid mathematically, refused by EIP-2.
      guard transaction.signature.count == 65, let s = UInt256(bigEndianBytes: transaction.signature[32..<64]) else {
        return
      }
      transaction.signature.replaceSubrange(32..<64, with: (Self.order &- s).bytes)
      transaction.signature[64] = 55 &- transaction.signature[64]
    case 13: transaction.reservedDynamic = brokenAccessList(&random)
    case 14: transaction.data = [UInt8](repeating: 1, count: random.pick([49_152, 49_153]))
    default: transaction.to = Address(0x9000)
    }
  }

  /// The order of secp256k1.
  private static let order = UInt256(
    l0: 0xbfd2_5e8c_d036_4141, l1: 0xbaae_dce6_af48_a03b, l2: 0xffff_ffff_ffff_fffe, l3: .max)

  /// An access list with a length or offset that is not the canonical one, within 32 bits.
  private func brokenAccessList(_ random: inout SeededGenerator) -> [UInt8] {
    var bytes =
      AccessList([
        AccessList.Item(address: random.pick(world.addresses), storageKeys: [Bytes32(UInt256(UInt64(3)))]),
        AccessList.Item(address: random.pick(world.addresses), storageKeys: []),
      ]).encodedForVM
    let word = random.upTo(bytes.count / 32 - 1)
    bytes.replaceSubrange(
      32 * word..<32 * word + 32, with: UInt256(UInt64(random.pick([0, 1, 2, 0x20, 0x40, 0x60, 0x1000]))).bytes)
    return random.oneIn(4) ? Array(bytes.dropLast(32)) : bytes
  }

  /// The encoding with a word that is another one.
  private func damaged(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    let word = random.oneIn(3) ? random.upTo(bytes.count / 32 - 1) : random.upTo(18)
    let value = random.oneIn(2) ? random.word() : UInt256(UInt64(random.upTo(3)))
    bytes.replaceSubrange(32 * word..<32 * word + 32, with: value.bytes)
    return bytes
  }
}
