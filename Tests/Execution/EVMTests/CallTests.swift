// Calls and creations under plain Ethereum.

import EVM
import EVMTesting
import Primitives
import Testing

private let other = Address(0xbeef)

private func account(_ code: String, balance: UInt64 = 0) -> MemoryAccount {
  MemoryAccount(balance: UInt256(balance), code: assemble(code))
}

private func outcome(
  _ code: String, _ callee: String, gas: Int64 = 10_000_000, revision: Revision = .cancun, balance: UInt64 = 0
) -> Run {
  run(
    assemble(code), revision: revision, gas: gas,
    accounts: [other: account(callee), contract: MemoryAccount(balance: UInt256(balance))])
}

@Suite("Calls")
struct CallTests {
  @Test("each kind of call has its own idea of who is who")
  func contexts() {
    // The callee returns ADDRESS, CALLER, CALLVALUE.
    let callee = "ADDRESS 0 MSTORE CALLER 32 MSTORE CALLVALUE 64 MSTORE 96 0 RETURN"
    let tail = " 96 0 RETURN"
    let (me, him, up) = (UInt256(contract), UInt256(other), UInt256(sender))
    let expected: [(String, [UInt256])] = [
      ("96 0 0 0 5 0xbeef GAS CALL", [him, me, word("5")]),
      ("96 0 0 0 5 0xbeef GAS CALLCODE", [me, me, word("5")]),
      ("96 0 0 0 0xbeef GAS DELEGATECALL", [me, up, word("9")]),
      ("96 0 0 0 0xbeef GAS STATICCALL", [him, me, .zero]),
    ]
    for (call, words) in expected {
      let outcome = run(
        assemble(call + tail), value: word("9"),
        accounts: [other: account(callee), contract: MemoryAccount(balance: word("100"))])
      #expect(outcome.output == words.flatMap(\.bytes), "\(call)")
    }
  }

  @Test("gas of a call: access, value, new account, and the stipend")
  func gas() {
    let warm = "0 0 0 0 0 0xbeef GAS CALL POP "
    #expect(outcome(warm + "STOP", "STOP").gasUsed == 5 * 3 + 3 + 2 + 2600 + 2)
    #expect(outcome(warm + warm + "STOP", "STOP").gasUsed == 2 * (5 * 3 + 3 + 2 + 2) + 2700)
    // With value: 9,000, of which the unused stipend comes back.
    #expect(outcome("0 0 0 0 1 0xbeef GAS CALL STOP", "STOP", balance: 1).gasUsed == 20 + 2600 + 9000 - 2300)
    // To an empty account: 25,000 more.
    #expect(outcome("0 0 0 0 1 0xdead GAS CALL STOP", "STOP", balance: 1).gasUsed == 20 + 2600 + 34_000 - 2300)
    #expect(outcome("0 0 0 0 1 0xdead GAS CALLCODE STOP", "STOP", balance: 1).gasUsed == 20 + 2600 + 9000 - 2300)
    // Older prices.
    #expect(outcome("0 0 0 0 0 0xbeef GAS CALL STOP", "STOP", revision: .istanbul).gasUsed == 20 + 700)
    #expect(outcome("0 0 0 0 0 0xbeef 0 CALL STOP", "STOP", revision: .frontier).gasUsed == 21 + 40)
    #expect(outcome("0 0 0 0 0 0xdead 0 CALL STOP", "STOP", revision: .frontier).gasUsed == 21 + 25_040)
  }

  @Test("the callee gets what was asked for, at most 63/64; before EIP-150 asking for more halts")
  func forwardedGas() {
    let callee = "GAS" + returnTop
    let asked = outcome("32 0 0 0 0 0xbeef 5000 CALL 0 MLOAD" + returnTop, callee)
    #expect(asked.word == word("4998"))
    let all = outcome("32 0 0 0 0 0xbeef \(UInt256.max) CALL 0 MLOAD" + returnTop, callee, gas: 100_000)
    let left: Int64 = 100_000 - 21 - 3 - 2600
    #expect(all.word == UInt256(UInt64(left - left / 64 - 2)))
    let old = outcome("32 0 0 0 0 0xbeef \(UInt256.max) CALL", callee, gas: 100_000, revision: .homestead)
    #expect(old.status == .halted(.outOfGas))
  }

  @Test("a halt in the callee costs its gas only, a revert returns the rest and its data")
  func failures() {
    let halted = outcome("32 0 0 0 0 0xbeef 5000 CALL RETURNDATASIZE ADD" + returnTop, "1 1 SSTORE INVALID")
    #expect(halted.word == .zero)
    #expect(halted.host.peekStorage(other, .one) == .zero)
    let reverted = outcome(
      "2 0 0 0 0 0xbeef GAS CALL 0 MLOAD 240 SHR ADD RETURNDATASIZE ADD" + returnTop,
      "1 1 SSTORE 0x0102030405 216 SHL 0 MSTORE 5 0 REVERT")
    #expect(reverted.word == word("0x0107"))
    #expect(reverted.host.peekStorage(other, .one) == .zero)
    #expect(reverted.gasUsed < 30_000)
  }

  @Test("return data is the last call's; reading beyond it halts")
  func returnData() {
    let callee = "0xaabb 240 SHL 0 MSTORE 2 0 RETURN"
    let call = "0 0 0 0 0 0xbeef GAS CALL POP "
    #expect(outcome(call + "2 0 30 RETURNDATACOPY 0 MLOAD" + returnTop, callee).word == word("0xaabb"))
    #expect(outcome(call + "3 0 0 RETURNDATACOPY", callee).status == .halted(.returnDataOutOfBounds))
    #expect(outcome(call + "0 3 0 RETURNDATACOPY", callee).status == .halted(.returnDataOutOfBounds))
    #expect(outcome(call + "0 2 0 RETURNDATACOPY STOP", callee).status == .stopped)
    #expect(outcome(call + "1 \(UInt256.max) 0 RETURNDATACOPY", callee).status == .halted(.operandTooLarge))
    // A call to nothing empties it.
    #expect(outcome(call + "0 0 0 0 0 0xdead GAS CALL POP RETURNDATASIZE" + returnTop, callee).word == .zero)
  }

  @Test("no more than the balance moves, and gas comes back")
  func poor() {
    let result = outcome("0 0 0 0 2 0xbeef GAS CALL" + returnTop, "STOP", balance: 1)
    #expect(result.word == .zero)
    #expect(result.host.peekBalance(other) == .zero)
    let rich = outcome("0 0 0 0 2 0xbeef GAS CALL" + returnTop, "STOP", balance: 3)
    #expect(rich.word == .one)
    #expect(rich.host.peekBalance(other) == word("2"))
    #expect(rich.host.peekBalance(contract) == .one)
  }

  @Test("static call: the callee and all below it may not write")
  func staticCalls() {
    #expect(outcome("0 0 0 0 0xbeef GAS STATICCALL" + returnTop, "1 1 SSTORE").word == .zero)
    #expect(outcome("0 0 0 0 0xbeef GAS STATICCALL" + returnTop, "1 SLOAD STOP").word == .one)
    let deep = run(
      assemble("0 0 0 0 0xbeef GAS STATICCALL" + returnTop),
      accounts: [
        other: account("0 0 0 0 0 0xdead GAS CALL STOP"),
        Address(0xdead): account("1 1 SSTORE"),
      ])
    #expect(deep.host.peekStorage(Address(0xdead), .one) == .zero)
  }

  @Test("1,024 calls nest, and one more fails without costing its gas")
  func depth() {
    // Calls itself with all gas and counts the depth in its return value.
    let recursive = "32 0 0 0 0 ADDRESS GAS CALL 0 MLOAD ADD" + returnTop
    let result = run(assemble(recursive), gas: 1 << 55)
    #expect(result.status == .returned)
    #expect(result.word == word("1024"))
  }

  @Test("a call loop consumes all gas without harm")
  func callBomb() {
    #expect(run("0 0 0 0 0 ADDRESS GAS CALL 0 JUMP", gas: 5_000_000).status == .halted(.invalidJump))
    let bomb = run("JUMPDEST 0 0 0 0 0 ADDRESS GAS CALL POP 0 JUMP", gas: 5_000_000)
    #expect(bomb.status == .halted(.outOfGas))
  }

  @Test("memory of an ended frame is not seen by the next")
  func cleanMemory() {
    let result = run(
      assemble("32 0 0 0 0 0xbeef GAS CALL POP 32 0 0 0 0 0xbeef GAS CALL POP 0 MLOAD" + returnTop),
      accounts: [other: account("0 MLOAD NUMBER NOT 0 MSTORE 32 MSTORE 32 32 RETURN")])
    #expect(result.word == .zero)
  }
}

@Suite("Creations")
struct CreateTests {
  /// Init code that returns `runtime`.
  static func initCode(_ runtime: [UInt8]) -> [UInt8] {
    assemble("\(runtime.count) 12 0 CODECOPY \(runtime.count) 0 RETURN") + runtime
  }

  /// Code that puts `data` (at most 32 bytes) at memory 0 and continues.
  static func store(_ data: [UInt8]) -> [UInt8] {
    [0x7f] + data + [UInt8](repeating: 0, count: 32 - data.count) + [0x60, 0, 0x52]
  }

  @Test("CREATE: address from creator and nonce, nonce 1, code and value in place")
  func create() {
    let initial = Self.initCode(assemble("STOP"))
    #expect(initial.count == 13)
    let result = run(
      Self.store(initial) + assemble("13 0 7 CREATE" + returnTop),
      accounts: [contract: MemoryAccount(balance: word("10"), nonce: 3)])
    let address = ContractAddress.create(contract, nonce: 3)
    #expect(result.word == UInt256(address))
    #expect(result.host.state[address].code == [0])
    #expect(result.host.state[address].nonce == 1)
    #expect(result.host.state[address].balance == word("7"))
    #expect(result.host.state[contract].nonce == 4)
    // Init code words, memory, the constructor's own gas, 200 a byte.
    let constructor: Int64 = 3 * 3 + 3 + 3 + 3 + 6
    #expect(result.gasUsed == (3 + 3 + 6) + 9 + 32_000 + 2 + constructor + 200 + 12)
  }

  @Test("addresses of EIP-1014 and of the RLP rule")
  func addresses() {
    #expect(
      ContractAddress.create2(.zero, salt: .zero, initCodeHash: keccak([0]))
        == Address(hex: "4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38"))
    #expect(
      ContractAddress.create2(
        Address(hex: "deadbeef00000000000000000000000000000000")!, salt: .zero, initCodeHash: keccak([0]))
        == Address(hex: "B928f69Bb1D91Cd65274e3c79d8986362984fDA3"))
    let creator = Address(hex: "6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")!
    let expected = [
      "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d", "343c43a37d37dff08ae8c4a11544c718abb4fcf8",
      "f778b86fa74e846c4f0a1fbd1335fe81c00a0c91",
    ]
    for (nonce, text) in expected.enumerated() {
      #expect(ContractAddress.create(creator, nonce: UInt64(nonce)) == Address(hex: text))
    }
  }

  @Test("CREATE2 twice to one address: the second collides and burns its gas")
  func collision() {
    let create = "5 13 0 0 CREATE2 "
    let result = run(
      Self.store(Self.initCode(assemble("STOP"))) + assemble(create + "POP " + create + returnTop), gas: 1_000_000)
    #expect(result.status == .returned)
    #expect(result.word == .zero)
    #expect(result.gasUsed > 900_000)
    #expect(result.host.state[contract].nonce == 2)
  }

  @Test("a constructor that reverts leaves its data, one that fails nothing")
  func failures() {
    let tail = " POP RETURNDATASIZE" + returnTop
    let revert = run(Self.store(assemble("0x2a 0 MSTORE 32 0 REVERT")) + assemble("10 0 0 CREATE" + tail))
    #expect(revert.word == word("32"))
    let invalid = run(Self.store([0xfe]) + assemble("1 0 0 CREATE" + tail))
    #expect(invalid.word == .zero)
    let forbidden = run(
      Self.store(assemble("0xef 0 MSTORE8 1 0 RETURN")) + assemble("10 0 0 CREATE DUP1 ISZERO SWAP1" + tail))
    #expect(forbidden.word == .zero)
    #expect(forbidden.host.state.world.accounts.count == 1)
    // Allowed before EIP-3541.
    let old = run(
      Self.store(assemble("0xef 0 MSTORE8 1 0 RETURN")) + assemble("10 0 0 CREATE" + returnTop), revision: .berlin)
    #expect(old.word == UInt256(ContractAddress.create(contract, nonce: 0)))
  }

  @Test("code is limited to 24,576 bytes, init code to 49,152")
  func limits() {
    for (size, works) in [(24_576, true), (24_577, false)] {
      let initial = assemble("\(size) 0 RETURN")
      let result = run(Self.store(initial) + assemble("\(initial.count) 0 0 CREATE" + returnTop))
      #expect((result.word != .zero) == works)
    }
    #expect(run("49152 0 0 CREATE STOP").status == .stopped)
    #expect(run("49153 0 0 CREATE STOP").status == .halted(.initCodeTooLarge))
    #expect(run("49153 0 0 CREATE STOP", revision: .london).status == .stopped)
  }

  @Test("refusals cost no gas beyond the opcode: balance, nonce")
  func refusals() {
    let poor = run("0 0 1 CREATE" + returnTop)
    #expect(poor.word == .zero)
    #expect(poor.gasUsed < 33_000)
    #expect(poor.host.state[contract].nonce == 0)
    let worn = run(assemble("0 0 0 CREATE" + returnTop), accounts: [contract: MemoryAccount(nonce: .max)])
    #expect(worn.word == .zero)
    #expect(worn.host.state[contract].nonce == .max)
  }

  @Test("the deposit must be paid: a failure since Homestead, an empty contract on Frontier")
  func deposit() {
    let initial = assemble("100 0 RETURN")
    let code = Self.store(initial) + assemble("\(initial.count) 0 0 CREATE" + returnTop)
    #expect(run(code, revision: .homestead, gas: 45_000).word == .zero)
    let frontier = run(code, revision: .frontier, gas: 45_000)
    #expect(frontier.word == UInt256(ContractAddress.create(contract, nonce: 0)))
    #expect(frontier.host.state[ContractAddress.create(contract, nonce: 0)].code.isEmpty)
  }
}

@Suite("SELFDESTRUCT and storage")
struct StateTests {
  @Test("selfdestruct moves the balance; the account goes only before Cancun or if it is new")
  func selfDestruct() {
    for (revision, destroyed, gas) in [(Revision.cancun, false, 7603), (.london, true, 7603), (.istanbul, true, 5003)]
      as [(Revision, Bool, Int64)]
    {
      let result = run(
        assemble("0xbeef SELFDESTRUCT"), revision: revision,
        accounts: [contract: MemoryAccount(balance: word("5")), other: MemoryAccount(balance: .one)])
      #expect(result.status == .selfDestructed)
      #expect(result.host.peekBalance(other) == word("6"))
      #expect(result.host.peekBalance(contract) == .zero)
      #expect(result.host.state.world.destroyed.contains(contract) == destroyed)
      #expect(result.gasUsed == gas)
      #expect(result.host.refund == (revision < .london ? 24_000 : 0))
    }
    let toNobody = run(assemble("0xdead SELFDESTRUCT"), accounts: [contract: MemoryAccount(balance: word("5"))])
    #expect(toNobody.gasUsed == 32_603)
    let toItself = run(assemble("ADDRESS SELFDESTRUCT"), accounts: [contract: MemoryAccount(balance: word("5"))])
    #expect(toItself.host.peekBalance(contract) == word("5"))
  }

  @Test(
    "SSTORE through the revisions (vectors of EIP-2200 and EIP-3529)",
    arguments: [
      (Revision.istanbul, "0 0 SSTORE 0 0 SSTORE", 0, 1612, 0), (.istanbul, "0 0 SSTORE 1 0 SSTORE", 0, 20_812, 0),
      (.istanbul, "1 0 SSTORE 0 0 SSTORE", 0, 20_812, 19_200), (.istanbul, "1 0 SSTORE 2 0 SSTORE", 0, 20_812, 0),
      (.istanbul, "0 0 SSTORE 0 0 SSTORE", 1, 5812, 15_000), (.istanbul, "0 0 SSTORE 1 0 SSTORE", 1, 5812, 4200),
      (.istanbul, "2 0 SSTORE 1 0 SSTORE", 1, 5812, 4200), (.istanbul, "1 0 SSTORE 1 0 SSTORE", 1, 1612, 0),
      (.berlin, "0 0 SSTORE 1 0 SSTORE", 1, 5112, 2800), (.berlin, "0 0 SSTORE", 1, 5006, 15_000),
      (.london, "0 0 SSTORE 0 0 SSTORE", 0, 2312, 0), (.london, "1 0 SSTORE 0 0 SSTORE", 0, 22_212, 19_900),
      (.london, "0 0 SSTORE", 1, 5006, 4800), (.london, "0 0 SSTORE 1 0 SSTORE", 1, 5112, 2800),
      (.byzantium, "1 0 SSTORE 0 0 SSTORE", 0, 25_012, 15_000), (.petersburg, "1 0 SSTORE 1 0 SSTORE", 1, 10_012, 0),
      (.constantinople, "1 0 SSTORE 0 0 SSTORE", 0, 20_212, 19_800),
    ] as [(Revision, String, UInt64, Int64, Int64)])
  func storage(revision: Revision, code: String, original: UInt64, gas: Int64, refund: Int64) {
    // PUSH0 is written as PUSH1 0 by the assembler, so each store adds 6 gas of pushes.
    let result = run(
      assemble(code), revision: revision, accounts: [contract: MemoryAccount(storage: [.zero: UInt256(original)])])
    #expect(result.gasUsed == gas)
    #expect(result.host.refund == refund)
  }

  @Test("SSTORE needs more than the stipend; SLOAD is warm the second time")
  func access() {
    #expect(run("1 0 SSTORE", gas: 2306).status == .halted(.outOfGas))
    #expect(run("0 SLOAD 0 SLOAD STOP").gasUsed == 6 + 2100 + 100)
    #expect(run("0 SLOAD STOP", revision: .homestead).gasUsed == 53)
    #expect(run("5 0 SSTORE 0 SLOAD" + returnTop).word == word("5"))
    #expect(run("5 0 TSTORE 0 TLOAD" + returnTop).word == word("5"))
    #expect(run("5 0 TSTORE STOP").gasUsed == 106)
  }

  @Test("account reads: cold, warm, absent, precompile")
  func accounts() {
    #expect(run("0xdead BALANCE 0xdead EXTCODESIZE ADD 0xdead EXTCODEHASH ADD" + returnTop).word == .zero)
    #expect(run("0xdead BALANCE 0xdead EXTCODEHASH STOP").gasUsed == 6 + 2700)
    #expect(run("1 BALANCE STOP").gasUsed == 103)
    #expect(run("0xdead BALANCE STOP", revision: .istanbul).gasUsed == 703)
    let accounts = [other: account("STOP STOP", balance: 3)]
    #expect(run(assemble("0xbeef BALANCE" + returnTop), accounts: accounts).word == word("3"))
    #expect(run(assemble("0xbeef EXTCODESIZE" + returnTop), accounts: accounts).word == word("2"))
    #expect(run(assemble("0xbeef EXTCODEHASH" + returnTop), accounts: accounts).word == UInt256(keccak([0, 0])))
    #expect(
      run(assemble("SELFBALANCE" + returnTop), accounts: [contract: MemoryAccount(balance: word("8"))]).word
        == word("8"))
    let copied = run(
      assemble("33 0 0 0xbeef EXTCODECOPY 33 0 RETURN"), accounts: [other: MemoryAccount(code: [UInt8](1...32))])
    #expect(copied.output == [UInt8](1...32) + [0])
    #expect(copied.gasUsed == 12 + 2600 + 6 + 6 + 6)
  }

  @Test("logs carry topics in order and data; a revert takes them back")
  func logs() {
    let result = run("0x61 0 MSTORE8 4 3 2 1 1 0 LOG4 STOP")
    #expect(
      result.host.state.world.logs == [
        RecordedLog(address: contract, topics: (1...4).map { Bytes32(UInt256(UInt64($0))) }, data: [0x61])
      ])
    #expect(result.gasUsed == 9 + 3 + 18 + 375 * 5 + 8)
    #expect(run("0 0 LOG0 0 0 REVERT").host.state.world.logs.isEmpty)
  }
}
