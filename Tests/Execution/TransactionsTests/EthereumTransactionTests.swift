// The transaction vectors of github.com/ethereum/tests, found through the variable ETHEREUM_TESTS.

import Foundation
import Primitives
import Testing
import Transactions

@Suite("TransactionTests of ethereum/tests")
struct EthereumTransactionTests {
  static let root = ProcessInfo.processInfo.environment["ETHEREUM_TESTS"]

  /// Why a vector is refused by rules that are not about the envelope: such a transaction decodes and has a sender, and
  /// whoever includes it in a block checks the rest.
  static let rulesOfBlocks: Set<String> = ["INTRINSIC_GAS_TOO_LOW", "INITCODE_SIZE_EXCEEDED", "NONCE_TOO_BIG"]

  /// The suite is for mainnet, whose chain id is 1, and checks that fee times gas is a word.
  static func isValid(_ transaction: SignedTransaction) -> Bool {
    let cost = transaction.maxFeePerGas.multipliedReportingOverflow(by: UInt256(transaction.gasLimit))
    return !cost.overflow && (transaction.chainID ?? 1) == 1
      && transaction.maxPriorityFeePerGas <= transaction.maxFeePerGas
  }

  @Test(
    "Valid transactions have their hash and sender, others are refused",
    .enabled(if: root != nil, "ETHEREUM_TESTS is not set"))
  func everyVector() throws {
    let folder = URL(fileURLWithPath: try #require(Self.root) + "/TransactionTests")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    var count = (valid: 0, invalid: 0)
    for case let file as URL in try #require(files) where file.pathExtension == "json" {
      let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
      for (name, entry) in try #require(object as? [String: [String: Any]]) where name != "_info" {
        let bytes = Hex.decode(try #require(entry["txbytes"] as? String))
        let results = try #require(entry["result"] as? [String: [String: String]])
        let expected = try #require(results["Cancun"] ?? results["Shanghai"])
        let exception = expected["exception"]?.split(separator: ".").last.map(String.init)
        if let exception, !Self.rulesOfBlocks.contains(exception) {
          count.invalid += 1
          switch (try? RecoveredTransaction(Transaction(envelope: bytes ?? [])))?.transaction {
          case nil: break
          case .signed(let transaction)?: #expect(!Self.isValid(transaction), "\(name): \(exception)")
          default: Issue.record("\(name): not an L2 transaction")
          }
          continue
        }
        count.valid += 1
        let envelope = try #require(bytes)
        let recovered = try RecoveredTransaction(Transaction(envelope: envelope))
        guard case .signed(let transaction) = recovered.transaction else {
          Issue.record("\(name): not an L2 transaction")
          continue
        }
        #expect(Self.isValid(transaction), "\(name)")
        #expect(transaction.envelope == envelope, "\(name)")
        if exception == nil {
          #expect(recovered.hash.description == expected["hash"], "\(name)")
          #expect(recovered.sender.description == expected["sender"], "\(name)")
        }
      }
    }
    #expect(count.valid >= 30 && count.invalid >= 75, "\(count)")
  }
}
