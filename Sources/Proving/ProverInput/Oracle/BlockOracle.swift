import Primitives
import StateTree
import ZKsyncOS

// The type of the tree, not the function of the same name in the state transition.

/// A block as its proving run begins: everything that does not depend on the state's contents.
public struct ProvingBlock: Sendable {
  public var context: BlockContext
  /// The included transactions in the virtual machine's encoding, in order.
  public var transactions: [[UInt8]]
  /// The state before the block.
  public var before: StateCommitment

  public init(context: BlockContext, transactions: [[UInt8]], before: StateCommitment) {
    self.context = context
    self.transactions = transactions
    self.before = before
  }
}

/// Answers a guest from a block, the state tree before it, and a store of preimages. It knows nothing of the block's
/// execution: what it records is what the guest itself wanted to know.
public struct BlockOracle: OracleAnswers {
  private let block: ProvingBlock
  private let tree: TreeView
  private let state: any StateView
  /// Transactions handed out so far.
  private var taken = 0
  /// Whether the size of the next transaction was asked, and its content was not yet.
  private var isAnnounced = false

  public init(_ block: ProvingBlock, tree: TreeView, state: any StateView) {
    self.block = block
    self.tree = tree
    self.state = state
  }

  public mutating func answer(_ query: OracleQuery, into answer: inout WordStream) throws(ProverInputError) {
    switch query.kind {
    case .metadata: answer.append(metadata: block.context)
    case .initialState: answer.append(initialState: block.before)
    case .transactionSize:
      isAnnounced = taken < block.transactions.count
      answer.append(UInt64(isAnnounced ? block.transactions[taken].count : 0))
    case .transactionContent:
      guard isAnnounced else { throw .malformedQuery(id: query.kind.rawValue, "no transaction was announced") }
      answer.append(bytes: block.transactions[taken])
      taken += 1
      isAnnounced = false
    case .slot:
      guard let slot = query.slot else { throw malformed(query) }
      let value = try asking { () throws(StateTreeError) in try tree.value(of: FlatKey.of(slot.address, slot.key)) }
      answer.append(slot: value)
    case .preimage:
      guard let hash = query.bytes32 else { throw malformed(query) }
      answer.append(bytes: try state.requirePreimage(hash))
    case .proof:
      guard let index = query.number else { throw malformed(query) }
      answer.append(try asking { () throws(StateTreeError) in try tree.proof(at: index) })
    case .previousIndex:
      guard let key = query.bytes32 else { throw malformed(query) }
      guard case .absent(let previous, _) = try asking({ () throws(StateTreeError) in try tree.position(of: key) })
      else { throw .malformedQuery(id: query.kind.rawValue, "the tree has the key \(key)") }
      answer.append(previous)
    case .exactIndex:
      guard let key = query.bytes32 else { throw malformed(query) }
      guard case .existing(let index) = try asking({ () throws(StateTreeError) in try tree.position(of: key) })
      else { throw .malformedQuery(id: query.kind.rawValue, "the tree lacks the key \(key)") }
      answer.append(index)
    case .disconnect, .text:
      break
    }
  }

  private func malformed(_ query: OracleQuery) -> ProverInputError {
    .malformedQuery(id: query.kind.rawValue, "\(query.parameters.count) parameters")
  }

  private func asking<T>(_ body: () throws(StateTreeError) -> T) throws(ProverInputError) -> T {
    do { return try body() } catch { throw .tree(error) }
  }
}

extension StateView {
  /// The bytes behind a hash, which the state must know.
  func requirePreimage(_ hash: Bytes32) throws(ProverInputError) -> [UInt8] {
    let found: [UInt8]?
    do { found = try preimage(hash) } catch { throw .state(error) }
    guard let found else { throw .missingPreimage(hash) }
    return found
  }
}

extension WordStream {
  /// Block metadata: 2,094 words. Source: zksync-os `zk_ee/src/system/metadata/basic_metadata.rs`.
  mutating func append(metadata context: BlockContext) {
    reserve(2094)
    append(context.baseFee)
    append(context.gasPerPubdata)
    append(context.nativePrice)
    append(context.number)
    append(context.timestamp)
    append(context.chainID)
    append(context.gasLimit)
    append(context.coinbase)
    for hash in context.blockHashes.hashes { append(UInt256(hash)) }
    append(context.mixHash)
  }

  /// The state before the block: 22 words, of which the guest uses the first ten.
  mutating func append(initialState state: StateCommitment) {
    append(state.root)
    append(state.leafCount)
    append(Bytes32.zero)
    append(0 as UInt64)
    append(false)
  }

  /// A slot: whether the tree lacks it, and its value; ten words.
  mutating func append(slot value: Bytes32?) {
    append(value == nil)
    append(value ?? .zero)
  }

  /// A leaf with its path: 532 words.
  mutating func append(_ proof: LeafProof) {
    reserve(532)
    append(proof.index)
    append(proof.leaf.key)
    append(proof.leaf.value)
    append(proof.leaf.next)
    for sibling in proof.siblings { append(sibling) }
  }
}
