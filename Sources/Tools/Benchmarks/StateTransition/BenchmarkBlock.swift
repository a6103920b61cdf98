import AllocationCounter
import Concurrency
import Cryptography
import EVMBenchmark
import Primitives
import Transactions
import ZKsyncOS

/// A block of equal transactions on a state that knows all they touch, signatures recovered.
struct BenchmarkBlock {
  let name: String
  let state: MemoryState
  let context: BlockContext
  let transactions: [RecoveredTransaction]

  static let version = ProtocolVersion.current
  private static let chainID: UInt64 = 270

  /// What one run of a block took.
  struct Run {
    /// Nanoseconds of processor time: execution of all transactions, and sealing.
    var execution: Double
    var sealing: Double
    var gasUsed: UInt64
    /// Allocations in `execute`, and in `seal`.
    var allocations: UInt64
    var sealingAllocations: UInt64
    var accesses: [Access]
  }

  func run(_ engine: ExecutionEngine) throws -> Run {
    var executor = try BlockExecutor(context: context, state: state, engine: engine)
    let allocations = allocation_count()
    let start = ProcessorClock.threadNanoseconds
    for transaction in transactions {
      guard case .included(let result) = try executor.execute(transaction), result.succeeded else {
        throw StateTransitionBenchmarkError(name)
      }
    }
    let executed = ProcessorClock.threadNanoseconds
    let between = allocation_count()
    let gasUsed = executor.totals.gasUsed
    let output = try executor.seal()
    return Run(
      execution: Double(executed - start), sealing: Double(ProcessorClock.threadNanoseconds - executed),
      gasUsed: gasUsed,
      allocations: between - allocations, sealingAllocations: allocation_count() - between,
      accesses: output.accesses)
  }

  // MARK: Kinds

  /// From a hundred accounts to others that exist.
  static func transfers(_ count: Int) throws -> BenchmarkBlock {
    var state = MemoryState()
    let keys = (1...100).compactMap { Secp256k1.PrivateKey(Bytes32(UInt256(UInt64(1_000 + $0)))) }
    for key in keys { state.set(try address(of: key), AccountProperties(balance: UInt256(10).power(20))) }
    var transactions: [RecoveredTransaction] = []
    for index in 0..<count {
      let receiver = Address(0xb0b_0000 + UInt64(index))
      state.set(receiver, AccountProperties(balance: 1))
      transactions.append(
        try signed(
          keys[index % keys.count], nonce: UInt64(index / keys.count), to: receiver, value: 5, gas: 30_000))
    }
    return block("transfer", state, transactions)
  }

  /// Of a Vyper token, from one holder to accounts that had none of it.
  static func tokenTransfers(_ count: Int) throws -> BenchmarkBlock {
    var state = MemoryState()
    guard let key = Secp256k1.PrivateKey(Bytes32(UInt256(7))), let code = Hex.decode(TokenArtifact.initCode) else {
      throw StateTransitionBenchmarkError("token")
    }
    state.set(try address(of: key), AccountProperties(balance: UInt256(10).power(20)))
    var deployment = try BlockExecutor(context: context(1), state: state)
    guard
      case .included(let result) = try deployment.execute(
        signed(key, nonce: 0, to: nil, value: .zero, gas: 10_000_000, input: code)),
      let token = result.createdAddress
    else { throw StateTransitionBenchmarkError("token") }
    state.apply(try deployment.seal())
    let transactions = try (0..<count).map { index in
      try signed(
        key, nonce: UInt64(1 + index), to: token, value: .zero, gas: 100_000,
        input: TokenArtifact.transfer(to: Address(0xb0b_0000 + UInt64(index)), amount: 1))
    }
    return block("erc20 transfer", state, transactions)
  }

  /// Calls of one contract.
  static func calls(_ name: String, _ code: [UInt8], _ count: Int, gas: UInt64) throws -> BenchmarkBlock {
    var state = MemoryState()
    guard let key = Secp256k1.PrivateKey(Bytes32(UInt256(7))) else { throw StateTransitionBenchmarkError(name) }
    state.set(try address(of: key), AccountProperties(balance: UInt256(10).power(20)))
    let stored = StoredCode(code, version)
    var contract = AccountProperties(nonce: 1)
    contract.setCode(stored)
    state.preimages[stored.hash] = stored.bytes
    state.set(Address(0xc0de), contract)
    return block(
      name, state,
      try (0..<count).map { try signed(key, nonce: UInt64($0), to: Address(0xc0de), value: .zero, gas: gas) })
  }

  private static func block(
    _ name: String, _ state: MemoryState, _ transactions: [RecoveredTransaction]
  ) -> BenchmarkBlock {
    BenchmarkBlock(name: name, state: state, context: context(2), transactions: transactions)
  }

  private static func context(_ number: UInt64) -> BlockContext {
    BlockContext(protocolVersion: version, chainID: chainID, number: number, timestamp: 1_700_000_000 + number)
  }

  private static func address(of key: Secp256k1.PrivateKey) throws -> Address {
    guard let address = Secp256k1.publicKey(of: key)?.address else { throw StateTransitionBenchmarkError("key") }
    return address
  }

  private static func signed(
    _ key: Secp256k1.PrivateKey, nonce: UInt64, to: Address?, value: UInt256, gas: UInt64, input: [UInt8] = []
  ) throws -> RecoveredTransaction {
    RecoveredTransaction(
      .signed(
        try SignedTransaction(
          kind: .dynamicFee, chainID: chainID, nonce: nonce, gasLimit: gas, maxFeePerGas: 1_000,
          maxPriorityFeePerGas: 0, to: to, value: value, input: input
        ).signed(with: key)), sender: try address(of: key))
  }
}

/// A benchmark whose preparation failed, or whose transactions did.
public struct StateTransitionBenchmarkError: Error, CustomStringConvertible {
  public let description: String

  init(_ name: String) { description = "the benchmark's \(name) does not work" }
}
