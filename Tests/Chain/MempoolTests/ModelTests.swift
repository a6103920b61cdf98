import Mempool
import Primitives
import RandomTesting
import Synchronization
import TelemetryTesting
import Testing
import Transactions

/// The pool against a slow model that keeps a plain list and computes everything anew.
@Suite struct ModelTests {
  struct Model {
    var accounts: [Address: AccountState] = [:]
    /// In order of arrival.
    var waiting: [RecoveredTransaction] = []

    func signed(_ recovered: RecoveredTransaction) -> SignedTransaction {
      guard case .signed(let signed) = recovered.transaction else { preconditionFailure("L2 only") }
      return signed
    }

    /// What each sender could execute, in nonce order.
    func executable() -> [Address: [RecoveredTransaction]] {
      var result: [Address: [RecoveredTransaction]] = [:]
      for (sender, account) in accounts {
        var nonce = account.nonce, cost: UInt256 = 0
        while let next = waiting.first(where: { $0.sender == sender && $0.nonce == nonce }) {
          let transaction = signed(next)
          cost = cost + UInt256(transaction.gasLimit) * transaction.maxFeePerGas + transaction.value
          if cost > account.balance { break }
          result[sender, default: []].append(next)
          nonce += 1
        }
      }
      return result
    }

    /// The order in which a block takes them.
    func order() -> [RecoveredTransaction] {
      var left = executable(), result: [RecoveredTransaction] = []
      while true {
        let heads = waiting.filter { left[$0.sender]?.first == $0 }
        guard var best = heads.first else { return result }
        for head in heads where signed(head).maxPriorityFeePerGas > signed(best).maxPriorityFeePerGas { best = head }
        result.append(best)
        left[best.sender]?.removeFirst()
      }
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func randomOperationsAgree(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let test = TestPool()
    var model = Model()
    let senders = (1...5).map {
      test.sender($0, balance: UInt256(UInt64.random(in: 1...4, using: &random) * 420_000_000))
    }
    for sender in senders { model.accounts[sender] = test.accounts[sender] }

    for step in 0..<300 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<8:
        let sender = senders[Int.random(in: 0..<5, using: &random)]
        let account = test.accounts[sender]
        let new = transaction(
          from: sender, nonce: account.nonce + UInt64.random(in: 0..<4, using: &random),
          tip: UInt256(UInt64.random(in: 1...5, using: &random)), value: UInt256(UInt64(step)))
        let known = model.waiting.contains { $0.sender == sender && $0.nonce == new.nonce }
        let cost = UInt256(210_000_000) + UInt256(UInt64(step))
        if cost > account.balance {
          #expect(throws: MempoolError.insufficientFunds(balance: account.balance, cost: cost)) {
            try test.pool.add(new)
          }
        } else if known {
          #expect(throws: MempoolError.replacementUnderpriced) { try test.pool.add(new) }
        } else {
          try test.pool.add(new)
          model.waiting.append(new)
        }
      case 8:
        // A block with some of what is offered; somebody unrelated receives something.
        var order = test.takeAll()
        #expect(order == model.order())
        order.removeLast(Int.random(in: 0...order.count, using: &random))
        var changed: [Address: AccountState] = [:]
        for included in order {
          let before = changed[included.sender] ?? test.accounts[included.sender]
          changed[included.sender] = AccountState(nonce: included.nonce + 1, balance: before.balance &- 1_000)
        }
        let lucky = senders[Int.random(in: 0..<5, using: &random)]
        var account = changed[lucky] ?? test.accounts[lucky]
        account.balance = UInt256(UInt64.random(in: 0...5, using: &random) * 420_000_000)
        changed[lucky] = account
        for (address, account) in changed {
          test.accounts[address] = account
          model.accounts[address] = account
        }
        test.pool.apply(ExecutedBlock(baseFee: 1000, transactions: order, accounts: changed))
        test.pool.published(order.map(\.hash))
        model.waiting.removeAll { $0.nonce < (model.accounts[$0.sender]?.nonce ?? 0) }
      default:
        guard let first = test.take() else { continue }
        test.pool.reject(first.hash, "it cannot be executed")
        model.waiting.removeAll { $0 == first }
        test.seal([])
      }
      let executable = model.executable()
      #expect(test.pool.counts.executable == executable.values.reduce(0) { $0 + $1.count })
      #expect(test.pool.counts.executable + test.pool.counts.parked == model.waiting.count)
      #expect(test.metrics.value("mempool_executable") == Double(test.pool.counts.executable))
      #expect(test.metrics.value("mempool_parked") == Double(test.pool.counts.parked))
      for sender in senders {
        let expected = (model.accounts[sender]?.nonce ?? 0) + UInt64(executable[sender]?.count ?? 0)
        #expect(try test.pool.pendingNonce(for: sender) == expected)
      }
    }
  }

  @Test func aSmallPoolUnderPressureKeepsItsInvariants() {
    var random = SplitMix64(seed: 7)
    let test = TestPool {
      $0.maxCount = 20
      $0.maxCountPerSender = 6
    }
    let senders = (1...10).map { test.sender($0, balance: 1_500_000_000) }
    for _ in 0..<5_000 {
      let sender = senders[Int.random(in: 0..<10, using: &random)]
      let nonce = test.accounts[sender].nonce + UInt64.random(in: 0..<8, using: &random)
      let tip = UInt256(UInt64.random(in: 0..<500, using: &random))
      try? test.pool.add(transaction(from: sender, nonce: nonce, tip: tip, feeCap: 5_000 + tip))
      let counts = test.pool.counts
      #expect(counts.executable + counts.parked <= 20)
      if Int.random(in: 0..<40, using: &random) == 0 {
        let all = test.takeAll()
        #expect(all.count == counts.executable)
        for sender in senders {
          let nonces = all.filter { $0.sender == sender }.map(\.nonce)
          let first = test.accounts[sender].nonce
          #expect(nonces == (0..<UInt64(nonces.count)).map { first + $0 })
        }
        test.seal(Array(all.prefix(Int.random(in: 0...all.count, using: &random))))
      }
    }
    #expect(test.takeAll().count == test.pool.counts.executable)
  }

  @Test func threadsMayAddWhileABlockIsBuilt() async {
    let test = TestPool()
    let senders = (0..<8).map { test.sender($0) }
    await withTaskGroup(of: [RecoveredTransaction].self) { group in
      for sender in senders {
        group.addTask {
          for nonce in 0..<200 as Range<UInt64> { try? test.pool.add(transaction(from: sender, nonce: nonce)) }
          return []
        }
      }
      group.addTask {
        var executed: [RecoveredTransaction] = []
        while executed.count < 1_600 {
          let block = test.takeAll()
          test.seal(block)
          executed += block
          await Task.yield()
        }
        return executed
      }
      for await executed in group where !executed.isEmpty {
        #expect(Set(executed.map(\.hash)).count == 1_600)
        for sender in senders {
          #expect(executed.filter { $0.sender == sender }.map(\.nonce) == Array(0..<200))
        }
      }
    }
    #expect(test.pool.counts == (0, 0))
  }
}

@Suite struct IndexedHeapTests {
  @Test func agreesWithAList() {
    var random = SplitMix64(seed: 3)
    var heap = IndexedHeap<Int>()
    var list: [Int: Int] = [:]
    for _ in 0..<20_000 {
      let id = Int.random(in: 0..<60, using: &random)
      let priority = Int.random(in: 0..<5, using: &random) == 0 ? nil : Int.random(in: 0..<100, using: &random)
      heap.set(id, priority)
      list[id] = priority
      #expect(heap.count == list.count)
      #expect(heap.top?.priority == list.values.max())
      if let top = heap.top { #expect(list[top.id] == top.priority) }
    }
  }
}
