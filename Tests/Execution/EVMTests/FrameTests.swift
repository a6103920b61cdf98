// Stack limits, jumps, memory, copies and halts inside of one frame.

import EVM
import EVMTesting
import Primitives
import Testing

@Suite("One frame")
struct FrameTests {
  // MARK: Stack

  @Test("every instruction that takes operands refuses an empty stack")
  func underflow() {
    for opcode in Opcode.allCases where opcode.isAssigned {
      let takes: Bool
      switch opcode {
      case .stop, .invalid, .jumpdest, .pc, .msize, .gas, .address, .origin, .caller, .callvalue, .calldatasize,
        .codesize,
        .gasprice, .returndatasize, .coinbase, .timestamp, .number, .prevrandao, .gaslimit, .chainid, .selfbalance,
        .basefee,
        .blobbasefee:
        takes = false
      default: takes = opcode.rawValue < 0x5f || opcode.rawValue > 0x7f
      }
      let outcome = run([opcode.rawValue])
      if takes {
        #expect(outcome.status == .halted(.stackUnderflow), "\(opcode)")
        #expect(outcome.gasUsed == 10_000_000)
      } else {
        #expect(outcome.status == (opcode == .invalid ? .halted(.invalidOpcode) : .stopped), "\(opcode)")
      }
    }
  }

  @Test("the stack holds 1,024 words and not one more")
  func overflow() {
    let full = [UInt8](repeating: 0x5f, count: 1024)
    #expect(run(full).status == .stopped)
    #expect(run(full + [0x5f]).status == .halted(.stackOverflow))
    #expect(run(full + [0x80]).status == .halted(.stackOverflow))
    #expect(run(full + [0x30]).status == .halted(.stackOverflow))
    #expect(run(full + [0x90, 0x50, 0x80]).status == .stopped)
  }

  @Test("DUP and SWAP reach sixteen words down")
  func deepAccess() {
    let words = (1...17).map { "\($0)" }.joined(separator: " ")
    #expect(run(words + " DUP16" + returnTop).word == word("2"))
    #expect(run(words + " SWAP16" + returnTop).word == word("1"))
    #expect(run(words + " DUP1 ADD" + returnTop).word == word("34"))
  }

  @Test("PUSH reads its immediate, zeros beyond the end of the code")
  func pushes() {
    for count in 1...32 {
      let immediate = (1...count).map { UInt8($0) }
      let outcome = run([0x5f + UInt8(count)] + immediate + assemble(returnTop))
      #expect(outcome.output == [UInt8](repeating: 0, count: 32 - count) + immediate)
    }
    // The code ends inside of the immediate, and running on past it stops.
    #expect(run([0x7f, 1]).status == .stopped)
    #expect(run([0x61, 1]).status == .stopped)
  }

  @Test("bytes without a meaning halt, and take all gas")
  func undefinedBytes() {
    for opcode in Opcode.allCases where !opcode.isAssigned {
      let outcome = run([opcode.rawValue], gas: 1000)
      #expect(outcome.status == .halted(.undefinedOpcode))
      #expect(outcome.gasUsed == 1000)
    }
  }

  @Test(
    "instructions appear with their revision",
    arguments: [
      (Opcode.delegatecall, Revision.homestead), (.returndatasize, .byzantium), (.returndatacopy, .byzantium),
      (.staticcall, .byzantium), (.revert, .byzantium), (.extcodehash, .constantinople), (.create2, .constantinople),
      (.chainid, .istanbul), (.selfbalance, .istanbul), (.basefee, .london), (.push0, .shanghai), (.blobhash, .cancun),
      (.blobbasefee, .cancun), (.tload, .cancun), (.tstore, .cancun), (.mcopy, .cancun),
    ])
  func availability(opcode: Opcode, since: Revision) {
    let code = [UInt8](repeating: 0x58, count: 8) + [opcode.rawValue]
    for revision in Revision.allCases {
      let isUndefined = run(code, revision: revision).status == .halted(.undefinedOpcode)
      #expect(isUndefined == (revision < since), "\(opcode) in \(revision)")
    }
  }

  // MARK: Jumps

  @Test("jumps go to JUMPDESTs outside of push data only")
  func jumps() {
    #expect(run("4 JUMP INVALID JUMPDEST STOP").status == .stopped)
    #expect(run("3 JUMP STOP JUMPDEST").status == .halted(.invalidJump))
    #expect(run("4 JUMP raw:605b STOP").status == .halted(.invalidJump))
    #expect(run("200 JUMP").status == .halted(.invalidJump))
    #expect(run("0x10000000000000003 JUMP JUMPDEST").status == .halted(.invalidJump))
    #expect(run("1 6 JUMPI INVALID JUMPDEST STOP").status == .stopped)
    #expect(run("0 99 JUMPI STOP").status == .stopped)
    #expect(run("0x100000000000000000000000000000000 99 JUMPI STOP").status == .halted(.invalidJump))
    #expect(run("PC PC ADD" + returnTop).word == .one)
  }

  @Test("a loop ends when its gas does")
  func endlessLoop() {
    let outcome = run("JUMPDEST 0 JUMP", gas: 100_000)
    #expect(outcome.status == .halted(.outOfGas))
    #expect(outcome.gasUsed == 100_000)
  }

  @Test("GAS sees its own cost, MSIZE whole words")
  func observers() {
    #expect(run("GAS" + returnTop, gas: 1000).word == word("998"))
    #expect(run("1 33 MSTORE8 MSIZE" + returnTop).word == word("64"))
    #expect(run("MSIZE" + returnTop).word == .zero)
  }

  // MARK: Memory

  @Test("memory is zero, big-endian, and paid for by the yellow paper's formula")
  func memory() {
    #expect(run("0x0102 0 MSTORE 1 MLOAD" + returnTop).word == word("0x010200"))
    #expect(run("0xabcd 5 MSTORE8 5 MLOAD 248 SHR" + returnTop).word == word("0xcd"))
    for words in [1, 31, 32, 1000] as [Int64] {
      let outcome = run("1 \(words * 32 - 32) MSTORE STOP")
      #expect(outcome.gasUsed == 6 + 3 + 3 * words + words * words / 512)
    }
    #expect(run("1 0 MSTORE 1 0 MSTORE STOP").gasUsed == 2 * 9 + 3)
  }

  @Test("memory that gas cannot pay halts and allocates nothing", arguments: ["MLOAD", "MSTORE", "MSTORE8"])
  func unaffordableMemory(name: String) {
    for offset in ["0xffffffff", "0xffffffffffffffff", "0x10000000000000000", "\(UInt256.max)"] {
      let outcome = run("1 \(offset) \(name)", gas: .max)
      guard case .halted(let halt) = outcome.status else {
        Issue.record("\(name) at \(offset) went through")
        continue
      }
      #expect(halt == .memoryLimit || halt == .operandTooLarge)
    }
    #expect(run("1 0xffffff \(name)").status == .halted(.outOfGas))
  }

  @Test("offsets of empty ranges do not matter")
  func emptyRanges() {
    let far = "\(UInt256.max)"
    #expect(run("0 \(far) RETURN").status == .returned)
    #expect(run("0 \(far) REVERT").status == .reverted)
    #expect(run("0 \(far) KECCAK256" + returnTop).word == UInt256(keccak([])))
    #expect(run("0 0 \(far) CALLDATACOPY STOP").gasUsed == 9 + 3)
    #expect(run("0 \(far) \(far) CODECOPY STOP").status == .stopped)
    #expect(run("0 \(far) \(far) MCOPY STOP").gasUsed == 9 + 3)
    #expect(run("0 \(far) LOG0 STOP").gasUsed == 6 + 375)
    #expect(run("0 \(far) 0 0 EXTCODECOPY STOP").gasUsed == 12 + 2600)
  }

  @Test("KECCAK256 hashes memory for 30 gas and 6 a word")
  func hashing() {
    let outcome = run("0x61 0 MSTORE8 1 0 KECCAK256" + returnTop)
    #expect(outcome.word == UInt256(keccak([0x61])))
    #expect(run("64 0 KECCAK256 STOP").gasUsed == 6 + 30 + 12 + 6)
  }

  @Test("copies pad with zeros, MCOPY overlaps")
  func copies() {
    let input = [UInt8](1...40)
    let calldata = run(assemble("64 8 0 CALLDATACOPY 64 0 RETURN"), input: input)
    #expect(calldata.output == Array(input[8...]) + [UInt8](repeating: 0, count: 32))
    #expect(calldata.gasUsed == 9 + 3 + 6 + 6 + 6)
    let code = assemble("5 2 0 CODECOPY 5 0 RETURN")
    #expect(run(code).output == Array(code[2..<7]))
    #expect(run("0x0102030405 0 MSTORE 5 27 28 MCOPY 33 MLOAD 216 SHR" + returnTop).status == .returned)
    let overlap = run("0x0102030405 0 MSTORE 5 27 28 MCOPY 6 27 RETURN")
    #expect(overlap.output == [1, 1, 2, 3, 4, 5])
    #expect(run("32 0x10000000000000000 0 CALLDATACOPY 0 MLOAD" + returnTop).word == .zero)
  }

  @Test("CALLDATALOAD pads with zeros")
  func callDataLoad() {
    let input = [UInt8](1...40)
    for offset in [0, 8, 9, 39, 40, 1000] {
      let padded = input + [UInt8](repeating: 0, count: 1100)
      #expect(
        run(assemble("\(offset) CALLDATALOAD" + returnTop), input: input).output == Array(padded[offset..<offset + 32]))
    }
    #expect(run(assemble("\(UInt256.max) CALLDATALOAD" + returnTop), input: input).word == .zero)
    #expect(run(assemble("CALLDATASIZE" + returnTop), input: input).word == word("40"))
  }

  // MARK: Context

  @Test("context instructions return the environment")
  func context() {
    let environment = ExecutionEnvironment(
      coinbase: Address(1), number: 300, timestamp: 3, gasLimit: 4, prevRandao: word("5"), chainID: 6,
      baseFee: word("7"),
      blobBaseFee: word("8"), origin: Address(9), gasPrice: word("10"), blobHashes: [Bytes32(word("11"))])
    let expected: [(String, UInt256)] = [
      ("COINBASE", word("1")), ("NUMBER", word("300")), ("TIMESTAMP", word("3")), ("GASLIMIT", word("4")),
      ("PREVRANDAO", word("5")), ("CHAINID", word("6")), ("BASEFEE", word("7")), ("BLOBBASEFEE", word("8")),
      ("ORIGIN", word("9")), ("GASPRICE", word("10")), ("0 BLOBHASH", word("11")), ("1 BLOBHASH", .zero),
      ("ADDRESS", UInt256(contract)), ("CALLER", UInt256(sender)), ("CALLVALUE", word("12")), ("CODESIZE", word("9")),
      ("299 BLOCKHASH", word("0x112b")), ("44 BLOCKHASH", word("0x102c")), ("43 BLOCKHASH", .zero),
      ("300 BLOCKHASH", .zero), ("\(UInt256.max) BLOCKHASH", .zero),
    ]
    for (code, value) in expected {
      let outcome = run(assemble(code + returnTop), value: word("12"), environment: environment)
      #expect(outcome.word == value, "\(code)")
    }
  }

  @Test("nothing in a static frame changes state")
  func staticFrame() {
    for code in [
      "1 1 SSTORE", "1 1 TSTORE", "0 0 LOG0", "1 0 0 LOG1", "0 0 0 CREATE", "0 0 0 0 CREATE2", "0 SELFDESTRUCT",
    ] {
      #expect(run(code, isStatic: true).status == .halted(.stateChangeInStaticContext), "\(code)")
      #expect(run(code).status.succeeded, "\(code)")
    }
    #expect(run("0 0 0 0 1 0 0 CALL", isStatic: true).status == .halted(.valueInStaticContext))
    #expect(run("0 0 0 0 0 0 0 CALL", isStatic: true).status == .stopped)
    #expect(run("0 0 0 0 1 0 0 CALLCODE", isStatic: true).status == .stopped)
  }

  @Test("REVERT keeps gas and output, undoes effects")
  func revert() {
    let outcome = run("1 1 SSTORE 0x2a 0 MSTORE 32 0 REVERT", gas: 100_000)
    #expect(outcome.status == .reverted)
    #expect(outcome.word == word("42"))
    #expect(outcome.gasUsed == 6 + 22_100 + 6 + 6 + 6)
    #expect(outcome.host.peekStorage(contract, .one) == .zero)
  }
}
