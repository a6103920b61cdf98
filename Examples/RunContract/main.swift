// Executes a contract in plain Ethereum's rules: a counter that adds its argument, and returns and logs the new value.
//
//     swift run -c release run-contract 5

import EVM
import Ethereum
import Primitives

// SLOAD(0) + CALLDATALOAD(0); SSTORE it at 0; MSTORE, LOG0 and RETURN it as one word.
let code = Hex.decode("5f545f3501805f555f5260205fa060205ff3") ?? []
let (user, contract) = (Address(0xa11ce), Address(0xc0de))
let argument = CommandLine.arguments.dropFirst().first.flatMap { UInt256($0) } ?? 1

// The world: a counter that stands at 37. `WorldState` keeps it in memory; any `EthereumState` will do.
let world = WorldState(accounts: [contract: Account(nonce: 1, code: code, storage: [0: 37])])
var host = EthereumHost(revision: .cancun, state: world)

let machine = VirtualMachine(rules: EthereumRules(.cancun))
machine.environment = ExecutionEnvironment(number: 1, timestamp: 1_700_000_000, gasLimit: 30_000_000, origin: user)

// A call is undone by whoever made it, if it fails.
let start = host.checkpoint()
var meter = Meter(gas: 100_000)
let message = Message(address: contract, caller: user, input: argument.bytes)
let result = machine.execute(message, code: Code(code), meter: &meter, host: &host)
if !result.status.succeeded { host.undo(to: start) }

print("status   \(result.status)")
print("output   \(UInt256(bigEndianBytes: result.output) ?? 0)")
print("gas used \(100_000 - meter.gas)")
print("slot 0   \(host.peekStorage(contract, 0))")
