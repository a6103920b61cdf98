import Primitives
import Testing
import Transactions
import ZKsyncOS

/// Blocks that the real proving images executed: the public inputs below are what they left in their registers
/// (zksync-os `zksync_os/server_app.bin` for v0_0_4, zksync-os-server `server_app.bin` for v0_0_5).
@Suite("Public inputs of the proving images")
struct GuestVectorTests {
  static func context(_ version: ProtocolVersion, number: UInt64, coinbase: Address = .zero) -> BlockContext {
    BlockContext(
      protocolVersion: version, chainID: 270, number: number, timestamp: 42, coinbase: coinbase, gasLimit: 80_000_000)
  }

  /// Executes a block and returns the public input of its proof.
  static func publicInput(
    _ context: BlockContext, _ before: ReferenceState, _ transactions: [VMTransaction]
  ) throws -> Bytes32 {
    var executor = try BlockExecutor(context: context, state: before)
    for transaction in transactions {
      guard case .included = try executor.execute(transaction) else {
        Issue.record("the transaction was rejected")
        return .zero
      }
    }
    let output = try executor.seal()
    var after = before
    after.apply(output)
    return BatchCommitment(output, context: context).publicInput(before: before.commitment, after: after.commitment)
  }

  static func request(
    from: UInt8, to: UInt8, gasLimit: UInt64, maxFee: UInt128, value: UInt64, minted: UInt64, refund: UInt8,
    data: [UInt8] = []
  ) -> VMTransaction {
    VMTransaction(
      type: 255, from: .filled(from), to: .filled(to), gasLimit: gasLimit, gasPerPubdataLimit: 800,
      maxFeePerGas: maxFee, maxPriorityFeePerGas: 0, nonce: 0, value: UInt256(value),
      reserved: [UInt256(minted), UInt256(.filled(refund)), .zero, .zero], data: data)
  }

  @Test(
    "an empty block on the empty tree",
    arguments: [
      (ProtocolVersion.v0_0_4, "e09e7918 c85206f4 035410f6 7667bf58 94821aca 32618e85 5aaa9f57 cc16e078"),
      (.v0_0_5, "86218700 2c50d919 d5a5ea6c ad162b78 9cb0ecba 5545f052 b46d7bab 60d24f51"),
    ])
  func emptyBlock(version: ProtocolVersion, registers: String) throws {
    let input = try Self.publicInput(Self.context(version, number: 1), ReferenceState(), [])
    #expect(input == Bytes32(registers: registers))
  }

  @Test(
    "a deposit that transfers value",
    arguments: [
      (ProtocolVersion.v0_0_4, "55a8dce7 1a0b088f cf642b11 5065be7a 72061a42 6b899d6b 4afd4822 517f9662"),
      (.v0_0_5, "e2aa4dc2 740540ed 1ec342e5 00fc2633 05095947 1e9c625e 60b90f17 06f63364"),
    ])
  func deposit(version: ProtocolVersion, registers: String) throws {
    let transaction = Self.request(
      from: 0x11, to: 0x22, gasLimit: 1_000_000, maxFee: 0, value: 5, minted: 7, refund: 0x11)
    let input = try Self.publicInput(Self.context(version, number: 5), ReferenceState(), [transaction])
    #expect(input == Bytes32(registers: registers))
  }

  @Test(
    "a call from L1 that reads and writes storage",
    arguments: [
      (ProtocolVersion.v0_0_4, "439ad091 390a668d 8dae1998 1132ebb2 d02b7654 31279a73 3d59a88d 99132ff2"),
      (.v0_0_5, "0a13bc1b d4d23975 0843a3ba d26b4753 2eb401c4 b53de48d 63c33fcc 45b13fcc"),
    ])
  func call(version: ProtocolVersion, registers: String) throws {
    // Stores pairs of calldata words as key and value.
    let code = try #require(Hex.decode("60005b8036111560185780602001358135556040016002565b00"))
    let contract = Address.filled(0x05)
    var state = ReferenceState()
    state.setCode(contract, code, version)
    state.setSlot(contract, 1, 7)
    state.setSlot(contract, 2, 8)
    let data = [1, 9, 2, 8, 3, 1, 4, 0].flatMap { UInt256(UInt64($0)).bytes }
    let transaction = Self.request(
      from: 0x11, to: 0x05, gasLimit: 2_000_000, maxFee: 1000, value: 0, minted: 3_000_000_000, refund: 0x33,
      data: data)
    let input = try Self.publicInput(
      Self.context(version, number: 5, coinbase: .filled(0xc0)), state, [transaction])
    #expect(input == Bytes32(registers: registers))
  }

  @Test(
    "a signed transfer",
    arguments: [
      (ProtocolVersion.v0_0_4, "c17eccc7 e7ce0e1e b95b9fad 229b44d9 6465ccc9 6cee323e ea696150 fe9f7e4b"),
      (.v0_0_5, "bc780fee 739dc529 36728148 56b035d1 b07c1785 acfdf8d7 394764ea 47d49574"),
    ])
  func transfer(version: ProtocolVersion, registers: String) throws {
    let sender = try #require(Address(hex: "0xbb39d1a9af4e3fdc9598bd78ac92e2811e2af6ca"))
    let signature = try #require(
      Hex.decode(
        "27f87ac61d2e4e5e7ecc5e83e7725f6f138377f624279da89e6b80c1d0083d33"
          + "3e143ce39177d868e804dfd8962debed594baee157fbef1afad62ead3037e9841c"))
    var state = ReferenceState()
    state.setAccount(sender, AccountProperties(nonce: 3, balance: 1_000_000_000_000_000_000_000))
    #expect(state.root == Bytes32(hex: "0x1b228b15573a74f2686a433fe493236b62f5edba975fbd0f3027fb5769974dc2"))
    let transaction = VMTransaction(
      type: 2, from: sender, to: .filled(0x77), gasLimit: 100_000, gasPerPubdataLimit: 50_000, maxFeePerGas: 1000,
      maxPriorityFeePerGas: 0, nonce: 3, value: 12345, signature: signature)
    let input = try Self.publicInput(
      Self.context(version, number: 5, coinbase: .filled(0xc0)), state, [transaction])
    #expect(input == Bytes32(registers: registers))
  }
}
