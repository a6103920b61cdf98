import Chain
import Concurrency
import Cryptography
import JSONRPC
import Primitives
import Replication
import SocketTesting
import StateTree
import StorageTesting
import Synchronization
import Telemetry
import TelemetryTesting
import Testing
import ThreadTesting
import Transactions
import ZKsyncOS

/// A node that follows another: the same blocks, or none.
@Suite(.serialized, .offTheCooperativePool) struct ReplicaTests {
  /// What a chain follows, and what became of it.
  final class Follower: Sendable {
    let chain: SignedChain
    let replica: Replica
    private let outcome: Outcome

    final class Outcome: Sendable {
      let failures = Mutex<[ReplicaError]>([])
      let executed = Mutex<[UInt64]>([])
    }

    init(
      _ chain: SignedChain, port: Int, token: String? = nil,
      commitment: @escaping @Sendable (UInt64) -> StateCommitment? = { _ in nil }
    ) throws {
      self.chain = chain
      let endpoint = try #require(RPCEndpoint("http://127.0.0.1:\(port)"))
      var options = Replica.Options(endpoint: endpoint, reportFolder: chain.directory.file("reports"))
      options.token = token
      // Tests wait for what happens, and on a loaded machine that may take long.
      options.patience = .seconds(60)
      let outcome = Outcome()
      self.outcome = outcome
      replica = try Replica(
        chain.chain, chainID: 270, genesisHash: chain.genesisHash, options: options, on: group.next(),
        registry: MetricsRegistry(), commitment: commitment
      ) { block in outcome.executed.withLock { $0.append(block.number) } }
      replica.onFailure { error in outcome.failures.withLock { $0.append(error) } }
      replica.start()
    }

    var failure: ReplicaError? { outcome.failures.withLock { $0.first } }
    var executedBlocks: [UInt64] { outcome.executed.withLock { $0 } }

    func isAway(because reason: String) -> Bool {
      guard case .degraded(let text) = replica.health else { return false }
      return text.hasSuffix(reason)
    }

    func waitForFailure() throws -> ReplicaError {
      try SignedChain.wait { self.failure != nil }
      replica.stop()
      return try #require(failure)
    }
  }

  @Test func followsFromNothingAndLive() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    try main.extend(30)
    let server = try await FeedServer(main)
    let follower = try Follower(copy, port: server.port)
    try copy.wait(for: 30)
    try main.extend(20)
    try copy.wait(for: 50)
    follower.replica.stop()
    await server.stop()
    try copy.expectSame(as: main)
    #expect(follower.executedBlocks == Array(1...50))
    #expect(follower.failure == nil)
  }

  @Test func aLargeBlockIsVerifiedInParts() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    try main.chain.accept(try main.seal(150))
    try main.wait(for: 1)
    let server = try await FeedServer(main)
    let follower = try Follower(copy, port: server.port)
    try copy.wait(for: 1)
    follower.replica.stop()
    await server.stop()
    try copy.expectSame(as: main)
  }

  @Test func goesOnWhereItEndedAndWhenTheFeedComesBack() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    try main.extend(5)
    var server = try await FeedServer(main)
    let port = server.port
    let first = try Follower(copy, port: port)
    try copy.wait(for: 5)
    first.replica.stop()
    try main.extend(5)
    let second = try Follower(copy, port: port)
    try copy.wait(for: 10)
    await server.stop()
    try SignedChain.wait { second.replica.health != .ready }
    guard case .degraded(let reason) = second.replica.health else {
      Issue.record("a node whose feed is away is degraded, not \(second.replica.health)")
      return
    }
    #expect(reason.contains("does not feed this node"))
    #expect(second.replica.lag?.waitingFor == "main_node")
    try main.extend(5)
    server = try await FeedServer(main, port: port)
    try copy.wait(for: 15)
    try SignedChain.wait { second.replica.health == .ready }
    second.replica.stop()
    await server.stop()
    try copy.expectSame(as: main)
    #expect(second.executedBlocks == Array(6...15))
  }

  @Test func canBeFollowedItself() async throws {
    let main = try SignedChain(), middle = try SignedChain(), last = try SignedChain()
    let server = try await FeedServer(main) { FeedPosition(head: 3, safe: 2, finalized: 1) }
    let follower = try Follower(middle, port: server.port)
    let relay = try await FeedServer(middle) { follower.replica.position ?? FeedPosition(head: 0) }
    let end = try Follower(last, port: relay.port)
    try main.extend(3)
    try last.wait(for: 3)
    try SignedChain.wait { end.replica.position?.finalized == 1 }
    #expect(end.replica.position == FeedPosition(head: 3, safe: 2, finalized: 1))
    end.replica.stop()
    follower.replica.stop()
    await relay.stop()
    await server.stop()
    try last.expectSame(as: main)
  }

  @Test func aForkIsRefusedBeforeTheFirstBlockAndSaysWhereTheChainsPart() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    try main.extend(4)
    let server = try await FeedServer(main)
    let follower = try Follower(copy, port: server.port)
    try copy.wait(for: 4)
    follower.replica.stop()
    // Each goes its own way.
    try main.extend(6, to: Address(1))
    try copy.extendAfterFollowing(3, to: Address(2))
    let lost = try Follower(copy, port: server.port)
    let error = try lost.waitForFailure()
    guard case .fork(_, _, common: 4) = error else {
      Issue.record("expected a fork after block 4, got \(error)")
      return
    }
    #expect("\(error)".contains("they part after block 4"))
    #expect(copy.chain.stream.head == 7)
    await server.stop()
  }

  @Test func aChainAheadOfTheFeedIsAFork() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    try main.extend(1)
    try copy.extend(3)
    let server = try await FeedServer(main)
    let error = try Follower(copy, port: server.port).waitForFailure()
    guard case .fork(_, _, common: 1) = error else {
      Issue.record("expected a fork after block 1, got \(error)")
      return
    }
    await server.stop()
  }

  @Test func anotherChainIsRefused() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    let server = try await FeedServer(main, chainID: 271)
    let error = try Follower(copy, port: server.port).waitForFailure()
    #expect("\(error)".contains("it feeds chain 271, this node is of chain 270"))
    await server.stop()
  }

  @Test func withoutTheTokenNothingIsFed() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    try main.extend(1)
    let server = try await FeedServer(main, token: "a token of some length")
    let stranger = try Follower(copy, port: server.port, token: "another token")
    try SignedChain.wait { stranger.isAway(because: "it wants a token (main_node_token)") }
    stranger.replica.stop()
    #expect(copy.chain.stream.head == 0)
    let friend = try Follower(copy, port: server.port, token: "a token of some length")
    try copy.wait(for: 1)
    friend.replica.stop()
    await server.stop()
  }

  @Test func whoComesWhenTheFeedIsFullComesLater() async throws {
    let main = try SignedChain(), one = try SignedChain(), two = try SignedChain()
    try main.extend(1)
    let server = try await FeedServer(main, maxFollowers: 1)
    let first = try Follower(one, port: server.port)
    try one.wait(for: 1)
    let second = try Follower(two, port: server.port)
    try SignedChain.wait { second.isAway(because: "there are 1 followers already") }
    first.replica.stop()
    try two.wait(for: 1)
    second.replica.stop()
    await server.stop()
  }

  @Test func whoTakesNothingIsLetGo() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    // More than fits into what lies between two ends of a connection.
    try main.extend(40, input: [UInt8](repeating: 1, count: 300_000))
    let server = try await FeedServer(main, patience: .milliseconds(500))
    let slow = try RawSocket(port: server.port, timeout: 60, receiveBuffer: 4_096)
    try slow.write("GET /replay/v1?from=1&parent=\(main.genesisHash) HTTP/1.1\r\nhost: here\r\n\r\n")
    try SignedChain.wait { main.registry.value("replay_feed_dropped_total") == 1 }
    try SignedChain.wait { main.registry.value("replay_feed_followers") == 0 }
    // Nobody else is the worse.
    let follower = try Follower(copy, port: server.port)
    try copy.wait(for: 40)
    follower.replica.stop()
    slow.close()
    await server.stop()
    try copy.expectSame(as: main)
  }

  @Test func aTransactionThatWasNotSignedBySenderIsNotExecuted() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    try main.extend(1)
    let other = try #require(Secp256k1.PrivateKey(hex: String(repeating: "47", count: 32)))
    try main.chain.accept(try main.seal(40, by: other))
    try main.wait(for: 2)
    let server = try await FeedServer(main)
    let error = try Follower(copy, port: server.port).waitForFailure()
    #expect("\(error)".contains("was not sent by \(main.sender)"))
    try copy.wait(for: 1)
    #expect(copy.chain.stream.head == 1)
    await server.stop()
  }

  @Test func aBlockThatComesOutDifferentlyIsNotKeptAndIsWrittenDown() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    try main.extend(2)
    var block = try main.seal()
    block = SealedBlock(record: block.record.with(outputHash: .zero), output: block.output)
    try main.chain.accept(block)
    try main.wait(for: 3)
    let server = try await FeedServer(main)
    let error = try Follower(copy, port: server.port).waitForFailure()
    guard case .diverged(.outputDiffers(block: 3, stored: .zero, computed: _), let report?) = error else {
      Issue.record("expected another output of block 3, got \(error)")
      return
    }
    try copy.wait(for: 2)
    #expect(copy.chain.stream.head == 2)
    #expect(try ReplayRecord(decoding: TemporaryDirectory.read(report + "/record.bin")) == block.record)
    let text = String(decoding: TemporaryDirectory.read(report + "/report.txt"), as: UTF8.self)
    #expect(text.contains("succeeded gas=21000") && text.contains("block \(block.record.blockHash)"))
    await server.stop()
  }

  @Test func aStateThatDiffersEndsIt() async throws {
    let main = try SignedChain(), copy = try SignedChain()
    try main.extend(2)
    let theirs = StateCommitment(root: Bytes32(1 as UInt256), leafCount: 3)
    let stream = main.chain.stream
    let server = try await FeedServer(main) {
      FeedPosition(head: stream.head, state: CommittedState(block: 2, commitment: theirs))
    }
    let same = try Follower(copy, port: server.port, commitment: { $0 == 2 ? theirs : nil })
    try copy.wait(for: 2)
    try SignedChain.wait { same.replica.position != nil }
    same.replica.stop()
    #expect(same.failure == nil)
    let error = try Follower(copy, port: server.port) { _ in
      StateCommitment(root: Bytes32(2 as UInt256), leafCount: 3)
    }.waitForFailure()
    guard case .stateDiffers(block: 2, _, _) = error else {
      Issue.record("expected another state, got \(error)")
      return
    }
    await server.stop()
  }
}

extension ReplayRecord {
  func with(outputHash: Bytes32?) -> ReplayRecord {
    var record = self
    record.outputHash = outputHash
    return record
  }
}
