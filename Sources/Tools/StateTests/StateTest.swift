import Cryptography
import EVM
import Ethereum
import JSON
import Primitives
import Transactions

/// One test of `GeneralStateTests` (ethereum/tests, `docs/test_filler/state_filler.rst`): a world, a block, a transaction
/// with alternatives for its data, gas and value, and what each fork makes of each combination.
public struct StateTest: Sendable {
  public let name: String
  package let environment: Environment
  package let pre: [Address: Account]
  package let transaction: TransactionTemplate
  /// Forks in the order of the file.
  package let post: [(fork: String, cases: [Expectation])]

  /// One combination under one fork.
  package struct Expectation: Sendable {
    package let dataIndex: Int
    package let gasIndex: Int
    package let valueIndex: Int
    let stateRoot: Bytes32
    let logsHash: Bytes32
    /// What makes the transaction invalid, in the words of the test; `nil` for a valid one.
    let exception: String?
  }

  /// The tests of a file, or why it is none.
  public static func read(_ text: [UInt8]) throws(StateTestError) -> [StateTest] {
    let root: JSONValue
    do throws(JSONError) { root = try JSONValue(parsing: text) } catch { throw .notJSON(error.description) }
    guard let members = root.members else { throw .missing("tests") }
    var tests: [StateTest] = []
    for (name, value) in members where value["env"] != nil { tests.append(try StateTest(name: name, value)) }
    return tests
  }

  private init(name: String, _ value: JSONValue) throws(StateTestError) {
    self.name = name
    environment = try Environment(value.require("env"), chainID: value["config"]?["chainid"]?.quantity64 ?? 1)
    pre = try Self.readAccounts(value.require("pre"))
    transaction = try TransactionTemplate(value.require("transaction"))
    var post: [(String, [Expectation])] = []
    for (fork, cases) in try value.require("post").members.orMissing("post") {
      var expectations: [Expectation] = []
      for element in try cases.elements.orMissing(fork) { expectations.append(try Self.readExpectation(element)) }
      post.append((fork, expectations))
    }
    self.post = post
  }

  private static func readExpectation(_ value: JSONValue) throws(StateTestError) -> Expectation {
    let indexes = try value.require("indexes")
    func index(_ name: StaticString) throws(StateTestError) -> Int {
      Int(try indexes.require(name).unsignedInteger.orMissing("\(name)"))
    }
    return Expectation(
      dataIndex: try index("data"), gasIndex: try index("gas"), valueIndex: try index("value"),
      stateRoot: try value.require("hash").bytes32.orMissing("hash"),
      logsHash: try value.require("logs").bytes32.orMissing("logs"), exception: value["expectException"]?.string)
  }

  private static func readAccounts(_ value: JSONValue) throws(StateTestError) -> [Address: Account] {
    var accounts: [Address: Account] = [:]
    for (key, fields) in try value.members.orMissing("pre") {
      guard let address = Address(hex: key) else { throw .missing("address") }
      var storage: [UInt256: UInt256] = [:]
      for (slot, content) in fields["storage"]?.members ?? [] {
        storage[try UInt256(hex: slot).orMissing("slot")] = try content.number("storage")
      }
      accounts[address] = Account(
        nonce: try fields.require("nonce").number("nonce").saturatedUInt64,
        balance: try fields.require("balance").number("balance"),
        code: try fields.require("code").data.orMissing("code"), storage: storage)
    }
    return accounts
  }
}

/// Why a file is no state test.
public enum StateTestError: Error, Equatable, Sendable, CustomStringConvertible {
  case notJSON(String)
  /// A field that is absent or of the wrong form.
  case missing(String)
  /// A fork that the interpreter does not know.
  case unknownFork(String)

  public var description: String {
    switch self {
    case .notJSON(let reason): "not JSON: \(reason)"
    case .missing(let field): "\(field) is missing or malformed"
    case .unknownFork(let name): "unknown fork \(name)"
    }
  }
}

extension Swift.Optional {
  func orMissing(_ field: String) throws(StateTestError) -> Wrapped {
    guard let self else { throw .missing(field) }
    return self
  }
}

extension JSONValue {
  func require(_ name: StaticString) throws(StateTestError) -> JSONValue { try self[name].orMissing("\(name)") }

  /// A hexadecimal number; leading zeros are allowed, and the tests write "0x" for zero.
  func number(_ field: String) throws(StateTestError) -> UInt256 {
    guard let text = string else { throw .missing(field) }
    return text == "0x" ? .zero : try UInt256(text).orMissing(field)
  }
}
