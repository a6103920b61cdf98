import JSON
import JSONRPC
import L1Client
import L1Contracts
import L1Testing
import Primitives
import Testing
import Transactions

@Suite("Calls of L1")
struct L1ClientTests {
  static let alice = DevelopmentAccount.wellKnown[0], bob = DevelopmentAccount.wellKnown[1]

  @Test("Blocks by number and tag; none where there is none")
  func blocks() async throws {
    let l1 = try TestL1(), client = l1.client
    try await l1.mine(3)
    let head = try #require(try await client.block(.latest))
    #expect(try await client.block(.number(head.number)) == head)
    #expect(try await client.block(.number(head.number - 1))?.hash == head.parentHash)
    #expect(try await client.block(.finalized)?.number == head.number - 2)
    #expect(try await client.block(.number(head.number + 1)) == nil)
    #expect(try await client.chainID() == TestL1.chainID)
  }

  @Test("The state of accounts and contracts, at old blocks too")
  func state() async throws {
    let l1 = try TestL1(), client = l1.client, parts = try l1.deployment
    let before = try #require(try await client.block(.latest)).number
    try await l1.deposit(5, to: Self.bob.address)
    #expect(try await client.read(ChainCall.getTotalPriorityTxs, at: parts.chain) == 2)
    #expect(try await client.read(ChainCall.getTotalPriorityTxs, at: parts.chain, block: .number(before)) == 1)
    #expect(try await client.transactionCount(of: Self.alice.address, .latest) == 1)
    #expect(try await client.transactionCount(of: Self.alice.address, .number(before)) == 0)
    #expect(try await client.balance(of: Self.bob.address) > .zero)
    #expect(try await client.code(at: parts.chain).isEmpty == false)
    #expect(try await client.code(at: Self.bob.address).isEmpty)
    // An account without code answers with nothing.
    await #expect(throws: L1Error.malformed("\(Self.bob.address) answers with something else")) {
      _ = try await client.read(ChainCall.getTotalPriorityTxs, at: Self.bob.address)
    }
  }

  @Test("What a contract refuses is read with its reason")
  func reverts() async throws {
    let l1 = try TestL1(), client = l1.client, parts = try l1.deployment
    let call = ValidatorTimelockCall.revertBatches(TestL1.l2ChainID, newLast: 0)
    do throws(L1Error) {
      _ = try await client.simulate(call, at: parts.validatorTimelock, from: Self.bob.address)
      Issue.record("it was not refused")
    } catch {
      #expect("\(error)".contains("Unauthorized"), "\(error)")
    }
  }

  @Test("Transactions: sent, counted, received")
  func transactions() async throws {
    let l1 = try TestL1(), client = l1.client
    try await l1.setAutomine(false)
    let transaction = try SignedTransaction(
      kind: .dynamicFee, chainID: TestL1.chainID, nonce: 0, gasLimit: 21_000, maxFeePerGas: 50_000_000_000,
      maxPriorityFeePerGas: 1_000_000_000, to: Self.bob.address, value: 1, input: []
    ).signed(with: Self.alice.key)
    let hash = try await client.sendRawTransaction(transaction.envelope)
    #expect(hash == transaction.hash)
    #expect(try await client.receipt(of: hash) == nil)
    #expect(try await client.transactionCount(of: Self.alice.address, .pending) == 1)
    do throws(L1Error) {
      _ = try await client.sendRawTransaction(transaction.envelope)
      Issue.record("it was taken twice")
    } catch {
      guard case .refused(let refusal) = error else { throw error }
      #expect(refusal.message.contains("already known"))
    }
    try await l1.mine()
    let receipt = try #require(try await client.receipt(of: hash))
    #expect(receipt.succeeded && receipt.gasUsed == 21_000 && receipt.effectiveGasPrice > 1_000_000_000)
    #expect(try await client.block(.number(receipt.blockNumber))?.hash == receipt.blockHash)
    let history = try await client.feeHistory(blocks: 10, percentile: 20)
    #expect(history.baseFees.count == history.rewards.count + 1 && history.rewards.last == 1_000_000_000)
  }

  @Test("Logs with their places")
  func logs() async throws {
    let l1 = try TestL1(), client = l1.client, parts = try l1.deployment
    try await l1.deposit(5, to: Self.bob.address)
    let head = try #require(try await client.block(.latest))
    let logs = try await client.logs(of: parts.chain, topics: [ChainEvent.requestTopic], 0...head.number)
    #expect(logs.count == 2)
    #expect(logs.last?.blockHash == head.hash && logs.last?.blockNumber == head.number)
    for log in logs {
      guard case .request(let request, let hash)? = try ChainEvent(log.log) else {
        Issue.record("no request")
        return
      }
      #expect(request.hash == hash)
    }
    #expect(try await client.logs(of: parts.chain, topics: [ChainEvent.commitTopic], 0...head.number).isEmpty)
  }

  @Test("A node without a method says so in one way or another", arguments: [-32_601, -32_004, -32_000])
  func unsupported(code: Int) async throws {
    let l1 = try TestL1()
    l1.intercept { method, _ in
      .fails(.refused(RPCError(code: code, message: "the method \(method) does not exist/is not available")))
    }
    await #expect(throws: L1Error.unsupported(method: "eth_feeHistory")) {
      _ = try await l1.client.feeHistory(blocks: 10, percentile: 20)
    }
  }

  @Test(
    "Nonsense is no answer",
    arguments: ["null", "[]", "{}", "1", #""0x""#, #""0xzz""#, #""0x00""#, #""0x1ffffffffffffffff""#])
  func nonsense(answer: String) async throws {
    let l1 = try TestL1(), client = l1.client
    l1.intercept { _, _ in .answers(answer) }
    await #expect(throws: L1Error.self) { _ = try await client.chainID() }
    await #expect(throws: L1Error.self) { _ = try await client.transactionCount(of: .zero, .latest) }
    await #expect(throws: L1Error.self) { _ = try await client.sendRawTransaction([]) }
    await #expect(throws: L1Error.self) { _ = try await client.feeHistory(blocks: 1, percentile: 20) }
    if answer != "null" {
      await #expect(throws: L1Error.self) { _ = try await client.block(.latest) }
      await #expect(throws: L1Error.self) { _ = try await client.receipt(of: .zero) }
    }
    if answer != "[]" {
      await #expect(throws: L1Error.self) { _ = try await client.logs(of: .zero, topics: [.zero], 0...1) }
    }
  }
}
