import EVM
import Ethereum
import Primitives
import StateTests
import Transactions

extension Workload {
  /// The workloads of a state-test file: each combination of the first fork, as the bare message to the contract.
  ///
  /// What surrounds a message in a transaction (validity, fees, the state root) is not part of it.
  public static func stateTests(_ text: [UInt8]) throws -> [Workload] {
    try StateTest.read(text).flatMap { test in
      guard let (fork, cases) = test.post.first else { return [Workload]() }
      guard let revision = Revision(testName: fork) else { throw StateTestError.unknownFork(fork) }
      return try cases.map { expectation in
        try Workload(
          test, revision, expectation, name: cases.count > 1 ? "\(test.name)/\(expectation.dataIndex)" : test.name)
      }
    }
  }

  private init(_ test: StateTest, _ revision: Revision, _ chosen: StateTest.Expectation, name: String) throws {
    let block = test.environment.block(revision)
    guard
      let transaction = test.transaction.transaction(
        data: chosen.dataIndex, gas: chosen.gasIndex, value: chosen.valueIndex, chainID: block.chainID),
      let contract = transaction.to, let account = test.pre[contract], transaction.value.isZero,
      transaction.gasLimit < UInt64(Int64.max)
    else { throw EVMBenchmarkError.workload("\(name) is not a call to a contract") }
    let sender = test.transaction.sender
    self.init(
      name: name, revision: revision,
      environment: ExecutionEnvironment(
        coinbase: block.coinbase, number: block.number, timestamp: block.timestamp, gasLimit: block.gasLimit,
        prevRandao: block.prevRandao, chainID: block.chainID, baseFee: block.baseFee, origin: sender,
        gasPrice: transaction.effectiveGasPrice(baseFee: block.baseFee)),
      world: WorldState(accounts: test.pre),
      executions: [
        Execution(
          message: Message(address: contract, caller: sender, input: transaction.input),
          code: Array(account.code.bytes),
          gas: Int64(transaction.gasLimit - IntrinsicGas(revision).of(transaction)))
      ])
  }
}
