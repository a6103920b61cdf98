// The traces that a node of Ethereum recorded of a block, against ours: to the byte under Ethereum's rules, and under those of
// ZKsync OS but for the gas that it does not refund.

import EVM
import Ethereum
import Files
import Glibc
import JSON
import MainnetReplay
import Primitives
import Testing
import Tracers
import Transactions
import ZKsyncOS

private let folder = getenv("MAINNET_BLOCKS").map { String(cString: $0) }

@Suite("Traces of mainnet", .enabled(if: folder != nil, "MAINNET_BLOCKS is not set"))
struct RecordedTraceTests {
  /// A block, and what was recorded of each of its transactions.
  private struct Recorded {
    let block: MainnetBlock
    let calls: [JSONValue], before: [JSONValue], changes: [JSONValue]

    init() throws {
      let folder = try #require(folder)
      block = try MainnetBlock { try Files.read("\(folder)/22244135/\($0)") }
      func results(_ name: String) throws -> [JSONValue] {
        let file = try JSONValue(parsing: try Files.read("\(folder)/22244135/\(name).json"), maxDepth: 4_096)
        return try #require(file["result"]?.elements?.compactMap { $0["result"] })
      }
      calls = try results("calltrace")
      before = try results("prestatetrace")
      changes = try results("difftrace")
    }
  }

  /// JSON without blanks between its parts.
  private static func compact(_ value: JSONValue) -> [UInt8] {
    var isText = false
    return value.text.filter { byte in
      if byte == UInt8(ascii: "\"") { isText.toggle() }
      return isText || !(byte == 0x20 || byte == 0x0a || byte == 0x0d)
    }
  }

  /// Without accounts that were touched and did not exist, which the recording node told of and geth does not any more.
  private static func withoutEmpty(_ value: JSONValue) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    value.forEachMember { (name, account) in
      let text = compact(account)
      if text == Array("{\"balance\":\"0x0\"}".utf8) { return }
      json.key(name)
      json.raw(text)
    }
    json.endObject()
    return json.bytes
  }

  /// The accounts of a recorded state.
  private static func accounts(_ state: JSONValue) throws -> [Address: Account] {
    var accounts: [Address: Account] = [:]
    for (name, fields) in try #require(state.members) {
      var storage: [UInt256: UInt256] = [:]
      for (slot, value) in fields["storage"]?.members ?? [] {
        storage[UInt256(try #require(Bytes32(hex: slot)))] = UInt256(try #require(value.bytes32))
      }
      accounts[try #require(Address(hex: name))] = Account(
        nonce: fields["nonce"]?.unsignedInteger ?? 0, balance: fields["balance"]?.quantity ?? .zero,
        code: fields["code"]?.data ?? [], storage: storage)
    }
    return accounts
  }

  @Test("callTracer and prestateTracer, with and without differences, say to the byte what the recorded traces say")
  func ethereum() throws {
    let recorded = try Recorded(), block = recorded.block
    let environment = BlockEnvironment(
      number: block.number, timestamp: block.timestamp, gasLimit: block.gasLimit, coinbase: block.miner,
      prevRandao: block.mixHash, baseFee: block.baseFee
    ) { $0 == block.number - 1 ? block.parentHash : .zero }
    var compared = 0
    for item in block.items {
      let target = item.transaction.to ?? ContractAddress.create(item.sender, nonce: item.transaction.nonce)
      func trace<Detail: TraceDetail>(_ kind: TraceKind, _ detail: Detail.Type) throws -> [UInt8] {
        let transition = EthereumTransition(
          world: WorldState(accounts: try Self.accounts(recorded.before[item.index])), revision: .cancun,
          block: environment)
        let text = TraceText()
        var tracer = TracerSet<Detail>(kind, byteLimit: .max, into: text, cancellation: nil) {
          Precompiles.ethereum($0, .cancun) != nil
        }
        tracer.touch([item.sender, target, block.miner], world: transition.world)
        let result = try transition.execute(item.transaction, sender: item.sender, tracer: &tracer)
        tracer.finish(
          TracedTransaction(
            from: item.sender, to: target, creates: item.transaction.to == nil, value: item.transaction.value,
            input: item.transaction.input, gasLimit: item.transaction.gasLimit, gasUsed: result.gasUsed,
            succeeded: result.succeeded, output: result.output),
          world: transition.world)
        return text.json.bytes
      }
      let calls = Self.compact(recorded.calls[item.index])
      #expect(try trace(.calls(.init()), CallsOnly.self) == calls, "calls of \(item.index)")
      let before = Self.withoutEmpty(recorded.before[item.index])
      #expect(try trace(.prestate(.init()), EveryStep.self) == before, "state before \(item.index)")
      let difference = recorded.changes[item.index]
      let changes =
        Array("{\"post\":".utf8) + Self.compact(try #require(difference["post"])) + Array(",\"pre\":".utf8)
        + Self.withoutEmpty(try #require(difference["pre"])) + Array("}".utf8)
      #expect(try trace(.prestate(.init(diffMode: true)), EveryStep.self) == changes, "changes of \(item.index)")
      compared += 1
    }
    #expect(compared == 125)
  }

  @Test(
    "Under ZKsync OS the calls are the same, but for the gas that it does not refund",
    arguments: ProtocolVersion.allCases)
  func zksync(_ version: ProtocolVersion) throws {
    let recorded = try Recorded(), block = recorded.block
    let context = BlockContext(
      protocolVersion: version, chainID: 1, number: block.number, timestamp: block.timestamp,
      blockHashes: BlockHashes(newestFirst: [block.parentHash]), baseFee: block.baseFee, gasPerPubdata: .zero,
      nativePrice: block.baseFee / UInt256(UInt64(100)), coinbase: block.miner, gasLimit: block.gasLimit,
      mixHash: block.mixHash)
    var refunded = 0
    for item in block.items {
      var state = MemoryState()
      for (address, account) in try Self.accounts(recorded.before[item.index]) {
        var properties = AccountProperties(nonce: account.nonce, balance: account.balance)
        if account.code.count > 0 {
          let stored = StoredCode(Array(account.code.bytes), version)
          state.preimages[stored.hash] = stored.bytes
          properties.setCode(stored)
        }
        state.set(address, properties)
        for (key, value) in account.storage { state.slots[FlatKey.of(address, Bytes32(key))] = Bytes32(value) }
      }
      var executor = try BlockExecutor(
        context: context, state: state, features: BlockFeatures(hasSystemContracts: false))
      let written = TraceText()
      try executor.trace(
        RecoveredTransaction(.signed(item.transaction), sender: item.sender), .calls(.init()), byteLimit: .max,
        place: TracedTransaction.Place(
          blockHash: .zero, blockNumber: block.number, hash: item.hash, index: item.index), into: written)
      let json = written.json.bytes
      let calls = Self.compact(recorded.calls[item.index])
      let expected = try #require(recorded.calls[item.index]["gasUsed"]?.quantity64)
      let gas = try #require(try JSONValue(parsing: json, maxDepth: 4_096)["gasUsed"]?.quantity64)
      if gas == expected {
        #expect(json == calls, "calls of \(item.index)")
        continue
      }
      // Everything but the one number.
      refunded += 1
      #expect(gas > expected, "gas of \(item.index)")
      let text = String(decoding: json, as: UTF8.self).replacing(
        "\"gasUsed\":\"0x\(String(gas, radix: 16))\"", with: "\"gasUsed\":\"0x\(String(expected, radix: 16))\"",
        maxReplacements: 1)
      #expect(text == String(decoding: calls, as: UTF8.self), "calls of \(item.index)")
    }
    #expect(refunded > 0)
  }
}
