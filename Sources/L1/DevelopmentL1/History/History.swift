import Ethereum
import Primitives
import Transactions

/// The blocks up to the newest, by number, by hash and by what is in them, with the states after the newest of them.
struct History: Sendable {
  /// Where a transaction is.
  struct Place: Sendable, Equatable {
    var block: UInt64
    var index: Int
  }

  private struct SenderNonce: Hashable, Sendable {
    let sender: Address
    let nonce: UInt64
  }

  /// The newest states that are kept in memory. Older ones are made again from the journal.
  let stateLimit: Int
  /// Bodies of the newest blocks that are kept in memory, in bytes of their transactions' input and their logs.
  let bodyBytesLimit: Int

  private(set) var head: ChainBlock
  /// The number of the first block.
  let first: UInt64
  /// Nobody knows the states before this block's: it came from elsewhere, with the state after it.
  private(set) var firstState: UInt64
  /// The last block that every chain has that begins like this one.
  private(set) var beginning: UInt64
  private var blocks: [UInt64: ChainBlock] = [:]
  private var numbers: [Bytes32: UInt64] = [:]
  private var places: [Bytes32: Place] = [:]
  private var hashes: [SenderNonce: Bytes32] = [:]
  private var states: [UInt64: StateTrie] = [:]
  private var oldestState: UInt64
  private var bodies: [UInt64: BlockBody] = [:]
  private var oldestBody: UInt64
  private var bodyBytes = 0

  /// A chain that begins with `first`.
  init(first: ChainBlock, body: BlockBody, state: StateTrie?, stateLimit: Int, bodyBytesLimit: Int = 64 << 20) {
    self.stateLimit = stateLimit
    self.bodyBytesLimit = bodyBytesLimit
    head = first
    self.first = first.number
    firstState = first.number
    beginning = first.number
    oldestState = first.number
    oldestBody = first.number
    append(first, body, state: state)
  }

  func block(_ number: UInt64) -> ChainBlock? { blocks[number] }

  /// Every block, in order. There may be gaps in a chain that came from elsewhere.
  var all: [ChainBlock] { blocks.values.sorted { $0.number < $1.number } }

  func number(of hash: Bytes32) -> UInt64? { numbers[hash] }

  func place(of hash: Bytes32) -> Place? { places[hash] }

  func transactionHash(sender: Address, nonce: UInt64) -> Bytes32? {
    hashes[SenderNonce(sender: sender, nonce: nonce)]
  }

  /// The state after a block, with what was changed before the next one; `nil` where it is not in memory.
  func state(_ number: UInt64) -> StateTrie? { states[number] }

  /// The state that the next block begins with.
  var headState: StateTrie {
    // The newest state is never dropped.
    states[head.number] ?? StateTrie()
  }

  /// The newest block that the first `length` bytes of the journal tell of; the first one where they tell of none.
  func newest(before length: UInt64) -> UInt64 {
    var number = head.number
    while let block = blocks[number], block.journalStart >= length, blocks[number &- 1] != nil { number -= 1 }
    return number
  }

  /// The body of a block, where it is in memory.
  func body(_ number: UInt64) -> BlockBody? {
    if case .memory(let body)? = blocks[number]?.place { return body }
    return bodies[number]
  }

  /// The hash of a block, as BLOCKHASH gives it: zero where there is none.
  func hash(_ number: UInt64) -> Bytes32 { blocks[number]?.hash ?? .zero }

  // MARK: Changing

  /// Adds a block that is the new head. Without `state` nobody knows the state after it.
  mutating func append(_ block: ChainBlock, _ body: BlockBody, state: StateTrie?) {
    head = block
    blocks[block.number] = block
    numbers[block.hash] = block.number
    for (index, transaction) in body.transactions.enumerated() {
      places[transaction.hash] = Place(block: block.number, index: index)
      hashes[SenderNonce(sender: transaction.sender, nonce: transaction.nonce)] = transaction.hash
    }
    states[block.number] = state
    trimStates()
    guard case .journal = block.place else { return }
    bodies[block.number] = body
    bodyBytes += body.weight
    trimBodies()
  }

  /// Everything that the chain begins with is there: states are known from the newest block on.
  ///
  /// - Parameter following: blocks that belong to the beginning, too, and come yet.
  mutating func begin(following: UInt64) {
    firstState = head.number
    beginning = head.number + following
  }

  /// The state after a block has become known.
  mutating func remember(_ state: StateTrie, after number: UInt64) {
    guard number >= oldestState else { return }
    states[number] = state
    trimStates()
  }

  /// Something changed the newest state beside the blocks.
  mutating func replaceHeadState(_ state: StateTrie) { states[head.number] = state }

  /// Forgets the newest block, whose body is `body`, in favour of the one before it.
  mutating func removeHead(_ body: BlockBody, parentState: StateTrie) {
    guard let parent = blocks[head.number &- 1] else { return }
    blocks[head.number] = nil
    if numbers[head.hash] == head.number { numbers[head.hash] = nil }
    for transaction in body.transactions {
      places[transaction.hash] = nil
      hashes[SenderNonce(sender: transaction.sender, nonce: transaction.nonce)] = nil
    }
    states[head.number] = nil
    if let dropped = bodies.removeValue(forKey: head.number) { bodyBytes -= dropped.weight }
    head = parent
    states[parent.number] = parentState
    oldestState = min(oldestState, parent.number)
    oldestBody = min(oldestBody, parent.number)
  }

  private mutating func trimStates() {
    while states.count > stateLimit, oldestState < head.number {
      states[oldestState] = nil
      oldestState += 1
    }
  }

  private mutating func trimBodies() {
    while bodyBytes > bodyBytesLimit, oldestBody < head.number {
      if let dropped = bodies.removeValue(forKey: oldestBody) { bodyBytes -= dropped.weight }
      oldestBody += 1
    }
  }
}

extension BlockBody {
  /// About how many bytes it takes in memory.
  fileprivate var weight: Int {
    var sum = 256
    for transaction in transactions {
      if case .signed(let signed) = transaction.transaction { sum += 512 + signed.input.count }
    }
    for receipt in receipts { sum += 256 + receipt.logs.reduce(0) { $0 + 256 + $1.data.count } }
    return sum
  }
}
