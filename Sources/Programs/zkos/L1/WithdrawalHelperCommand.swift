import ArgumentParser
import Cryptography
import JSON
import JSONRPC
import L1Contracts
import NIOPosix
import Primitives

/// `zkos l1 withdrawal-helper`: creates on L2 the contract whose withdrawals anybody may finalize on L1.
struct WithdrawalHelperCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdrawal-helper",
    abstract: "Create, on L2, the contract whose withdrawals anybody may finalize on a development L1.",
    discussion: """
      Where it is follows from a key that everybody knows, and contracts on L1 that believe it are for tests: those of a \
      development L1, and of 'zkos l1 deploy --withdrawal-helper' with the address that is printed here. Call \
      'withdraw(address)' of it with the ether that is to go home. A contract that is there already is left alone.
      """)

  /// What the creating account is given for its gas, in wei.
  private static let funds: UInt256 = 10_000_000_000_000_000

  @Option(help: "The node of L2.")
  var rpc = "http://127.0.0.1:3050"

  @Option(help: "Key of the account that pays: by default the one that chains begin with.")
  var privateKey = "0x7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110"

  func validate() throws {
    guard let key = Secp256k1.PrivateKey(hex: privateKey), Wallet(key) != nil else {
      throw ValidationError("--private-key is no key")
    }
  }

  func run() async throws {
    guard let key = Secp256k1.PrivateKey(hex: privateKey), let payer = Wallet(key),
      let creator = DevelopmentAccount.deployer
    else { throw ExitCode.failure }
    let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let client: JSONRPCClient
    do { client = try JSONRPCClient(url: rpc, on: loop.next()) } catch {
      try? await loop.shutdownGracefully()
      throw ValidationError(L1DeployCommand.text(of: error, rpc))
    }
    let result: Result<Address, RPCClientError>
    do throws(RPCClientError) { result = .success(try await create(client, payer, creator)) } catch {
      result = .failure(error)
    }
    await client.shutdown()
    try await loop.shutdownGracefully()
    switch result {
    case .success(let address): print(address)
    case .failure(let error): throw ValidationError(L1DeployCommand.text(of: error, rpc))
    }
  }

  /// Where the contract is, at last.
  private func create(
    _ client: JSONRPCClient, _ payer: Wallet, _ creator: DevelopmentAccount
  ) async throws(RPCClientError) -> Address {
    let helper = L1Genesis.withdrawalHelper(of: creator)
    let code = try await client.call("eth_getCode") {
      $0.data(helper)
      $0.string("latest")
    }
    if code.data?.isEmpty == false { return helper }
    let bridge = try await client.call("zks_getBridgeContracts")["l1SharedDefaultBridge"]?.address
    guard let bridge, !bridge.isZero else {
      throw .malformed("the node does not know the contracts of its L1, or not yet")
    }
    guard let wallet = Wallet(creator.key) else { throw .malformed("the key of the helper's creator is none") }
    var account = try await ChainAccount(client, wallet)
    guard account.wallet.nonce == 0 else {
      throw .malformed("\(creator.address) has sent something else first: the helper can never be at \(helper)")
    }
    var paying = try await ChainAccount(client, payer)
    try await paying.send(to: creator.address, value: Self.funds)
    let created = try await account.create(L1Deployment.withdrawalHelper(l1SharedBridge: bridge))
    guard created == helper else { throw .malformed("the helper is at \(created) and not at \(helper)") }
    return helper
  }
}
