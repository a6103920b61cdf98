import Cryptography
import EVM
import Ethereum
import L1Contracts
import Primitives
import Testing
import Transactions

@Suite("The beginning of a development L1")
struct GenesisTests {
  let genesis: L1Genesis

  init() throws { genesis = try L1Genesis(storedBatchZero: DevelopmentChain.stored.hash) }

  @Test("Each part has code at its address, the bridgehub where the reference looks for it")
  func parts() {
    let parts = genesis.deployment
    #expect(parts.bridgehub == Address(hex: "0x4b37536b9824c4a4cf3d15362135e346adb7cb9c"))
    for part in parts.creations {
      let account = genesis.accounts[part.address]
      #expect(account?.nonce == 1, "\(part.name)")
      // EIP-170.
      #expect((1...24_576).contains(account?.code.count ?? 0), "\(part.name)")
    }
  }

  @Test("The funded accounts: ten that everybody knows, the rich one, the operator")
  func funds() {
    let ether: UInt256 = 1_000_000_000_000_000_000
    let known = DevelopmentAccount.wellKnown
    #expect(known.count == 10)
    #expect(known.first?.address == Address(hex: "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"))
    #expect(known.last?.address == Address(hex: "0xa0ee7a142d267c1f36714e4a8f75612f20a79720"))
    let rich = DevelopmentAccount.rich?.address
    #expect(rich == Address(hex: "0x36615cf349d7f6344891b1e7ca7c72883f5dc049"))
    for address in known.map(\.address) + [rich].compactMap({ $0 }) {
      #expect(genesis.accounts[address]?.balance == 10_000 &* ether)
      #expect(genesis.accounts[address]?.nonce == 0)
    }
    #expect(genesis.accounts[L1Genesis.operatorAccount]?.balance == 1_000_000 &* ether)
    #expect(genesis.accounts[genesis.deployment.tokenVault]?.balance == UInt256(100_000_000_000) &* ether)
  }

  @Test("The CREATE2 deployer creates where EIP-1014 says")
  func create2() throws {
    let chain = try DevelopmentChain()
    // Returns one byte of code, STOP.
    let initCode: [UInt8] = [0x60, 0x01, 0x5f, 0xf3]
    let result = try chain.send(to: L1Genesis.create2Deployer, Bytes32(7 as UInt256).bytes + initCode)
    let expected = ContractAddress.create2(
      L1Genesis.create2Deployer, salt: 7, initCodeHash: Keccak256.hash(initCode))
    #expect(result.output == expected.bytes)
    #expect(chain.transition.world.accounts[expected]?.code.count == 1)
  }

  @Test("Another chain id changes the id of ether")
  func otherChain() throws {
    let other = try L1Genesis(l1ChainID: 31337, l2ChainID: 260, storedBatchZero: .zero)
    #expect(
      other.deployment.etherAssetID
        == Bytes32(hex: "8df3463b1850eb1d8d1847743ea155aef6b16074db8ba81d897dc30554fb2085"))
    #expect(
      genesis.deployment.etherAssetID
        == Bytes32(hex: "52f431aa35dd80982e3c66614112503ca2c6e344745f4a2bcfc9bd7e09c75584"))
  }
}
