import Batches
import Cryptography
import L1Contracts
import Primitives
import SettlementTesting
import Testing
import Transactions
import ZKsyncOS

@Suite("Withdrawals are paid once, to whom they belong")
struct WithdrawalContractTests {
  static let receiver = Address(hex: "0x36615cf349d7f6344891b1e7ca7c72883f5dc049") ?? .zero
  static let ether: UInt256 = 1_000_000_000_000_000_000
  static let helper = DevelopmentAccount.deployer.map { L1Genesis.withdrawalHelper(of: $0) } ?? .zero

  static func message(_ amount: UInt256 = ether, to receiver: Address = receiver) -> [UInt8] {
    [0x6c, 0x09, 0x60, 0xf9] + receiver.bytes + Bytes32(amount).bytes
  }

  static func log(of sender: Address, _ message: [UInt8]) -> L2ToL1Log {
    L2ToL1Log(
      transactionNumber: 5, sender: Address(0x8008), key: Bytes32(UInt256(sender)), value: Keccak256.hash(message),
      message: message)
  }

  /// A chain whose batch 1 has these logs and is executed.
  static func chain(_ logs: [L2ToL1Log]) throws -> DevelopmentChain {
    let chain = try DevelopmentChain()
    let batch = BatchContractTests.batch(
      1, after: DevelopmentChain.stored, requests: [BatchContractTests.forcedDeposit], logs: logs)
    #expect(try chain.commit(batch).succeeded)
    #expect(try chain.prove(batch.previous, [batch.stored]).succeeded)
    #expect(
      try chain.execute([batch.stored], [RequestRange(hashes: [BatchContractTests.forcedDeposit])]).succeeded)
    return chain
  }

  static func withdrawal(
    _ logs: [L2ToL1Log], _ index: Int, sender: Address, message: [UInt8]
  ) -> ProvedMessage {
    ProvedMessage(
      batch: 1, index: UInt64(index), sender: sender, transactionNumber: 5, message: message,
      proof: L2ToL1LogProof(logs, index: index)?.words ?? [])
  }

  @Test("The worked leaf, and the root of a batch without logs")
  func vectors() {
    let log = Self.log(of: Address(0x800a), Self.message())
    #expect(
      Keccak256.hash(log.encoded) == word("576adf345bb08956d14caf66a35e12be0bf7da823bf21d6a2254ce3f5612e9ad"))
    #expect(
      L2ToL1LogTree([] as [L2ToL1Log]).root == word("692f35c99f9c698852289ffecf07f6dd45770904521149d79aa85aae598fa375"))
  }

  @Test("The proof that clients get is the form that L1 reads: metadata, fourteen siblings, a zero word")
  func proofOfClients() throws {
    let logs = (0..<5).map { Self.log(of: Address($0 + 1), [UInt8($0)]) }
    let proof = try #require(L2ToL1LogProof(logs, index: 3))
    #expect(proof.words.count == 16 && proof.words.last == .zero)
    #expect(proof.words.first == word("010f000100000000000000000000000000000000000000000000000000000000"))
    #expect(proof.root == L2ToL1LogTree(logs).root)
    #expect(L2ToL1LogProof(logs, index: 5) == nil)
  }

  @Test("An account that signs for itself is paid, exactly once")
  func ownAccount() throws {
    let owner = DevelopmentAccount.wellKnown[2].address, stranger = DevelopmentAccount.wellKnown[3].address
    let logs = [Self.log(of: stranger, [1, 2, 3]), Self.log(of: owner, Self.message())]
    let chain = try Self.chain(logs), nullifier = chain.deployment.nullifier
    let withdrawal = Self.withdrawal(logs, 1, sender: owner, message: Self.message())
    let call = NullifierCall.finalizeDeposit(270, withdrawal)
    // A contract of L2 could have sent this message: nobody else can claim it.
    #expect(
      try chain.refusal(from: stranger, to: nullifier, call.input)?.description == "WrongL2Sender(sender: \(owner))")
    #expect(
      try chain.read(NullifierCall.isWithdrawalFinalized(270, batch: 1, index: 1), at: nullifier) == false)

    let before = chain.transition.world.peekBalance(Self.receiver)
    let result = try chain.send(from: owner, to: nullifier, call.input)
    #expect(result.succeeded, "\(ContractError.describe(result.output))")
    #expect(chain.transition.world.peekBalance(Self.receiver) == before &+ Self.ether)
    // BridgeMint and DepositFinalizedAssetRouter.
    #expect(
      result.logs.compactMap(\.topics.first) == [
        word("bc0f4055a7869d8ecad34b33382a0bc181c5811565fec42f335505be5fd661d2"),
        word("44eb9a840094a49b3cd0a5205042598a1c08c4e87bafb5760bc2d8efa170c541"),
      ])
    #expect(try chain.read(NullifierCall.isWithdrawalFinalized(270, batch: 1, index: 1), at: nullifier))
    #expect(
      try chain.read(NullifierCall.isWithdrawalFinalized(270, batch: 1, index: 1), at: chain.deployment.assetRouter))
    for again in [call, NullifierCall.finalizeWithdrawal(270, withdrawal)] {
      #expect(try chain.refusal(from: owner, to: nullifier, again.input)?.name == "WithdrawalAlreadyFinalized")
    }
    #expect(chain.transition.world.peekBalance(Self.receiver) == before &+ Self.ether)
  }

  @Test("Through the helper anybody may finalize, also as older clients do, at the router")
  func helper() throws {
    let logs = (1...3).map { Self.log(of: Self.helper, Self.message(UInt256(UInt64($0)))) }
    let chain = try Self.chain(logs), parts = chain.deployment
    let before = chain.transition.world.peekBalance(Self.receiver)
    for (index, amount) in zip(0..., [1, 2, 3] as [UInt256]) {
      let withdrawal = Self.withdrawal(logs, index, sender: Self.helper, message: Self.message(amount))
      let result =
        switch index {
        case 0: try chain.send(to: parts.nullifier, NullifierCall.finalizeDeposit(270, withdrawal).input)
        case 1: try chain.send(to: parts.nullifier, NullifierCall.finalizeWithdrawal(270, withdrawal).input)
        default: try chain.send(to: parts.assetRouter, NullifierCall.finalizeWithdrawal(270, withdrawal).input)
        }
      #expect(result.succeeded, "\(ContractError.describe(result.output))")
    }
    #expect(chain.transition.world.peekBalance(Self.receiver) == before &+ 6)
  }

  @Test("Older clients' call takes who signs for the sender")
  func olderCallOfOwner() throws {
    let owner = DevelopmentAccount.wellKnown[2].address
    let logs = [Self.log(of: owner, Self.message())]
    let chain = try Self.chain(logs)
    let withdrawal = Self.withdrawal(logs, 0, sender: .zero, message: Self.message())
    let call = NullifierCall.finalizeWithdrawal(270, withdrawal)
    #expect(try chain.refusal(to: chain.deployment.assetRouter, call.input)?.name == "InvalidProof")
    #expect(try chain.send(from: owner, to: chain.deployment.assetRouter, call.input).succeeded)
  }

  @Test("The base token's own signature, of later versions, is good for everybody")
  func baseToken() throws {
    let logs = [Self.log(of: Address(0x800a), Self.message())]
    let chain = try Self.chain(logs)
    // Whichever system contract is named, the base token's messages are meant.
    let withdrawal = Self.withdrawal(logs, 0, sender: Address(0x10003), message: Self.message())
    #expect(
      try chain.send(to: chain.deployment.nullifier, NullifierCall.finalizeDeposit(270, withdrawal).input).succeeded)
  }

  @Test("What is no withdrawal is refused, and stays open")
  func refusals() throws {
    let short = Array(Self.message().dropLast()), strange: [UInt8] = [1, 2, 3, 4] + Bytes32.zero.bytes
    let tooMuch = Self.message(.max)
    let logs = [Self.message(), short, strange, tooMuch].map { Self.log(of: Self.helper, $0) }
    let chain = try Self.chain(logs), nullifier = chain.deployment.nullifier
    func refusal(_ withdrawal: ProvedMessage) throws -> String? {
      try chain.refusal(to: nullifier, NullifierCall.finalizeDeposit(270, withdrawal).input)?.description
    }
    func withdrawal(_ index: Int, _ message: [UInt8]) -> ProvedMessage {
      Self.withdrawal(logs, index, sender: Self.helper, message: message)
    }
    #expect(try refusal(withdrawal(1, short)) == "L2WithdrawalMessageWrongLength(length: 55)")
    #expect(try refusal(withdrawal(2, strange)) == "InvalidSelector(selector: 0x01020304)")
    #expect(try refusal(withdrawal(3, tooMuch)) == "InsufficientChainBalance")
    var changed = withdrawal(0, Self.message())
    changed.message[30] ^= 1
    #expect(try refusal(changed) == "InvalidProof")
    changed = withdrawal(0, Self.message())
    changed.batch = 2
    #expect(try refusal(changed) == "BatchNotExecuted(batch: 2)")
    changed = withdrawal(0, Self.message())
    changed.batch = 0
    #expect(try refusal(changed) == "LocalRootIsZero")
    changed = withdrawal(0, Self.message())
    changed.index = 1 << 15
    #expect(try refusal(changed) == "MerkleIndexOutOfBounds")
    changed = withdrawal(0, Self.message())
    changed.proof = []
    #expect(try refusal(changed) == "MerklePathEmpty")
    changed.proof = [word("020f000100000000000000000000000000000000000000000000000000000000")]
    #expect(try refusal(changed) == "UnsupportedProofMetadataVersion(version: 2)")
    changed.proof = [word("010f010100000000000000000000000000000000000000000000000000000000")]
    #expect(try refusal(changed) == "InvalidProofLengthForFinalNode")
    // The old form of a path, without metadata.
    changed = withdrawal(0, Self.message())
    changed.proof.removeFirst()
    #expect(try refusal(changed) == nil)
  }

  @Test("A receiver that takes no ether does not lose its withdrawal")
  func refusingReceiver() throws {
    // The token vault has no way to be paid.
    let vault = try DevelopmentChain().deployment.tokenVault
    let message = Self.message(1, to: vault), logs = [Self.log(of: Self.helper, message)]
    let chain = try Self.chain(logs)
    let call = NullifierCall.finalizeDeposit(270, Self.withdrawal(logs, 0, sender: Self.helper, message: message))
    #expect(try chain.refusal(to: chain.deployment.nullifier, call.input)?.name == "WithdrawFailed")
    #expect(
      try chain.read(NullifierCall.isWithdrawalFinalized(270, batch: 1, index: 0), at: chain.deployment.nullifier)
        == false)
  }
}
