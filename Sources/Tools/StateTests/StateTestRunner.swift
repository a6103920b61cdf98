import Cryptography
import EVM
import Ethereum
import Primitives
import Transactions

/// The outcome of one combination under one fork.
public struct StateTestOutcome: Sendable {
  public let test: String
  public let fork: String
  /// Indices of data, gas and value.
  public let indexes: (data: Int, gas: Int, value: Int)
  public let stateRoot: Bytes32
  public let logsHash: Bytes32
  public let gasUsed: UInt64
  /// What the outermost frame handed back.
  public let output: [UInt8]
  /// The first difference from what the test expects; `nil` where there is none.
  public let failure: String?

  public var passed: Bool { failure == nil }

  /// `name fork data/gas/value`, which names one combination of one test.
  public var title: String { "\(test) \(fork) \(indexes.data)/\(indexes.gas)/\(indexes.value)" }
}

extension StateTest {
  /// Runs every combination of the forks for which `isWanted` holds.
  public func run(forks isWanted: (String) -> Bool) throws(StateTestError) -> [StateTestOutcome] {
    var tracer = NoTracer()
    var outcomes: [StateTestOutcome] = []
    try run(forks: isWanted, tracer: &tracer) { outcomes.append($0) }
    return outcomes
  }

  /// Runs the combinations under the eyes of a tracer; `report` gets each outcome right after its steps.
  public func run<T: Tracer>(
    forks isWanted: (String) -> Bool, tracer: inout T, report: (StateTestOutcome) -> Void
  ) throws(StateTestError) {
    for (fork, cases) in post where isWanted(fork) {
      guard let revision = Revision(testName: fork) else { throw .unknownFork(fork) }
      for expectation in cases { report(run(expectation, fork, revision, &tracer)) }
    }
  }

  private func run<T: Tracer>(
    _ expected: Expectation, _ fork: String, _ revision: Revision, _ tracer: inout T
  ) -> StateTestOutcome {
    let transition = EthereumTransition(
      world: WorldState(accounts: pre), revision: revision, block: environment.block(revision))
    var logs: [Log] = []
    var gasUsed: UInt64 = 0
    var output: [UInt8] = []
    var refusal: String?
    if let transaction = transaction.transaction(
      data: expected.dataIndex, gas: expected.gasIndex, value: expected.valueIndex, chainID: environment.chainID)
    {
      do throws(TransactionRefusal) {
        let result = try transition.execute(transaction, sender: self.transaction.sender, tracer: &tracer)
        logs = result.logs
        gasUsed = result.gasUsed
        output = result.output
      } catch {
        refusal = "\(error)"
      }
    } else {
      refusal = "a field exceeds its width"
    }
    let stateRoot = transition.world.stateRoot
    let logsHash = Keccak256.hash(RLP.encodeList(logs.map(\.encoded)))
    return StateTestOutcome(
      test: name, fork: fork, indexes: (expected.dataIndex, expected.gasIndex, expected.valueIndex),
      stateRoot: stateRoot, logsHash: logsHash, gasUsed: gasUsed, output: output,
      failure: difference(expected, stateRoot, logsHash, refusal))
  }

  private func difference(
    _ expected: Expectation, _ stateRoot: Bytes32, _ logsHash: Bytes32, _ refusal: String?
  ) -> String? {
    if let exception = expected.exception, refusal == nil { return "expected the exception \(exception)" }
    if expected.exception == nil, let refusal { return "refused the transaction: \(refusal)" }
    if logsHash != expected.logsHash { return "logs hash \(logsHash), expected \(expected.logsHash)" }
    if stateRoot != expected.stateRoot { return "state root \(stateRoot), expected \(expected.stateRoot)" }
    return nil
  }
}
