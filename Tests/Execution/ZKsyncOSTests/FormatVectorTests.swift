// Worked values of ZKsync OS formats that the other suites do not touch, computed with independent scripts.

import Cryptography
import EVM
import Primitives
import RandomTesting
import StateTree
import Testing
import Transactions
import ZKsyncOS

@Suite("Formats, value by value")
struct FormatVectorTests {
  private func word(_ hex: String) -> Bytes32 { Bytes32(hex: "0x" + hex) ?? .zero }
  private func filled(_ byte: UInt8) -> Bytes32 { Bytes32([UInt8](repeating: byte, count: 32)) ?? .zero }

  @Test("rolling hash and headers (zksync-os basic_bootloader/src/bootloader/block_header.rs)")
  func headers() {
    let rolling = Keccak256.hash(.zero, filled(0x11))
    #expect(rolling == word("8e4b8e18156a1c7271055ce5b7ef53bb370294ebd631a3b95418a92da46e681f"))
    let header = BlockHeader(
      parentHash: .zero, beneficiary: .zero, transactionsRoot: rolling, number: 1, gasLimit: 100_000_000, timestamp: 42,
      mixHash: .zero, baseFeePerGas: 1000)
    #expect(header.hash == word("4597f5ee22c7fd1312a359a7a9ad6b49cf2161041373eb0b3321329475f7609a"))
    let later = BlockHeader(
      parentHash: .zero, beneficiary: .zero, transactionsRoot: Keccak256.hash(.zero, filled(0xaa)), number: 1,
      gasLimit: 100_000_000, timestamp: 1_700_000_000, mixHash: .zero, baseFeePerGas: 1000)
    #expect(later.encoded.count == 507)
    #expect(later.hash == word("e891f53ea289ffc3c04ad170d2779a001443703cef1ef838d53f441b09238fb3"))
  }

  @Test("addresses of created contracts (EIP-1014 and the yellow paper)")
  func creations() {
    let creator = Address.filled(0x11)
    #expect(ContractAddress.create(creator, nonce: 0) == Address(hex: "0x8f7a45ebde059392e46a46dcc14ab24681a961ea"))
    #expect(ContractAddress.create(creator, nonce: 128) == Address(hex: "0x244ea3d36f478c973e615e29db80b22c78f0ab3b"))
    #expect(
      ContractAddress.create2(creator, salt: 1, initCodeHash: Keccak256.hash([0x60, 0x00]))
        == Address(hex: "0xf3750b642dbfcf758fb206d307d24e2fdba498b3"))
  }

  @Test("flat keys (zksync-os storage_models, derived keys)")
  func flatKeys() {
    #expect(
      FlatKey.ofAccount(.zero) == word("c1198a72505f46d722ed8e0ca0f9bfe42ba3a2d868a618d9d55a80ba9255f761"))
    #expect(
      FlatKey.ofAccount(Address(0x10002)) == word("eb724a820858596f9ee8fb0bfb2ae4cdd0c542b0b73b574120325ce2a23b1a81"))
    #expect(
      FlatKey.ofAccount(SystemAddress.bootloader)
        == word("d09d318e3f0801c976edf5e4cbb181eb7338a9585e56ecb9382d6bd7dda1ae15"))
    #expect(
      FlatKey.of(Address(0x10002), .zero) == word("d674f636a35a6f1a51564ec3371b9c4da3126d5ad0bae350cfc7faeac76363b8"))
  }

  /// Code, the form that 0.0.5 stores, its hash, and the hash of an account with nonce 1 that has it.
  private static let stored: [(code: String, blob: String, hash: String, account: String)] = [
    (
      "0123456789", "01234567890000000000000000000000",
      "35ebff051d4e1350c6204d34ba718990497dce4f49c750f5d277641f65091082",
      "00b8b64a1e8f00b0584e63421ca68bcb2cf2f70bbfa5f93d52307e751ffe31d2"
    ),
    (
      "5b605b5b00", "5b605b5b000000000900000000000000",
      "05d002684bc1c60f494c97bc7299a7d7e45240a1b30ec26423b4ab1021549636",
      "1a3f7e2d6f129ba0881a923a7f7519a7f9c24c2c6b068d4da0e140613c2e0e1a"
    ),
  ]

  private func account(_ code: [UInt8], nonce: UInt64, _ version: ProtocolVersion) -> AccountProperties {
    let stored = StoredCode(code, version)
    return AccountProperties(
      versioning: AccountProperties.deployedEVM, nonce: nonce, bytecodeHash: stored.hash,
      codeLength: UInt32(code.count), artifactsLength: UInt32(stored.artifactsLength),
      observableBytecodeHash: stored.observableHash, observableCodeLength: UInt32(code.count))
  }

  @Test("code with its bitmap, 0.0.5 (zksync-os evm_interpreter/src/lib.rs, bytecode preprocessing)")
  func storedCode() throws {
    for (code, blob, hash, accountHash) in Self.stored {
      let bytes = try #require(Hex.decode(code))
      let stored = StoredCode(bytes, .v0_0_5)
      #expect(Hex.encode(stored.bytes, prefix: "") == blob)
      #expect(stored.hash == word(hash))
      #expect(account(bytes, nonce: 1, .v0_0_5).hash() == word(accountHash))
    }
  }

  @Test("accounts with code, 0.0.4 (zksync-os account_cache_entry.rs)")
  func accounts() throws {
    let code = try #require(Hex.decode("0123456789"))
    #expect(
      StoredCode(code, .v0_0_4).observableHash
        == word("79fad56e6cf52d0c8c2c033d568fc36856ba2b556774960968d79274b0e6b944"))
    #expect(
      account(code, nonce: 0, .v0_0_4).hash()
        == word("53581654534eb14c46f3994f6b897330c909154e9223c9bf16689ac6fac74328"))
    #expect(
      account(code, nonce: 1, .v0_0_4).hash()
        == word("6c07d6e962d1cdb118452966e7909e9de99151b5c3be3220ee4dfad1b92030fb"))
    // An account with empty code looks the same in both versions.
    for version in ProtocolVersion.allCases {
      #expect(
        account([], nonce: 1, version).hash()
          == word("aa0d92078a907742d2e485c73f25fc68bd0f985de82fb1d1d2ff8da6153c19eb"))
    }
  }

  @Test("empty subtrees of the tree of logs (zksync-os zk_ee/src/common_structs/logs_storage.rs)")
  func emptySubtrees() throws {
    let proof = try #require(L2ToL1LogTree(leaves: [filled(1)]).proof(of: 0))
    let expected = [
      0: "72abee45b59e344af8a6e520241c4744aff26ed411f4c4b00f8af09adada43ba",
      1: "c3d03eebfd83049991ea3d3e358b6712e7aa2e2e63dc2d4b438987cec28ac8d0",
      2: "e3697c7f33c31a9b0f0aeb8542287d0d21e8c4cf82163d0c44c7a98aa11aa111",
      3: "199cc5812543ddceeddd0fc82807646a4899444240db2c0d2f20c3cceb5f51fa",
      4: "e4733f281f18ba3ea8775dd62d2fcd84011c8c938f16ea5790fd29a03bf8db89",
      5: "1798a1fd9c8fbb818c98cff190daa7cc10b6e5ac9716b4a2649f7c2ebcef2272",
      6: "66d7c5983afe44cf15ea8cf565b34c6c31ff0cb4dd744524f7842b942d08770d",
      7: "b04e5ee349086985f74b73971ce9dfe76bbed95c84906c5dffd96504e1e5396c",
    ]
    for (level, hash) in expected { #expect(proof[level] == word(hash), "level \(level)") }
  }

  @Test("logs and their commitments (zksync-os public_input.rs)")
  func commitments() {
    #expect(
      Keccak256.hash(SealingVectorTests.logs[1].encoded)
        == word("f514a83d88e13d5ea16d1b5f26707115e17217084f4004e4c55d1c476a755033"))
    #expect(
      SealingVectorTests.logs[1].value == word("1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8"))
    #expect(
      Keccak256.hash(BatchCommitment.emptyRollingHash, filled(0xaa))
        == word("7ecca1748358e55dc346c30e828d61f79561d3e6b8b58b16e64ef4ee1aa5088f"))
    let nothing = [UInt8](repeating: 0x11, count: 32) + [UInt8](repeating: 0, count: 12)
    #expect(
      Keccak256.hash(nothing) == word("7f6d3fe9650af9e43750466ae2588dc3db65ff8e1ddfcc8dff456d77ca43d8c9"))
    #expect(
      BatchCommitment.dataAvailability(pubdata: nothing)
        == word("10dbdcbe688ac11bb92a36daaf0984d2c337ec913415d4579cb6cc07ecb57c79"))
  }

  @Test("the empty block that both guests proved on a made-up state", arguments: ProtocolVersion.allCases)
  func emptyBlock(_ version: ProtocolVersion) throws {
    let context = BlockContext(
      protocolVersion: version, chainID: 270, number: 1, timestamp: 42, gasLimit: 80_000_000)
    let output = try BlockExecutor(context: context, state: ReferenceState()).seal()
    let root = try #require(Bytes32((0..<32).map { UInt8($0) }))
    let state = StateCommitment(root: root, leafCount: 2).hash
    let expected =
      version == .v0_0_4
      ? "e3ccc2f9 ceba966a ad7a3691 cb111ca9 6dd2cf2d f4090f94 606aade0 05dba46d"
      : "0667862e 42bd07e2 5bc30a5f c71cb07c a4aa7357 9b9c575c fb07dfbd b7d5714a"
    // Registers hold the bytes as little-endian words.
    let registers = BatchCommitment(output, context: context).publicInput(before: state, after: state).bytes
    let words = stride(from: 0, to: 32, by: 4).map { index in
      Hex.encode(registers[index..<index + 4].reversed(), prefix: "")
    }
    #expect(words.joined(separator: " ") == expected)
  }
}

@Suite("What a reverting frame leaves")
struct RevertedFrameTests {
  /// Calls 0x06 with all calldata and all value, then reverts.
  private static let reverting: [UInt8] =
    [0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x34, 0x60, 0x06, 0x5a, 0xf1, 0x5f, 0x5f, 0xfd]

  /// Random statements that leave the stack as it was: stores, transient stores, logs, creations, withdrawals.
  private static func program(_ random: inout SplitMix64) -> [UInt8] {
    var code: [UInt8] = []
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      let key = UInt8.random(in: 0..<6, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: code += [0x60, UInt8.random(in: 0...255, using: &random), 0x60, key, 0x55]
      case 1: code += [0x60, key, 0x60, key, 0x5d]
      case 2: code += [0x5f, 0x60, 32, 0x60, key, 0xa1]
      case 3: code += [0x60, key, 0x54, 0x50]
      // create(0, 0, 0), and code that is a single STOP: mstore8 is zero already, so one byte of memory.
      case 4: code += [0x60, 1, 0x5f, 0x5f, 0xf0, 0x50]
      // withdraw(address) of one wei.
      default:
        code +=
          [0x63, 0x51, 0xcf, 0xf8, 0xd9, 0x60, 0xe0, 0x1b, 0x5f, 0x52]
          + [0x5f, 0x5f, 0x60, 36, 0x5f, 0x60, 1, 0x61, 0x80, 0x0a, 0x5a, 0xf1, 0x50]
      }
    }
    return code + [0x00]
  }

  @Test("no value, log, message, code or transient slot; only accesses", arguments: ProtocolVersion.allCases, 0..<12)
  func leftovers(_ version: ProtocolVersion, seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed) &+ 1000)
    var fixture = Fixture(version)
    let worker = Self.program(&random)
    fixture.state.setCode(.filled(0x06), worker, balance: 100, version)
    var wrapper = Self.reverting
    wrapper.replaceSubrange(9..<11, with: [0x73] + Address.filled(0x06).bytes)
    fixture.state.setCode(.filled(0x05), wrapper, version)
    fixture.state.setSlot(.filled(0x06), 1, 7)

    var executor = try fixture.executor()
    let reverted = try #require(try executor.execute(try Fixture.signed(to: .filled(0x05), value: 3)).result)
    let output = try executor.seal()
    #expect(!reverted.succeeded && reverted.logs.isEmpty && reverted.l2ToL1Logs.isEmpty)
    // The fee moved, and nothing else: the sender and the coinbase are the accounts that changed, no slot did.
    #expect(Set(output.accountDiffs.map(\.address)) == [Fixture.sender, .filled(0xc0)])
    #expect(output.storageWrites.allSatisfy { $0.address == SystemAddress.accountProperties })
    #expect(output.l2ToL1Logs.isEmpty)
    for diff in output.accountDiffs where diff.address == Fixture.sender {
      #expect(diff.before.balance - diff.after.balance == UInt256(reverted.gasUsed) * 1000)
      #expect(diff.after.nonce == 1)
    }

    // The same work kept touches the same slots in the same order, as far as it got; a revert unloads nothing.
    var keeping = wrapper
    keeping.replaceSubrange(keeping.count - 3..<keeping.count, with: [0x00, 0x00, 0x00])
    fixture.state.setCode(.filled(0x05), keeping, version)
    var second = try fixture.executor()
    let kept = try #require(try second.execute(try Fixture.signed(to: .filled(0x05), value: 3)).result)
    #expect(kept.succeeded)
    let slots = try second.seal().touchedSlots.map(\.flatKey)
    #expect(output.touchedSlots.map(\.flatKey) == slots)
  }
}
