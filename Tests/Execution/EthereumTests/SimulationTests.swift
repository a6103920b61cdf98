import Concurrency
import EVM
import EVMTesting
import Ethereum
import Primitives
import Testing
import Tracers
import Transactions

@Suite("Calls that are no transactions")
struct EthereumSimulationTests {
  private let nobody = Address(0x0b0d)

  private func run(
    _ chain: TestChain, _ transaction: SignedTransaction, cancellation: Cancellation? = nil
  ) throws -> TransitionResult {
    var tracer = NoTracer()
    return try chain.transition().simulate(transaction, sender: nobody, cancellation: cancellation, tracer: &tracer)
  }

  @Test("They need neither funds nor the right nonce, and cost what a transaction costs")
  func unpaid() throws {
    var chain = TestChain()
    chain.accounts[TestChain.bob] = Account(
      nonce: 1, code: assemble("GASPRICE 0 MSTORE ORIGIN 32 MSTORE 7 1 SSTORE 64 0 RETURN"))
    let call = chain.transaction(nonce: 99)
    let result = try run(chain, call)
    #expect(result.output == TestChain.gasPrice.bytes + UInt256(nobody).bytes)
    let paid = try chain.transition().execute(chain.transaction(), sender: TestChain.rich)
    #expect(result.gasUsed == paid.gasUsed)
    #expect(throws: TransactionRefusal.insufficientFunds) { try run(chain, chain.transaction(value: 1)) }
    #expect(throws: TransactionRefusal.intrinsicGasTooLow) { try run(chain, chain.transaction(gas: 20_000)) }
  }

  @Test("They say how they ended, what they deployed and how much was undone inside")
  func ends() throws {
    var chain = TestChain()
    chain.accounts[Address(0xbad)] = Account(nonce: 1, code: assemble("INVALID"))
    chain.accounts[Address(0x100)] = Account(nonce: 1, code: assemble("JUMPDEST 0 JUMP"))
    chain.accounts[Address(0xca11)] = Account(nonce: 1, code: assemble("0 0 0 0 0 0xbad 50000 CALL STOP"))
    #expect(try run(chain, chain.transaction(to: Address(0xbad))).status == .halted(.invalidOpcode))
    let loop = try run(chain, chain.transaction(to: Address(0x100)))
    #expect(loop.status == .halted(.outOfGas) && loop.gasUsed == 200_000)
    let inner = try run(chain, chain.transaction(to: Address(0xca11)))
    #expect(inner.succeeded && inner.undoneFrames == 1)
    let creation = try run(chain, chain.transaction(to: nil, input: assemble("1 0 MSTORE8 1 0 RETURN")))
    #expect(creation.output == [1])
    let address = ContractAddress.create(nobody, nonce: 0)
    #expect(creation.contractAddress == address && creation.deployedCode == [address: keccak([1])])
  }

  @Test("They end soon after nobody waits for them any more")
  func cancellation() throws {
    var chain = TestChain()
    chain.accounts[TestChain.bob] = Account(nonce: 1, code: assemble("1 SLOAD STOP"))
    let cancellation = Cancellation()
    #expect(try run(chain, chain.transaction(), cancellation: cancellation).status == .stopped)
    cancellation.cancel(.timeLimit)
    #expect(try run(chain, chain.transaction(), cancellation: cancellation).status == .halted(.cancelled))
  }
}
