import Ethereum
import Primitives
import Transactions

/// Does once more what the journal says was done, for the states that it led to.
struct Replay {
  var state: StateTrie
  /// Gives the hash of a block before the one that is executed.
  let blockHash: @Sendable (UInt64) -> Bytes32
  let identity: ChainIdentity

  /// - Parameter parent: the header of the block before, with its hash, where the entry is a block.
  mutating func apply(_ entry: JournalEntry, parent: (header: BlockHeader, hash: Bytes32)?) throws(ChainError) {
    switch entry {
    case .chain, .settings, .restart, .begun: break
    case .accounts(let accounts): state.merge(accounts)
    case .edit(let edit): state.apply(edit)
    case .block(let record):
      guard record.isExecuted, let parent else { return }
      try execute(record, parent: parent)
    }
  }

  private mutating func execute(
    _ record: BlockRecord, parent: (header: BlockHeader, hash: Bytes32)
  ) throws(ChainError) {
    let header = record.header
    let fields = BlockFields(
      timestamp: header.timestamp, coinbase: header.beneficiary, gasLimit: header.gasLimit,
      baseFee: header.baseFeePerGas, prevRandao: header.mixHash, extraData: header.extraData,
      parentBeaconBlockRoot: header.parentBeaconBlockRoot ?? .zero, excessBlobGas: header.excessBlobGas ?? 0)
    let builder = BlockBuilder(
      parent: parent.header, state: state, fields: fields, rules: identity.rules(chainID: record.chainID),
      blockHash: blockHash)
    for transaction in record.transactions {
      guard case .signed(let signed) = transaction.transaction else { continue }
      do throws(TransactionRefusal) {
        _ = try builder.add(signed, sender: transaction.sender)
      } catch {
        throw .inconsistent(block: header.number, "transaction \(transaction.hash): \(error)")
      }
    }
    let sealed = builder.seal()
    guard sealed.header == header else {
      throw .inconsistent(block: header.number, "its state root comes out as \(sealed.header.stateRoot)")
    }
    state = sealed.state
  }
}

extension StateTrie {
  /// Changes an account outside of transactions.
  mutating func apply(_ edit: StateEdit) {
    switch edit {
    case .balance(let address, let value): override(address, AccountOverride(balance: value))
    case .nonce(let address, let value): override(address, AccountOverride(nonce: value))
    case .code(let address, let code): override(address, AccountOverride(code: code))
    case .slot(let address, let key, let value): override(address, AccountOverride(slots: [key: value]))
    }
  }

  /// Takes accounts in as they are; slots that are not named stay.
  mutating func merge(_ accounts: [AccountRecord]) {
    var world = WorldState(base: self)
    for account in accounts {
      var slots: [UInt256: UInt256] = [:]
      for slot in account.slots { slots[slot.key] = slot.value }
      world.override(
        account.address,
        with: AccountOverride(nonce: account.nonce, balance: account.balance, code: account.code, slots: slots))
    }
    apply(world.changes)
  }

  private mutating func override(_ address: Address, _ change: AccountOverride) {
    var world = WorldState(base: self)
    world.override(address, with: change)
    apply(world.changes)
  }
}
