import ChainStorage
import EthereumAPI
import Primitives
import ZKsyncOS

/// The state after any block, as the API reads it, off the state store.
public struct StateStoreReader: StateReader {
  private let state: StateStore

  public init(_ state: StateStore) { self.state = state }

  public func balance(of address: Address, after block: UInt64) throws(ChainReadError) -> UInt256 {
    try account(address, after: block).balance
  }

  public func nonce(of address: Address, after block: UInt64) throws(ChainReadError) -> UInt64 {
    try account(address, after: block).nonce
  }

  public func residentAccount(_ address: Address, after block: UInt64) -> (balance: UInt256, nonce: UInt64)? {
    guard let view = try? state.residentView(at: block), let account = try? view.account(address) else { return nil }
    return (account.balance, account.nonce)
  }

  public func code(of address: Address, after block: UInt64) throws(ChainReadError) -> [UInt8] {
    try read(after: block) { (view) throws(StateReadError) in
      let properties = try view.account(address)
      guard properties.codeLength > 0 else { return [] }
      guard let stored = try view.preimage(properties.bytecodeHash) else {
        throw StateReadError("the code of account \(address) is missing")
      }
      return Array(stored.prefix(Int(properties.codeLength)))
    }
  }

  public func storage(of address: Address, key: Bytes32, after block: UInt64) throws(ChainReadError) -> Bytes32 {
    try read(after: block) { (view) throws(StateReadError) in try view.slot(FlatKey.of(address, key)) ?? .zero }
  }

  private func account(_ address: Address, after block: UInt64) throws(ChainReadError) -> AccountProperties {
    try read(after: block) { (view) throws(StateReadError) in try view.account(address) }
  }

  private func read<R>(
    after block: UInt64, _ body: (ChainStateView) throws(StateReadError) -> R
  ) throws(ChainReadError) -> R {
    let view: ChainStateView
    do throws(StorageError) { view = try state.view(at: block) } catch { throw .stateNotAvailable(block: block) }
    do throws(StateReadError) { return try body(view) } catch { throw .failed(error.description) }
  }
}
