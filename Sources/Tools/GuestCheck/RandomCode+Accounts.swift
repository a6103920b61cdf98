import Primitives

// Contracts that send transactions of type 0x71: the bootloader asks them to validate, to pay, and to execute.

extension RandomCode {
  /// A contract that plays an account: it raises its nonce by creating a contract, answers with the magic, pays, and
  /// executes something random. Now and then it fails at one of these.
  static func accountContract(_ random: inout SeededGenerator, addresses: [Address]) -> [UInt8] {
    var writer = RandomCode(addresses: addresses, depth: 1)
    // The selector, and two jumps to be filled in.
    writer.emit(0x5f, 0x35, 0x60, 0xe0, 0x1c)
    let validate = writer.branch(onSelector: 0x202b_cce7)
    let pay = writer.branch(onSelector: 0xe2f3_18e3)
    for _ in 0...random.upTo(5) { writer.statement(&random) }
    writer.end(&random)
    writer.emit(0x00)
    writer.land(validate)
    writer.validation(&random)
    writer.land(pay)
    writer.payment(&random)
    return writer.code
  }

  /// Jumps when the selector, which stays on the stack, is this one; the target comes later.
  private mutating func branch(onSelector selector: UInt32) -> Int {
    emit(0x80)
    push(Int(selector), width: 4)
    emit(0x14)
    let patch = code.count + 1
    push(0, width: 2)
    emit(0x57)
    return patch
  }

  private mutating func land(_ patch: Int) {
    code[patch] = UInt8(code.count >> 8)
    code[patch + 1] = UInt8(code.count & 0xff)
    emit(0x5b)
  }

  private mutating func validation(_ random: inout SeededGenerator) {
    if random.oneIn(3) { statement(&random) }
    // create(0, 0, 0) raises the nonce.
    for _ in 0..<(random.oneIn(8) ? 0 : 1 + random.upTo(1)) { emit(0x5f, 0x5f, 0x5f, 0xf0, 0x50) }
    // mstore(0, magic): the selector in the first four bytes.
    push(random.oneIn(10) ? 0x202b_cce6 : 0x202b_cce7, width: 4)
    emit(0x60, 0xe0, 0x1b, 0x5f, 0x52)
    push(random.oneIn(10) ? 31 : 32, width: 1)
    emit(0x5f, random.oneIn(12) ? 0xfd : 0xf3)
  }

  private mutating func payment(_ random: inout SeededGenerator) {
    if random.oneIn(4) { statement(&random) }
    // call(gas, 0x8001, gas limit · maximal fee, …): both stand in the transaction, which begins at byte 100.
    emit(0x5f, 0x5f, 0x5f, 0x5f)
    emit(0x60, 100 + 96, 0x35)
    push(100 + 160, width: 2)
    emit(0x35, 0x02)
    if random.oneIn(8) { emit(0x60, random.pick([1, 2]), random.pick([0x1b, 0x1c])) }
    push(0x8001, width: 2)
    emit(0x5a, 0xf1, 0x50)
    if random.oneIn(12) { emit(0x5f, 0x5f, 0xfd) } else { emit(0x00) }
  }
}
