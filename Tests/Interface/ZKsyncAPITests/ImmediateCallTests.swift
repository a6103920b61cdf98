import ChainStorage
import Concurrency
import EthereumAPI
import Primitives
import StorageTesting
import Testing
import Transactions
import ZKsyncAPI
import ZKsyncOS

/// Calls that are tried where they come in, by the real machine over real stores.
@Suite("Immediate calls")
struct ImmediateCallTests {
  /// Returns slot 0 and the gas that is left.
  private let reader = Address(0xa1),
    readerCode: [UInt8] = [
      0x60, 0, 0x54, 0x60, 0, 0x52, 0x5a, 0x60, 0x20, 0x52, 0x60, 0x40, 0x60, 0, 0xf3,
    ]
  /// Reverts with the number 1.
  private let refuser = Address(0xa2), refuserCode: [UInt8] = [0x60, 1, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xfd]
  /// Turns round and round until the gas is gone.
  private let spinner = Address(0xa3), spinnerCode: [UInt8] = [0x5b, 0x60, 0, 0x56]

  private let directory = TemporaryDirectory()
  private let storage: ChainStorage
  private let simulator: StateSimulator
  private let head: ChainPosition

  init() throws {
    storage = try TestChain.open(directory.path)
    var slots = [FlatKey.of(reader, .zero): topic(7)], preimages: [Bytes32: [UInt8]] = [:]
    for (address, code) in [(reader, readerCode), (refuser, refuserCode), (spinner, spinnerCode)] {
      let stored = StoredCode(code, .current)
      var account = AccountProperties()
      account.setCode(stored)
      slots[FlatKey.ofAccount(address)] = account.hash()
      preimages[account.hash()] = account.encode()
      preimages[stored.hash] = stored.bytes
    }
    let header = BlockHeader(
      parentHash: TestChain.genesis.hash, number: 1, gasLimit: 100_000_000, timestamp: 1_001, baseFeePerGas: 1_000)
    try storage.state.append(StateChange(number: 1, blockHash: header.hash, slots: slots, preimages: preimages))
    try storage.blocks.publish(Block(header: header, hash: header.hash, transactions: [], receipts: []))
    head = ChainPosition(number: 1, hash: header.hash)
    let hashes = BlockHashes().appending(TestChain.genesis.hash).appending(header.hash)
    simulator = StateSimulator(storage) { _ throws(SimulationError) in
      BlockContext(chainID: 270, number: 1, timestamp: 1_001, blockHashes: hashes)
    }
  }

  private func call(_ target: Address) -> SimulatedCall {
    var call = SimulatedCall()
    call.to = target
    call.gasLimit = 10_000_000
    return call
  }

  private func byThread(_ call: SimulatedCall) throws -> SimulationOutcome {
    try simulator.simulate(call, after: 1, SimulationOverrides(), cancellation: Cancellation())
  }

  private func immediately(_ call: SimulatedCall, after block: ChainPosition? = nil) -> SimulationOutcome? {
    simulator.simulateImmediately(call, after: block ?? head, cancellation: Cancellation())
  }

  @Test("A short call has the outcome that a thread gives it, the gas that it sees included")
  func sameOutcome() throws {
    #expect(immediately(call(reader)) == nil, "nobody has asked for the block's context")
    for target in [reader, refuser, Address(0xbeef)] {
      let outcome = try byThread(call(target))
      #expect(immediately(call(target)) == outcome)
    }
    guard case .success(let output, _, _)? = immediately(call(reader)) else { throw SimulationError.cancelled }
    #expect(output.prefix(32).elementsEqual(topic(7).bytes) && output[32...].contains { $0 != 0 })
  }

  @Test("What is long, a creation, and calls on another block are not tried")
  func unsuited() throws {
    _ = try byThread(call(reader))
    var long = call(reader)
    long.input = [UInt8](repeating: 1, count: 4_096)
    var creation = call(reader)
    creation.to = nil
    #expect(immediately(long) == nil && immediately(creation) == nil)
    #expect(immediately(call(reader), after: ChainPosition(number: 0, hash: TestChain.genesis.hash)) == nil)
    #expect(immediately(call(reader)) != nil)
  }

  @Test("A call that computes for long is given up, and after it others are not tried for a while")
  func restraint() throws {
    guard case .halt(_, isOutOfGas: true, _) = try byThread(call(spinner)) else { throw SimulationError.cancelled }
    #expect(immediately(call(reader)) != nil)
    #expect(immediately(call(spinner)) == nil)
    var passed = 0
    while passed < 1_000, immediately(call(reader)) == nil { passed += 1 }
    #expect(passed > 0 && passed < 1_000)
  }
}
