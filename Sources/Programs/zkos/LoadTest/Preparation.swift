import EVMBenchmark
import ArgumentParser
import JSON
import JSONRPC
import Primitives
import Transactions

/// Gives wallets what they need before the load begins.
struct Preparation: Sendable {
  let client: JSONRPCClient
  let chain: ChainFacts

  /// Wei for each wallet: enough for a million transfers.
  private static let allowance: UInt256 = 100_000_000_000_000_000

  /// Brings every wallet to its allowance and learns its nonce.
  func fund(_ wallets: inout [Wallet], from funder: Wallet) async throws {
    var funder = funder
    funder.nonce = try await nonce(of: funder.address)
    var last: Bytes32?
    for index in wallets.indices {
      wallets[index].nonce = try await nonce(of: wallets[index].address)
      let address = wallets[index].address
      let balance = try await client.call("eth_getBalance") {
        $0.data(address)
        $0.string("latest")
      }.quantity
      guard let balance, balance < Self.allowance else { continue }
      let transfer = try funder.sign(chain, gas: 21_000, to: address, value: Self.allowance)
      last = try await send(transfer)
    }
    if let last { try await waitForSuccess(last) }
  }

  /// Deploys the token and gives every wallet some; its address.
  func deployToken(for wallets: [Wallet], from funder: Wallet) async throws -> Address {
    var funder = funder
    funder.nonce = try await nonce(of: funder.address)
    guard let code = Hex.decode(TokenArtifact.initCode) else { throw ValidationError("the token does not decode") }
    let deployment = try funder.sign(chain, gas: 2_000_000, to: nil, input: code)
    let receipt = try await waitForSuccess(try await send(deployment))
    guard let token = receipt["contractAddress"]?.address else {
      throw ValidationError("the token has no address")
    }
    var last: Bytes32?
    for wallet in wallets {
      let input = TokenArtifact.transfer(to: wallet.address, amount: 1_000_000_000)
      last = try await send(try funder.sign(chain, gas: 100_000, to: token, input: input))
    }
    if let last { try await waitForSuccess(last) }
    return token
  }

  private func nonce(of address: Address) async throws -> UInt64 {
    let count = try await client.call("eth_getTransactionCount") {
      $0.data(address)
      $0.string("pending")
    }.quantity64
    guard let count else { throw ValidationError("the node does not say the nonce of \(address)") }
    return count
  }

  private func send(_ transaction: SignedTransaction) async throws -> Bytes32 {
    let envelope = transaction.envelope
    _ = try await client.call("eth_sendRawTransaction") { $0.data(envelope) }
    return transaction.hash
  }

  @discardableResult
  private func waitForSuccess(_ hash: Bytes32) async throws -> JSONValue {
    for _ in 0..<1_000 {
      let receipt = try await client.call("eth_getTransactionReceipt") { $0.data(hash) }
      if !receipt.isNull {
        guard receipt["status"]?.quantity64 == 1 else { throw ValidationError("transaction \(hash) failed") }
        return receipt
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw ValidationError("transaction \(hash) was not included within 20 seconds")
  }
}
