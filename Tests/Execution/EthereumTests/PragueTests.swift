import Cryptography
import EVM
import EVMTesting
import Ethereum
import Primitives
import Testing
import Transactions

@Suite("What Prague changes")
struct PragueTests {
  private static let target = Address(0x7a46e7)
  private static let other = Secp256k1.PrivateKey(Bytes32(UInt256(0x0743)))!
  private static let authority = Secp256k1.publicKey(of: other)!.address

  /// A chain on which ``target`` has code.
  private func chain(_ code: String) -> TestChain {
    var chain = TestChain()
    chain.accounts[Self.target] = Account(nonce: 1, code: assemble(code))
    return chain
  }

  private func transaction(
    _ chain: TestChain, nonce: UInt64 = 0, to: Address, _ authorizations: Authorization...
  ) -> SignedTransaction {
    var transaction = chain.transaction(.setCode, nonce: nonce, gas: 1_000_000, to: to)
    transaction.authorizations = authorizations
    return transaction
  }

  @Test("An account that delegates runs the contract's code on its own storage, from then on (EIP-7702)")
  func delegates() throws {
    let chain = chain("ADDRESS 1 SSTORE CODESIZE 2 SSTORE STOP"), transition = chain.transition()
    let authorization = TestChain.authorization(Self.target, nonce: 0, by: Self.other)
    let first = try transition.execute(
      transaction(chain, to: Self.authority, authorization), sender: TestChain.rich)
    #expect(first.succeeded)
    #expect(transition.world.peekCode(Self.authority) == Delegation.code(to: Self.target))
    #expect(transition.world.peekNonce(Self.authority) == 1)
    #expect(transition.world.peekStorage(Self.authority, 1) == UInt256(Self.authority))
    #expect(
      transition.world.peekStorage(Self.authority, 2)
        == UInt256(assemble("ADDRESS 1 SSTORE CODESIZE 2 SSTORE STOP").count))
    #expect(transition.world.peekStorage(Self.target, 1).isZero)
    #expect(first.deployedCode == [Self.authority: Keccak256.hash(Delegation.code(to: Self.target))])
    // It may still send, though it has code, and takes the delegation back.
    transition.fund(Self.authority)
    let back = transaction(
      chain, nonce: 1, to: Self.authority, TestChain.authorization(.zero, nonce: 2, by: Self.other))
    let second = try transition.execute(back, sender: Self.authority)
    #expect(second.succeeded)
    #expect(transition.world.peekCode(Self.authority).isEmpty && transition.world.peekNonce(Self.authority) == 3)
  }

  @Test("What an authorization costs, and what comes back for an account that exists")
  func costs() throws {
    let chain = chain("STOP")
    // The target is warmed by the transaction at no cost; STOP is free.
    let new = TestChain.authorization(Self.target, nonce: 0, by: Self.other)
    let gas = try chain.transition().execute(transaction(chain, to: TestChain.bob, new), sender: TestChain.rich).gasUsed
    #expect(gas == 21_000 + 25_000)
    var funded = chain
    funded.accounts[Self.authority] = Account(balance: 1)
    let less = try funded.transition().execute(
      transaction(chain, to: TestChain.bob, new), sender: TestChain.rich
    ).gasUsed
    #expect(less == 46_000 - min(12_500, 46_000 / 5))
  }

  @Test("An authorization that does not fit has no effect, and those that fit stay when the transaction reverts")
  func effects() throws {
    let chain = chain("0 0 REVERT")
    func code(_ authorization: Authorization) throws -> [UInt8] {
      let transition = chain.transition()
      let result = try transition.execute(
        transaction(chain, to: Self.target, authorization), sender: TestChain.rich)
      #expect(result.status == .reverted)
      return transition.world.peekCode(Self.authority)
    }
    func sign(nonce: UInt64 = 0, chainID: UInt256 = 0) -> Authorization {
      TestChain.authorization(Self.target, nonce: nonce, chainID: chainID, by: Self.other)
    }
    let delegation = Delegation.code(to: Self.target)
    #expect(try code(sign()) == delegation)
    #expect(try code(sign(chainID: 31_337)) == delegation)
    #expect(try code(sign(chainID: 1)).isEmpty)
    #expect(try code(sign(nonce: 1)).isEmpty)
    #expect(try code(sign(nonce: .max)).isEmpty)
    var high = sign()
    high.s = Secp256k1.order - high.s
    high.yParity ^= 1
    #expect(try code(high).isEmpty)
    var odd = sign()
    odd.yParity += 2
    #expect(try code(odd).isEmpty)
    var contract = chain
    contract.accounts[Self.authority] = Account(code: [0])
    let transition = contract.transition()
    _ = try transition.execute(transaction(chain, to: TestChain.bob, sign()), sender: TestChain.rich)
    #expect(transition.world.peekCode(Self.authority) == [0])
  }

  @Test("A call of an account that delegates pays for both, and sees the delegation as its code")
  func calls() throws {
    var chain = chain("STOP")
    chain.accounts[Self.authority] = Account(nonce: 1, code: Delegation.code(to: Self.target))
    func gas(_ code: String) throws -> UInt64 {
      var chain = chain
      chain.accounts[Address(0xca11)] = Account(nonce: 1, code: assemble(code))
      return try chain.transition().execute(chain.transaction(to: Address(0xca11)), sender: TestChain.rich).gasUsed
        - 21_000
    }
    let call = "0 0 0 0 0 \(Self.authority) GAS CALL"
    let pushes: UInt64 = 6 * 3 + 2
    #expect(try gas(call) == pushes + 2_600 + 2_600)
    #expect(try gas("\(Self.target) BALANCE POP " + call) == 3 + 2_600 + 2 + pushes + 2_600 + 100)
    let size = "\(Self.authority) EXTCODESIZE"
    #expect(try gas(size) == 3 + 2_600)
    chain.accounts[Address(0xca11)] = Account(nonce: 1, code: assemble(size + " 0 MSTORE 32 0 RETURN"))
    let result = try chain.transition().execute(chain.transaction(to: Address(0xca11)), sender: TestChain.rich)
    #expect(result.output == UInt256(23).bytes)
  }

  @Test("Delegations lead one step, and to no precompile")
  func chains() throws {
    var chain = chain("STOP")
    chain.accounts[Address(0xaa)] = Account(nonce: 1, code: Delegation.code(to: Address(0xbb)))
    chain.accounts[Address(0xbb)] = Account(nonce: 1, code: Delegation.code(to: Self.target))
    chain.accounts[Address(0xcc)] = Account(nonce: 1, code: Delegation.code(to: Address(4)))
    func run(_ to: Address) throws -> TransitionResult {
      try chain.transition().execute(chain.transaction(to: to, input: [1, 2]), sender: TestChain.rich)
    }
    #expect(try run(Address(0xaa)).status == .halted(.undefinedOpcode))
    let precompile = try run(Address(0xcc))
    #expect(precompile.status == .stopped && precompile.output.isEmpty)
  }

  @Test("Set-code transactions that cannot be, and forks that do not know them")
  func refusals() throws {
    var chain = chain("STOP")
    let fitting = transaction(chain, to: TestChain.bob, TestChain.authorization(Self.target, nonce: 0))
    var empty = fitting, creation = fitting
    empty.authorizations = []
    creation.to = nil
    #expect(throws: TransactionRefusal.setCodeTransactionWithoutAuthorizations) {
      try chain.transition().execute(empty, sender: TestChain.rich)
    }
    #expect(throws: TransactionRefusal.setCodeTransactionCreates) {
      try chain.transition().execute(creation, sender: TestChain.rich)
    }
    chain.rules.revision = .cancun
    #expect(throws: TransactionRefusal.unsupportedType) {
      try chain.transition().execute(fitting, sender: TestChain.rich)
    }
  }

  @Test("Calldata has a floor of ten gas a token (EIP-7623)")
  func floor() throws {
    var chain = TestChain()
    let input = [UInt8](repeating: 1, count: 1_000) + [0, 0]
    func used(gas: UInt64 = 200_000) throws -> UInt64 {
      try chain.transition().execute(chain.transaction(gas: gas, input: input), sender: TestChain.rich).gasUsed
    }
    #expect(try used() == 21_000 + 10 * 4_002)
    #expect(throws: TransactionRefusal.intrinsicGasTooLow) { try used(gas: 61_019) }
    #expect(try used(gas: 61_020) == 61_020)
    chain.rules.revision = .cancun
    #expect(try used() == 21_000 + 16 * 1_000 + 4 * 2)
  }
}

extension EthereumTransition {
  /// Lets an account pay for something.
  fileprivate func fund(_ address: Address) {
    let transfer = SignedTransaction(
      kind: .dynamicFee, chainID: block.chainID, nonce: world.peekNonce(TestChain.rich), gasLimit: 100_000,
      maxFeePerGas: TestChain.gasPrice, maxPriorityFeePerGas: TestChain.gasPrice, to: address,
      value: 1_000_000_000_000_000_000, input: [])
    _ = try? execute(transfer, sender: TestChain.rich)
  }
}
