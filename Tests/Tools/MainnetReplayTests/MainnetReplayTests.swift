// A real block of Ethereum, where the environment names one, and the comparison itself on a block made by hand.

import Cryptography
import Files
import Glibc
import MainnetReplay
import Primitives
import Testing
import Transactions
import ZKsyncOS

private let folder = getenv("MAINNET_BLOCKS").map { String(cString: $0) }

@Suite("Blocks of mainnet", .enabled(if: folder != nil, "MAINNET_BLOCKS is not set"))
struct MainnetBlockTests {
  @Test("block 22244135: every receipt and the whole state agree", arguments: ProtocolVersion.allCases)
  func block22244135(_ version: ProtocolVersion) throws {
    let folder = try #require(folder)
    let block = try MainnetBlock { try Files.read("\(folder)/22244135/\($0)") }
    let report = try MainnetReplay.run(block, version)
    #expect(report.mismatches == [])
    #expect(report.transactions == 125 && report.skipped == 0)
    #expect(report.succeeded == 103 && report.logs == 176)
    // The receipts' sum is 9,145,346: what Ethereum refunds explains the rest.
    #expect(report.gasUsed - report.refunds == 9_145_346)
    #expect(report.accounts == 264 && report.slots == 433)
  }
}

/// One transaction that clears slot 0 of a contract and logs: 21,000 + 8 + 5,000 + 375 gas, of which Ethereum refunds
/// 4,800. The base fee is 100 wei, the price 150.
private struct HandMadeBlock {
  var gasUsed: UInt64 = 26_383 - 4_800
  var status = 1
  var nonceAfter = 4
  var slotAfter = 0
  var logAddress = "0x00000000000000000000000000000000000c0de0"
  var senderPaid: UInt64 = 150 * (26_383 - 4_800)
  var minerGot: UInt64 = 50 * (26_383 - 4_800)
  var calledPrecompile = "0x0000000000000000000000000000000000000004"
  var missing: String?

  private static let contract = "0x00000000000000000000000000000000000c0de0"
  private static let miner = "0x00000000000000000000000000000000000c0ffe"
  /// sstore(0, 0), log0(0, 0), stop.
  private static let code = "0x5f5f555f5fa000"
  private static let balance: UInt64 = 1_000_000_000

  func read(_ name: String) throws -> [UInt8] {
    if name == missing { return Array("{}".utf8) }
    let key = try #require(Secp256k1.PrivateKey(hex: String(repeating: "17", count: 32)))
    let sender = try #require(Secp256k1.publicKey(of: key)?.address)
    let signed = try SignedTransaction(
      kind: .legacy, chainID: 1, nonce: 3, gasLimit: 50_000, maxFeePerGas: 150, maxPriorityFeePerGas: 150,
      to: Address(hex: Self.contract), value: .zero, input: []
    ).signed(with: key)
    func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
    func word(_ number: Int) -> String { "\(Bytes32(UInt256(UInt64(number))))" }
    let rest = Self.balance - senderPaid
    let result =
      switch name {
      case "block.json":
        """
        {"number": "0x10", "timestamp": "0x20", "parentHash": "\(word(1))", "miner": "\(Self.miner)",
         "gasLimit": "0x1c9c380", "baseFeePerGas": "0x64", "mixHash": "\(word(2))", "transactions": [
          {"hash": "\(signed.hash)", "nonce": "0x3", "from": "\(sender)", "to": "\(Self.contract)", "value": "0x0",
           "gas": "0xc350", "gasPrice": "0x96", "input": "0x", "type": "0x0", "v": "\(hex(37 + UInt64(signed.signature.yParity)))",
           "r": "0x\(String(signed.signature.r.description.dropFirst(2).drop { $0 == "0" }))",
           "s": "0x\(String(signed.signature.s.description.dropFirst(2).drop { $0 == "0" }))"}]}
        """
      case "receipts.json":
        """
        [{"status": "\(hex(UInt64(status)))", "gasUsed": "\(hex(gasUsed))",
          "logs": [{"address": "\(logAddress)", "topics": [], "data": "0x"}]}]
        """
      case "prestatetrace.json":
        """
        [{"result": {"\(sender)": {"balance": "\(hex(Self.balance))", "nonce": 3},
          "\(Self.miner)": {"balance": "0x7"},
          "\(Self.contract)": {"balance": "0x0", "nonce": 1, "code": "\(Self.code)", "storage": {"\(word(0))": "\(word(5))"}}}}]
        """
      case "difftrace.json":
        """
        [{"result": {
          "pre": {"\(sender)": {"balance": "\(hex(Self.balance))", "nonce": 3}, "\(Self.miner)": {"balance": "0x7"},
            "\(Self.contract)": {"balance": "0x0", "storage": {"\(word(0))": "\(word(5))"}}},
          "post": {"\(sender)": {"balance": "\(hex(rest))", "nonce": \(nonceAfter)},
            "\(Self.miner)": {"balance": "\(hex(7 + minerGot))"},
            "\(Self.contract)": {"storage": {\(slotAfter == 0 ? "" : "\"\(word(0))\": \"\(word(slotAfter))\"")}}}}}]
        """
      default:
        """
        [{"result": {"from": "\(sender)", "to": "\(Self.contract)", "type": "CALL",
          "calls": [{"to": "\(calledPrecompile)", "type": "STATICCALL"}]}}]
        """
      }
    return Array("{\"jsonrpc\": \"2.0\", \"id\": 1, \"result\": \(result)}".utf8)
  }

  func replay(_ version: ProtocolVersion = .v0_0_4) throws -> MainnetReplay.Report {
    try MainnetReplay.run(MainnetBlock(reading: read), version)
  }
}

@Suite("Replay of Ethereum blocks")
struct ReplayTests {
  @Test("refunds and base fees are what gas and balances differ by", arguments: ProtocolVersion.allCases)
  func agreement(_ version: ProtocolVersion) throws {
    let report = try HandMadeBlock().replay(version)
    #expect(report.mismatches == [])
    #expect(report.transactions == 1 && report.succeeded == 1 && report.logs == 1)
    #expect(report.gasUsed == 26_383 && report.refunds == 4_800 && report.refunded == 1)
    #expect(report.accounts == 3 && report.slots == 1)
  }

  @Test("each claim of the files is compared: one unit off is a mismatch")
  func disagreement() throws {
    func lines(_ change: (inout HandMadeBlock) -> Void) throws -> [String] {
      var block = HandMadeBlock()
      change(&block)
      return try block.replay().mismatches
    }
    // The miner's share is computed from the receipt's gas, so that a false one shows twice.
    let gas = try lines { $0.gasUsed += 1 }
    #expect(gas.count == 2 && gas.contains { $0.contains("gas 26383 - refund 4800, expected 21584") })
    let status = try lines { $0.status = 0 }
    #expect(status.count == 1 && status[0].contains("status 1, expected 0"))
    let log = try lines { $0.logAddress = "0x0000000000000000000000000000000000000001" }
    #expect(log.count == 1 && log[0].contains("log 0 differs"))
    let nonce = try lines { $0.nonceAfter = 5 }
    #expect(nonce.count == 1 && nonce[0].contains("nonce 4, expected 5"))
    let sender = try lines { $0.senderPaid += 1 }
    #expect(sender.count == 1 && sender[0].contains("balance"))
    let miner = try lines { $0.minerGot += 1 }
    #expect(miner.count == 1 && miner[0].contains("balance"))
    let slot = try lines { $0.slotAfter = 6 }
    #expect(slot.count == 1 && slot[0].contains("slot"))
  }

  @Test("a transaction that calls a precompile which ZKsync OS only mocks is skipped", arguments: ["9", "a"])
  func skipping(_ digit: String) throws {
    var block = HandMadeBlock()
    block.calledPrecompile = "0x" + String(repeating: "0", count: 39) + digit
    let report = try block.replay()
    #expect(report.transactions == 0 && report.skipped == 1 && report.mismatches == [])
  }

  @Test("a file of another form is named", arguments: MainnetBlock.fileNames)
  func badFiles(_ name: String) throws {
    var block = HandMadeBlock()
    block.missing = name + ".json"
    let error = #expect(throws: MainnetBlockError.self) { try block.replay() }
    #expect(error?.file == name)
  }
}
