import ArgumentParser
import Batches
import Cryptography
import JSONRPC
import L1Contracts
import NIOPosix
import Primitives

/// `zkos l1 deploy`: creates the contracts of a chain on any L1 and says how to start a node on them.
struct L1DeployCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deploy",
    abstract: "Deploy the contracts of a test chain to an L1, and print the node's options for them.",
    discussion: """
      The contracts take an empty proof for true: they are for tests. Where the first request is the deposit that the \
      reference begins with, its 10^29 wei are backed by nothing, and everybody knows the key of the account that gets \
      them: whoever deposits there for real may find the vault empty.
      """)

  @Option(help: "The L1.")
  var rpc = "http://127.0.0.1:8545"

  @Option(help: "Key of the account that pays: by default the first that development chains have.")
  var privateKey = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"

  @Option(name: .customLong("l2-chain-id"), help: "Chain id of the chain that shall settle there.")
  var l2ChainID: UInt64 = 270

  @Option(help: "Account that may commit, prove and execute: by default that of the default operator key.")
  var validator = "0x5927c313861c01b82a026e35d93cc787e5356c0f"

  @Option(help: "Account that may change the validators: by default the one that pays.")
  var admin: String?

  @Option(help: "Hash of the batch before the first: by default of a chain that begins without accounts.")
  var storedBatchZero = StoredBatchInfo.ofEmptyChain.hash.description

  @Option(help: "Address of the contract of L2 whose withdrawals anybody may finalize.")
  var withdrawalHelper = "0x0000000000000000000000000000000000000000"

  @Option(help: "Seconds between the commit of a batch and its execution.")
  var executionDelay: UInt32 = 0

  @Flag(inversion: .prefixedNo, help: "Let the first request be the deposit that the reference begins with.")
  var forcedDeposit = true

  func validate() throws {
    guard let key = Secp256k1.PrivateKey(hex: privateKey), Wallet(key) != nil else {
      throw ValidationError("--private-key is no key")
    }
    guard Address(hex: validator) != nil else { throw ValidationError("--validator is no address") }
    guard admin.map({ Address(hex: $0) != nil }) ?? true else { throw ValidationError("--admin is no address") }
    guard Address(hex: withdrawalHelper) != nil else { throw ValidationError("--withdrawal-helper is no address") }
    guard Bytes32(hex: storedBatchZero) != nil else { throw ValidationError("--stored-batch-zero is no hash") }
  }

  func run() async throws {
    guard let key = Secp256k1.PrivateKey(hex: privateKey), let payer = Wallet(key),
      let validator = Address(hex: validator), let storedBatchZero = Bytes32(hex: storedBatchZero),
      let withdrawalHelper = Address(hex: withdrawalHelper)
    else { throw ExitCode.failure }
    let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let client: JSONRPCClient
    do { client = try JSONRPCClient(url: rpc, on: loop.next()) } catch {
      try? await loop.shutdownGracefully()
      throw ValidationError(Self.text(of: error, rpc))
    }
    do throws(RPCClientError) {
      var l1 = try await ChainAccount(client, payer)
      let options = L1Deployment.Options(
        l1ChainID: l1.chainID, l2ChainID: l2ChainID, storedBatchZero: storedBatchZero,
        admin: admin.flatMap { Address(hex: $0) } ?? payer.address, validator: validator,
        withdrawalHelper: withdrawalHelper, executionDelay: executionDelay, hasForcedDeposit: forcedDeposit)
      let deployment = L1Deployment(options, deployer: payer.address, firstNonce: l1.wallet.nonce)
      print("deploying to L1 \(l1.chainID) with \(payer.address)")
      for creation in deployment.creations {
        let address = try await l1.create(creation.initCode)
        guard address == creation.address else {
          throw .malformed("\(creation.name) is at \(address): another program sends with the key of \(payer.address)")
        }
        print("  \(creation.address)  \(creation.name)")
      }
      if forcedDeposit { try await l1.send(to: deployment.chain, ChainCall.requestForcedDeposit.input) }
      try await check(deployment, on: l1)
      print(
        """

        Start the node with
          l1_sender_l1_api_url=\(rpc)
          l1_sender_chain_id=\(l2ChainID)
          l1_sender_bridgehub_address=\(deployment.bridgehub)
          l1_watcher_l1_api_url=\(rpc)
          l1_watcher_chain_id=\(l2ChainID)
          l1_watcher_bridgehub_address=\(deployment.bridgehub)
          l1_forced_deposit=\(forcedDeposit)
        """)
    } catch {
      await client.shutdown()
      try? await loop.shutdownGracefully()
      throw ValidationError(Self.text(of: error, rpc))
    }
    await client.shutdown()
    try await loop.shutdownGracefully()
  }

  /// Finds the contracts as a node does, from the bridgehub's address alone.
  private func check(_ deployment: L1Deployment, on l1: ChainAccount) async throws(RPCClientError) {
    let chain = try await l1.read(BridgehubCall.getZKChain(l2ChainID), at: deployment.bridgehub)
    let manager = try await l1.read(BridgehubCall.chainTypeManager(l2ChainID), at: deployment.bridgehub)
    let router = try await l1.read(BridgehubCall.sharedBridge, at: deployment.bridgehub)
    let timelock = try await l1.read(ChainTypeManagerCall.validatorTimelock, at: manager)
    let zero = try await l1.read(ChainCall.storedBatchHash(0), at: chain)
    let mayCommit = try await l1.read(
      ValidatorTimelockCall.isValidator(l2ChainID, deployment.options.validator), at: timelock)
    let requests = try await l1.read(ChainCall.getTotalPriorityTxs, at: chain)
    guard chain == deployment.chain, manager == deployment.chainTypeManager, router == deployment.assetRouter,
      timelock == deployment.validatorTimelock, zero == deployment.options.storedBatchZero, mayCommit,
      requests == (forcedDeposit ? 1 : 0)
    else { throw .malformed("the contracts are not what was deployed") }
  }

  static func text(of error: RPCClientError, _ rpc: String) -> String {
    switch error {
    case .refused(let refusal):
      if case .bytes(let output)? = refusal.data {
        "the node refuses: \(ContractError.describe(output))"
      } else {
        "the node refuses: \(refusal.message)"
      }
    case .disconnected: "nobody answers at \(rpc)"
    case .timedOut: "\(rpc) does not answer in time"
    case .malformed(let what): what
    case .status(let code): "\(rpc) answers with HTTP status \(code)"
    case .badAddress: "\(rpc) is no address of a node: http://host[:port][/path]"
    case .badCertificates(let reason): "TLS cannot be set up: \(reason)"
    case .cancelled, .tooManyWaiting: "\(rpc) was not asked"
    }
  }
}
