import Chain
import ChainStorage
import Mempool
import Primitives
import Transactions
import ZKsyncOS

/// The accounts as the newest executed block left them, whether readers can see that block yet or not.
public struct StateAccounts: AccountReader {
  private let state: StateStore

  public init(_ state: StateStore) { self.state = state }

  public func account(_ address: Address) throws(MempoolError) -> AccountState {
    do {
      return AccountState(try state.view(at: state.latest).account(address))
    } catch {
      throw .stateUnavailable("\(error)")
    }
  }
}

extension AccountState {
  /// What the pool needs of an account's properties.
  init(_ properties: AccountProperties) {
    self.init(nonce: properties.nonce, balance: properties.balance, isContract: properties.isContract)
  }
}

extension ExecutedBlock {
  /// What the pool has to know of a block.
  package init(_ block: SealedBlock, baseFee: UInt256) {
    var accounts: [Address: AccountState] = [:]
    accounts.reserveCapacity(block.output.accountDiffs.count)
    for diff in block.output.accountDiffs { accounts[diff.address] = AccountState(diff.after) }
    self.init(
      baseFee: baseFee, transactions: block.record.transactions.filter(\.isSigned), accounts: accounts)
  }
}

extension RecoveredTransaction {
  /// Whether somebody signed it, rather than L1 requested it.
  var isSigned: Bool {
    if case .signed = transaction { return true }
    return false
  }

  /// The priority id, where L1 requested the transaction and it is no upgrade.
  public var priorityID: UInt64? {
    guard case .request(let request) = transaction, request.kind == .priority else { return nil }
    return request.nonce
  }
}

extension ReplayRecord {
  /// The id of the request of L1 that the block after this one begins with.
  public var nextPriorityID: UInt64 {
    transactions.compactMap(\.priorityID).last.map { $0 + 1 } ?? firstPriorityID
  }
}
