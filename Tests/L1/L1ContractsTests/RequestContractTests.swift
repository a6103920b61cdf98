import Cryptography
import EVM
import Ethereum
import L1Contracts
import Primitives
import SettlementTesting
import Testing
import Transactions

@Suite("Requests from L1 to L2")
struct RequestContractTests {
  static let rich = Address(hex: "0x36615cf349d7f6344891b1e7ca7c72883f5dc049") ?? .zero

  /// Deposits from the first known account; the hash.
  static func deposit(on chain: borrowing DevelopmentChain, nonce: UInt64) throws -> Bytes32 {
    let cost = try chain.read(
      BridgehubCall.l2TransactionBaseCost(270, gasPrice: chain.gasPrice, gasLimit: 500_000, gasPerPubdata: 800),
      at: chain.deployment.bridgehub)
    let mint = cost &+ UInt256(nonce)
    let result = try chain.send(
      to: chain.deployment.bridgehub, value: mint,
      BridgehubCall.requestL2TransactionDirect(
        270, mintValue: mint, to: rich, value: UInt256(nonce), input: [], gasLimit: 500_000
      ).input)
    guard result.succeeded, case .request(let request, let hash)? = try chain.events(result).first else {
      throw L1GenesisError.failed(contract: ContractError.describe(result.output), output: result.output)
    }
    #expect(request.nonce == nonce && request.hash == hash)
    return hash
  }

  @Test("Request 0 is the deposit that every chain begins with")
  func forcedDeposit() throws {
    let chain = try DevelopmentChain(), parts = chain.deployment
    #expect(try chain.read(ChainCall.getTotalPriorityTxs, at: parts.chain) == 1)
    #expect(
      try chain.read(ChainCall.getPriorityTreeRoot, at: parts.chain)
        == word("a1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672"))
    let backing: UInt256 = UInt256(100_000_000_000) &* 1_000_000_000_000_000_000
    #expect(
      try chain.read(TokenVaultCall.chainBalance(270, asset: parts.etherAssetID), at: parts.tokenVault) == backing)
    // Only once.
    #expect(try chain.send(to: parts.chain, ChainCall.requestForcedDeposit.input).succeeded == false)
  }

  @Test("A deposit has the hash that L2 computes, the money moves to the vault")
  func deposit() throws {
    // At no gas price the price on L2 is its minimum.
    let chain = try DevelopmentChain(gasPrice: 0), parts = chain.deployment
    let before = chain.transition.world.peekBalance(parts.tokenVault)
    let mint: UInt256 = 125_000_000_000_100
    let result = try chain.send(
      from: Self.rich, to: parts.bridgehub, value: mint,
      BridgehubCall.requestL2TransactionDirect(
        270, mintValue: mint, to: Self.rich, value: 100, input: [], gasLimit: 500_000, refundRecipient: Self.rich
      ).input)
    #expect(result.succeeded, "\(ContractError.describe(result.output))")
    let hash = word("d625b16828c29c5e44f460191ed05d4c7bcfe12bee01b88f5119039a7e003504")
    let expected = L1Request(
      kind: .priority, from: Self.rich, to: Self.rich, gasLimit: 500_000, gasPerPubdataLimit: 800,
      maxFeePerGas: 250_000_000, nonce: 1, value: 100, toMint: mint, refundRecipient: Self.rich)
    #expect(expected.hash == hash)
    #expect(try chain.events(result) == [.request(expected, hash: hash)])
    #expect(Bytes32(result.output) == hash)
    #expect(chain.transition.world.peekBalance(parts.tokenVault) == before &+ mint)
    #expect(chain.transition.world.peekBalance(parts.bridgehub).isZero)
    let topics = result.logs.compactMap(\.topics.first)
    // BridgeBurn, BridgehubDepositBaseTokenInitiated, NewPriorityRequest.
    #expect(
      topics == [
        word("1cd02155ad1064c60598a8bd0e4e795d7e7d0a0f3c38aad04d261f1297fb2545"),
        word("0f87e1ea5eb1f034a6071ef630c174063e3d48756f853efaaf4292b929298240"),
        word("4531cd5795773d7101c17bdeb9f5ab7f47d7056017506f937083be5d6e77a382"),
      ])
  }

  @Test(
    "The price follows the gas price of L1",
    arguments: [(1_000_000_000, 262_500_000), (100_000_000_000, 3_166_666_667)])
  func price(gasPrice: UInt64, expected: UInt64) throws {
    let chain = try DevelopmentChain()
    let cost = try chain.read(
      BridgehubCall.l2TransactionBaseCost(270, gasPrice: UInt256(gasPrice), gasLimit: 1000, gasPerPubdata: 800),
      at: chain.deployment.bridgehub)
    #expect(cost == UInt256(expected) &* 1000)
  }

  @Test("Calldata is part of the request, whatever its length", arguments: [0, 1, 31, 32, 33, 1000, 32_768])
  func calldata(length: Int) throws {
    let chain = try DevelopmentChain()
    let input = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let mint: UInt256 = 10_000_000_000_000_000
    let result = try chain.send(
      to: chain.deployment.bridgehub, value: mint,
      BridgehubCall.requestL2TransactionDirect(
        270, mintValue: mint, to: Self.rich, value: 0, input: input, gasLimit: 2_000_000
      ).input)
    guard case .request(let request, let hash)? = try chain.events(result).first else {
      return #expect(Bool(false), "\(ContractError.describe(result.output))")
    }
    #expect(request.input == input && request.hash == hash)
  }

  @Test("A contract's request comes from its alias, and so does what is left of it")
  func alias() throws {
    let chain = try DevelopmentChain()
    // Hands its calldata and value on to the bridgehub.
    let target = chain.deployment.bridgehub.bytes
    let code: [UInt8] =
      [0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x34, 0x73] + target + [0x5a, 0xf1, 0x3d, 0x5f, 0xf3]
    let initCode: [UInt8] = [0x60, UInt8(code.count), 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3] + code
    let sender = DevelopmentAccount.wellKnown[0].address
    let contract = ContractAddress.create(sender, nonce: chain.transition.world.peekNonce(sender))
    #expect(try chain.send(to: nil, initCode).succeeded)
    let mint: UInt256 = 1_000_000_000_000_000
    let result = try chain.send(
      to: contract, value: mint,
      BridgehubCall.requestL2TransactionDirect(
        270, mintValue: mint, to: Self.rich, value: 0, input: [], gasLimit: 500_000
      ).input)
    let offset = UInt256(hex: "1111000000000000000000000000000000001111") ?? .zero
    let alias = Address(truncating: UInt256(contract) &+ offset)
    guard case .request(let request, _)? = try chain.events(result).first else {
      return #expect(Bool(false), "no request")
    }
    #expect(request.from == alias && request.refundRecipient == alias)
  }

  @Test("What a request must not be")
  func refusals() throws {
    let chain = try DevelopmentChain()
    func refusal(
      chainID: UInt64 = 270, mint: UInt256 = 10_000_000_000_000_000, paid: UInt256? = nil, to: Address = Self.rich,
      value: UInt256 = 0, input: [UInt8] = [], gas: UInt64 = 500_000, perPubdata: UInt64 = 800
    ) throws -> String? {
      try chain.refusal(
        to: chain.deployment.bridgehub, value: paid ?? mint,
        BridgehubCall.requestL2TransactionDirect(
          chainID, mintValue: mint, to: to, value: value, input: input, gasLimit: gas, gasPerPubdata: perPubdata
        ).input)?.description
    }
    #expect(try refusal() == nil)
    #expect(
      try refusal(paid: 7) == "MsgValueMismatch(expected: 10000000000000000, given: 7)")
    #expect(try refusal(chainID: 271) == "MsgValueMismatch(expected: 0, given: 10000000000000000)")
    #expect(try refusal(chainID: 271, paid: 0)?.hasPrefix("AssetHandlerDoesNotExist") == true)
    #expect(try refusal(mint: 0) == "EmptyDeposit")
    #expect(try refusal(mint: 1000) == "MsgValueTooLow(required: 131250000000000, given: 1000)")
    #expect(
      try refusal(value: 10_000_000_000_000_000)
        == "MsgValueTooLow(required: 10131250000000000, given: 10000000000000000)")
    #expect(try refusal(perPubdata: 799) == "GasPerPubdataMismatch")
    #expect(try refusal(to: Address(0x8008)) == "TransactionNotAllowed")
    #expect(try refusal(gas: 9_999) == "TxnBodyGasLimitNotEnoughGas")
    #expect(try refusal(gas: 253_883) == "ValidateTxnNotEnoughGas")
    #expect(try refusal(gas: 253_884) == nil)
    #expect(try refusal(gas: 7_010_001) == "TooMuchGas")
    #expect(try refusal(gas: 7_010_000) == nil)
    // Only the bridgehub asks the chain.
    #expect(
      try chain.send(to: chain.deployment.chain, [0x12, 0xf4, 0x3d, 0xab] + Bytes32.zero.bytes).succeeded == false)
  }

  @Test("The tree of requests has the worked roots, and every root of it is remembered")
  func tree() throws {
    let worked = [
      BatchContractTests.forcedDeposit, Keccak256.hash(Array("a".utf8)), Keccak256.hash(Array("b".utf8)),
    ]
    let roots = [
      "a1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672",
      "5a9e56ecdadc164f9315f37d21666a6e60b18679197d56942cf6a7b2f4bd8ee9",
      "1974b08d108556e11ccdb06a46a0f7ad4914560c317ff032c06a7976f1158fb8",
    ]
    for (count, root) in zip(1..., roots) { #expect(RequestTree(Array(worked.prefix(count))).root == word(root)) }

    let chain = try DevelopmentChain()
    var hashes = [BatchContractTests.forcedDeposit]
    for nonce in 1...17 as ClosedRange<UInt64> {
      hashes.append(try Self.deposit(on: chain, nonce: nonce))
      #expect(try chain.read(ChainCall.getPriorityTreeRoot, at: chain.deployment.chain) == RequestTree(hashes).root)
    }
    // Proved against the tree as it was, not as it is.
    let batch = BatchContractTests.batch(1, after: DevelopmentChain.stored, requests: Array(hashes.prefix(3)))
    #expect(try chain.commit(batch).succeeded)
    #expect(try chain.prove(batch.previous, [batch.stored]).succeeded)
    let old = RequestTree(Array(hashes.prefix(5)))
    let result = try chain.execute([batch.stored], [old.proof(of: 0..<3)])
    #expect(result.succeeded, "\(ContractError.describe(result.output))")
  }
}
