import EthereumAPI
import JSON
import Primitives
import Testing
import Transactions
import ThreadTesting

/// `eth_sendRawTransactionSync`, EIP-7966.
@Suite(.offTheCooperativePool) struct SynchronousSendingTests {
  let api = Fixture { $0.maxSyncTimeout = .seconds(60) }

  init() {
    api.api.waiters.start()
    api.api.notifier.start()
  }

  func stop() {
    api.api.notifier.stop()
    api.api.waiters.stop()
  }

  /// Sends with a timeout in milliseconds, and does something meanwhile.
  func send(
    _ transaction: RecoveredTransaction, timeout: Int = 60_000, meanwhile: (@Sendable () -> Void)? = nil
  ) async throws -> JSONValue {
    let envelope = Hex.encode(transaction.transaction.envelope)
    async let response = api.response(
      "eth_sendRawTransactionSync", #"["\#(envelope)","0x\#(String(timeout, radix: 16))"]"#)
    if let meanwhile {
      while api.api.waiters.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
      meanwhile()
    }
    return try await response
  }

  @Test func theReceiptComesWithTheBlock() async throws {
    let transaction = try transfer(nonce: 1)
    let response = try await send(transaction) { [api] in
      api.chain.addBlock([(transaction, [])])
      api.events.publish(block: 1)
    }
    #expect(response["result"]?["transactionHash"]?.string == "\(transaction.hash)")
    #expect(response["result"]?["status"]?.string == "0x1")
    #expect(api.api.waiters.count == 0)
    stop()
  }

  @Test func aTransactionThatIsInABlockAlreadyIsAnsweredAtOnce() async throws {
    let transaction = try transfer(nonce: 1)
    api.chain.addBlock([(transaction, [])])
    let response = try await api.response(
      "eth_sendRawTransactionSync", #"["\#(Hex.encode(transaction.transaction.envelope))"]"#)
    #expect(response["result"]?["blockNumber"]?.string == "0x1")
    stop()
  }

  @Test func afterTheTimeoutTheHashIsTold() async throws {
    let transaction = try transfer(nonce: 1)
    let error = try #require(try await send(transaction, timeout: 20)["error"])
    #expect(error["code"]?.integer == 4)
    #expect(error["message"]?.string == "The transaction was added to the mempool but wasn't processed in 20 ms.")
    #expect(error["data"]?.string == "\(transaction.hash)")
    stop()
  }

  @Test func aMissingNonceIsToldAtTheTimeout() async throws {
    api.mempool.standing.withLock { $0 = .parked }
    let error = try #require(try await send(try transfer(nonce: 7), timeout: 20)["error"])
    #expect(error["code"]?.integer == 5)
    stop()
  }

  @Test func aRefusalAfterExecutionIsToldAtOnce() async throws {
    let transaction = try transfer(nonce: 1)
    let error = try await send(transaction) { [api] in
      api.events.refuse(
        RefusedTransaction(
          hash: transaction.hash, sender: transaction.sender, nonce: 1, reason: "it returns too much",
          reasonForLaterNonces: "waits for nonce 1"))
    }["error"]
    #expect(error?["code"]?.integer == -32_000)
    #expect(error?["message"]?.string == "it returns too much")
    stop()
  }

  @Test func whoWaitsBehindARefusedNonceIsToldAtOnce() async throws {
    let transaction = try transfer(nonce: 2)
    let error = try await send(transaction) { [api] in
      // A replacement of an earlier nonce changes nothing, and neither does another sender's refusal.
      api.events.refuse(
        RefusedTransaction(
          hash: .zero, sender: transaction.sender, nonce: 1, reason: "replaced", reasonForLaterNonces: nil))
      api.events.refuse(
        RefusedTransaction(hash: .zero, sender: alice, nonce: 1, reason: "no", reasonForLaterNonces: "not for you"))
      api.events.refuse(
        RefusedTransaction(
          hash: .zero, sender: transaction.sender, nonce: 1, reason: "no", reasonForLaterNonces: "waits for nonce 1"))
    }["error"]
    #expect(error?["code"]?.integer == 5)
    #expect(
      error?["message"]?.string
        == "The transaction was added to the mempool but cannot be processed: waits for nonce 1")
    stop()
  }

  @Test func whatThePoolDoesNotTakeIsRefusedAtOnce() async throws {
    let envelope = Hex.encode(try transfer(nonce: 99).transaction.envelope)
    let error = try await api.error("eth_sendRawTransactionSync", #"["\#(envelope)"]"#)
    #expect(error == (-32_000, "nonce too low: next nonce 100, tx nonce 99"))
    stop()
  }

  @Test func itIsRefusedInABatch() async throws {
    let envelope = Hex.encode(try transfer(nonce: 1).transaction.envelope)
    let message =
      #"[{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransactionSync","params":["\#(envelope)"]}]"#
    let text = await withCheckedContinuation { continuation in
      api.dispatcher.handle(Array(message.utf8)) {
        continuation.resume(returning: $0.map { String(decoding: $0.text.readableBytesView, as: UTF8.self) } ?? "")
      }
    }
    #expect(text.contains("-32600") && text.contains("cannot be part of a batch"), "\(text)")
    stop()
  }

  @Test func onlySoManyMayWait() async throws {
    let small = Fixture { $0.maxSyncWaiters = 0 }
    let envelope = Hex.encode(try transfer(nonce: 1).transaction.envelope)
    let error = try await small.error("eth_sendRawTransactionSync", #"["\#(envelope)"]"#)
    #expect(error.code == -32_005)
    stop()
  }

  @Test func whoHasLeftMakesRoom() async throws {
    let small = Fixture {
      $0.maxSyncWaiters = 1
      $0.maxSyncTimeout = .seconds(60)
    }
    small.api.waiters.start()
    func message(_ nonce: UInt64, timeout: String) throws -> [UInt8] {
      let envelope = Hex.encode(try transfer(nonce: nonce).transaction.envelope)
      return Array(
        #"{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransactionSync","params":["\#(envelope)","\#(timeout)"]}"#.utf8)
    }
    let work = small.dispatcher.handle(try message(1, timeout: "0xea60")) { _ in }
    while small.api.waiters.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
    work?.cancel(.clientGone)
    let second = try message(2, timeout: "0x14")
    let reply = await withCheckedContinuation { continuation in
      small.dispatcher.handle(second) { reply in
        continuation.resume(returning: reply.map { String(decoding: $0.text.readableBytesView, as: UTF8.self) } ?? "")
      }
    }
    #expect(reply.contains(#""code":4"#), "\(reply)")
    small.api.waiters.stop()
    stop()
  }
}
