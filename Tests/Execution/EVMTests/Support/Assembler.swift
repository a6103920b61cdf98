// Bytecode written as in a listing, and runs of it under plain Ethereum.

import Cryptography
import EVM
import Primitives

func keccak(_ bytes: [UInt8]) -> Bytes32 { Keccak256.hash(bytes) }

/// Numbers from text: decimal, or hexadecimal after `0x`.
func word(_ text: String) -> UInt256 { UInt256(text)! }

/// Assembles mnemonics separated by blanks. A number becomes the shortest PUSH of it; `PUSH4:0x1` forces the width;
/// `raw:aabb` inserts bytes; names are those of ``Opcode`` in any case.
func assemble(_ text: String) -> [UInt8] {
  text.split(whereSeparator: { $0 == " " || $0 == "\n" }).flatMap { token -> [UInt8] in
    if token.hasPrefix("raw:") { return Hex.decode(String(token.dropFirst(4)))! }
    if let number = UInt256(String(token)) {
      let bytes = number.minimalBytes
      return bytes.isEmpty ? [0x60, 0] : [0x5f + UInt8(bytes.count)] + bytes
    }
    let parts = token.split(separator: ":")
    if parts.count == 2, let count = Int(parts[0].dropFirst(4)), let number = UInt256(String(parts[1])) {
      return [0x5f + UInt8(count)] + number.bytes.suffix(count)
    }
    guard let opcode = opcodesByName[token.lowercased()] else { fatalError("no instruction \(token)") }
    return [opcode.rawValue]
  }
}

private let opcodesByName = Dictionary(uniqueKeysWithValues: Opcode.allCases.map { ("\($0)".lowercased(), $0) })

/// Code that returns the top of the stack as a 32-byte word.
let returnTop = " 0 MSTORE 32 0 RETURN"

let contract = Address(0xc0de)
let sender = Address(0x5e4de4)

/// The outcome of a run under plain Ethereum.
struct Run {
  var status: FrameStatus
  var output: [UInt8]
  var gasUsed: Int64
  var host: EthereumHost<MemoryState>

  /// The output as a number.
  var word: UInt256 { UInt256(bigEndianBytes: Array((output + [UInt8](repeating: 0, count: 32)).prefix(32)))! }
}

func run(
  _ code: [UInt8], revision: Revision = .cancun, gas: Int64 = 10_000_000, input: [UInt8] = [], value: UInt256 = .zero,
  isStatic: Bool = false, environment: ExecutionEnvironment = ExecutionEnvironment(),
  accounts: [Address: MemoryAccount] = [:]
) -> Run {
  var state = MemoryState()
  state.world.accounts = accounts
  state[contract].code = code
  state.beginTransaction()
  _ = state.warm(contract)
  _ = state.warm(sender)
  var host = EthereumHost(revision: revision, state: state)
  let machine = VirtualMachine(rules: EthereumRules(revision))
  machine.environment = environment
  var meter = Meter(gas: gas)
  let start = host.checkpoint()
  let result = machine.execute(
    Message(address: contract, caller: sender, value: value, input: input, isStatic: isStatic), code: Code(code),
    meter: &meter, host: &host)
  if !result.status.succeeded { host.undo(to: start) }
  return Run(status: result.status, output: result.output, gasUsed: gas - meter.gas, host: host)
}

func run(_ text: String, revision: Revision = .cancun, gas: Int64 = 10_000_000, isStatic: Bool = false) -> Run {
  run(assemble(text), revision: revision, gas: gas, isStatic: isStatic)
}
