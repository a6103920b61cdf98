import Cryptography
import EVM
import Ethereum
import Primitives
import RandomTesting
import Testing

@Suite("Worlds that stand on a kept state")
struct WorldStateTests {
  private static func randomAccounts(_ random: inout SplitMix64) -> [Address: Account] {
    var accounts: [Address: Account] = [:]
    for number in 1...12 as ClosedRange<UInt64> where random.next() % 3 > 0 {
      var storage: [UInt256: UInt256] = [:]
      for slot in 0..<random.next() % 4 { storage[UInt256(slot)] = UInt256(1 + random.next() % 9) }
      accounts[Address(number)] = Account(
        nonce: random.next() % 3, balance: UInt256(random.next() % 3), code: random.next() % 2 == 0 ? [] : [1, 2],
        storage: storage)
    }
    return accounts
  }

  /// One thing that a transaction may do, to both worlds.
  private static func step(_ random: inout SplitMix64, _ worlds: inout [WorldState]) {
    let address = Address(1 + random.next() % 14), kind = random.next() % 12, word = random.next() % 3
    for index in worlds.indices {
      switch kind {
      case 0, 1: worlds[index].setBalance(address, UInt256(word))
      case 2: worlds[index].setNonce(address, word)
      case 3: [UInt8](repeating: 7, count: Int(word)).withUnsafeBytes { worlds[index].setCode(address, $0) }
      case 4:
        // As creations do it: where nothing stands in the way.
        if worlds[index].peekNonce(address) == 0, worlds[index].code(address) == nil, !worlds[index].hasStorage(address)
        {
          worlds[index].markCreated(address)
          worlds[index].setNonce(address, 1)
        }
      case 5: _ = worlds[index].markDestroyed(address)
      case 6: _ = worlds[index].warm(address)
      default:
        // Code runs in accounts that exist.
        if worlds[index].exists(address) {
          worlds[index].setStorage(address, UInt256(kind % 4), UInt256(word))
        }
      }
    }
  }

  private static func expectSame(_ worlds: [WorldState]) {
    for number in 1...14 as ClosedRange<UInt64> {
      let address = Address(number)
      #expect(worlds[0].exists(address) == worlds[1].exists(address))
      #expect(worlds[0].peekBalance(address) == worlds[1].peekBalance(address))
      #expect(worlds[0].peekNonce(address) == worlds[1].peekNonce(address))
      #expect(worlds[0].peekCode(address) == worlds[1].peekCode(address))
      #expect(worlds[0].codeHash(address) == worlds[1].codeHash(address))
      #expect(worlds[0].hasStorage(address) == worlds[1].hasStorage(address))
      for slot in 0..<4 as Range<UInt64> {
        #expect(worlds[0].peekStorage(address, UInt256(slot)) == worlds[1].peekStorage(address, UInt256(slot)))
        #expect(worlds[0].originalStorage(address, UInt256(slot)) == worlds[1].originalStorage(address, UInt256(slot)))
      }
    }
  }

  @Test("It is the world of the same accounts, through transactions, reverts, creations and destructions")
  func likeACompleteWorld() {
    var random = SplitMix64(seed: 4)
    for _ in 0..<30 {
      let accounts = Self.randomAccounts(&random)
      var state = StateTrie(accounts: accounts)
      var complete = WorldState(accounts: accounts)
      for _ in 0..<3 {
        var worlds = [complete, WorldState(base: state)]
        for _ in 0..<4 {
          var marks: [[Int]] = []
          for _ in 0..<random.next() % 20 {
            switch random.next() % 8 {
            case 0: marks.append(worlds.indices.map { worlds[$0].mark() })
            case 1:
              if let last = marks.popLast() { for index in worlds.indices { worlds[index].undo(to: last[index]) } }
            default: Self.step(&random, &worlds)
            }
            Self.expectSame(worlds)
          }
          for index in worlds.indices { _ = worlds[index].finishTransaction(clearsEmptyAccounts: true) }
          Self.expectSame(worlds)
          #expect(worlds[0].stateRoot == worlds[1].stateRoot)
        }
        state.apply(worlds[1].changes)
        complete = worlds[0]
        #expect(state.root == complete.stateRoot)
      }
    }
  }

  @Test("A state that does not change has no changes, whatever was read")
  func noChanges() {
    let address = Address(7)
    var world = WorldState(base: StateTrie(accounts: [address: Account(balance: 5, code: [1], storage: [1: 2])]))
    world.setBalance(address, 6)
    world.setBalance(address, 5)
    world.setStorage(address, 1, 3)
    world.setStorage(address, 1, 2)
    _ = world.finishTransaction(clearsEmptyAccounts: true)
    #expect(world.peekStorage(address, 2).isZero && world.peekBalance(Address(8)).isZero)
    #expect(world.changes.accounts.isEmpty)
  }

  @Test("Overrides: every field alone, a whole storage, some slots, an account that was not there")
  func overrides() throws {
    let address = Address(7), other = Address(8)
    let accounts = [address: Account(nonce: 1, balance: 5, code: [1], storage: [1: 2, 3: 4])]
    for complete in [true, false] {
      func world(_ change: AccountOverride, _ address: Address) -> WorldState {
        var world = complete ? WorldState(accounts: accounts) : WorldState(base: StateTrie(accounts: accounts))
        world.override(address, with: change)
        _ = world.finishTransaction(clearsEmptyAccounts: true)
        return world
      }
      func root(_ account: Account, _ address: Address) -> Bytes32 {
        StateTrie(accounts: accounts.merging([address: account]) { $1 }).root
      }
      let storage: [UInt256: UInt256] = [1: 2, 3: 4]
      #expect(
        world(AccountOverride(nonce: 9), address).stateRoot
          == root(Account(nonce: 9, balance: 5, code: [1], storage: storage), address))
      #expect(
        world(AccountOverride(balance: 9), address).stateRoot
          == root(Account(nonce: 1, balance: 9, code: [1], storage: storage), address))
      #expect(
        world(AccountOverride(code: [9]), address).stateRoot
          == root(Account(nonce: 1, balance: 5, code: [9], storage: storage), address))
      #expect(
        world(AccountOverride(storage: [5: 6, 7: 0], slots: [8: 9]), address).stateRoot
          == root(Account(nonce: 1, balance: 5, code: [1], storage: [5: 6, 8: 9]), address))
      #expect(
        world(AccountOverride(slots: [1: 0, 8: 9]), address).stateRoot
          == root(Account(nonce: 1, balance: 5, code: [1], storage: [3: 4, 8: 9]), address))
      #expect(world(AccountOverride(slots: [1: 2]), other).stateRoot == root(Account(storage: [1: 2]), other))
      #expect(!world(AccountOverride(slots: [1: 0, 3: 0]), address).hasStorage(address))
    }
  }
}
