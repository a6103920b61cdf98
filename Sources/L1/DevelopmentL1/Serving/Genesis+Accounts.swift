import Ethereum
import L1Contracts
import Primitives
import Transactions

extension Genesis {
  /// Accounts with that much wei each, and the deployer of CREATE2, as anvil begins.
  public init(accounts: [DevelopmentAccount], balance: UInt256) {
    self.init(accounts: [L1Genesis.create2Deployer: L1Genesis.create2DeployerAccount])
    for account in accounts { self.accounts[account.address] = Account(balance: balance) }
  }

  /// The contracts of a chain with what belongs to them, see `L1Genesis`.
  public static func contracts(
    l1ChainID: UInt64, l2ChainID: UInt64, storedBatchZero: Bytes32
  ) throws(ChainError) -> Genesis {
    do {
      let genesis = try L1Genesis(l1ChainID: l1ChainID, l2ChainID: l2ChainID, storedBatchZero: storedBatchZero)
      return Genesis(
        accounts: genesis.accounts,
        transactions: try genesis.transactions.map { try RecoveredTransaction(.signed($0)) })
    } catch {
      throw .refused("the contracts cannot be deployed: \(error)")
    }
  }
}
