import JSON
import Primitives
import Transactions

/// Reads a state dump, thing by thing in bounded memory: a file of any size never stands in memory whole.
///
/// ```swift
/// var reader = try StateDumpReader(path: "state.json")
/// while let item = try reader.next() { … }
/// ```
public struct StateDumpReader {
  /// Where in the dump the reader is.
  private enum Section { case start, top, accounts, blocks, outcomes, end }

  private var stream: JSONStream
  private var section = Section.start
  /// Of the element that comes next, within its section.
  private var index = 0
  /// What was found but not yet told.
  private var unknown: [String] = []
  private var told: Set<String> = []
  private var hasAccounts = false
  /// The number in the environment, for dumps without `best_block_number`.
  private var environmentNumber: UInt64?
  private var hasBestBlock = false

  /// Opens a file; of a folder, the file `state.json` in it.
  public init(path: String) throws(StateDumpError) {
    stream = JSONStream(try DumpText.unpacked(try DumpText.file(StateDump.file(at: path))))
  }

  /// Reads what `anvil_loadState` is given: gzip, or plain JSON.
  public init(bytes: [UInt8]) throws(StateDumpError) {
    stream = JSONStream(try DumpText.unpacked(DumpText.memory(bytes)))
  }

  /// The next thing; `nil` at the end, when everything that must be there was there.
  public mutating func next() throws(StateDumpError) -> StateDump.Item? {
    while true {
      while let path = unknown.popLast() {
        if told.insert(Self.pattern(path)).inserted { return .unknownField(path) }
      }
      switch section {
      case .start:
        try stream.beginObject(at: "its top level")
        section = .top
      case .top: if let item = try nextField() { return item }
      case .accounts: if let account = try nextAccount() { return .account(account) }
      case .blocks: if let block = try nextBlock() { return .block(block) }
      case .outcomes: if let outcome = try nextOutcome() { return .outcome(outcome) }
      case .end: return nil
      }
    }
  }

  // MARK: Sections

  private mutating func nextField() throws(StateDumpError) -> StateDump.Item? {
    guard let key = try stream.nextKey(at: "") else {
      try stream.finish()
      guard hasAccounts else { throw .missing(path: "accounts") }
      section = .end
      if !hasBestBlock, let environmentNumber { return .bestBlock(environmentNumber) }
      return nil
    }
    switch key {
    case "block":
      if try stream.readNull(at: key) { return nil }
      let environment = try environment(try stream.value(at: key), at: key)
      environmentNumber = environment.number
      return .environment(environment)
    case "best_block_number":
      if try stream.readNull(at: key) { return nil }
      guard let number = try stream.value(at: key).anyNumber.flatMap({ UInt64(exactly: $0) }) else {
        throw .invalid(path: key, expected: "a number below 2^64")
      }
      hasBestBlock = true
      return .bestBlock(number)
    case "accounts":
      try stream.beginObject(at: key)
      hasAccounts = true
      section = .accounts
    case "blocks": try beginList(.blocks, at: key)
    case "transactions": try beginList(.outcomes, at: key)
    case "historical_states":
      // The states of earlier blocks: a chain that is loaded has no trie of them.
      try stream.skipValue(at: key)
    default:
      try stream.skipValue(at: key)
      unknown.append(key)
    }
    return nil
  }

  private mutating func beginList(_ list: Section, at key: String) throws(StateDumpError) {
    if try stream.readNull(at: key) { return }
    try stream.beginArray(at: key)
    section = list
    index = 0
  }

  private mutating func environment(
    _ value: JSONValue, at path: String
  ) throws(StateDumpError) -> StateDump.Environment {
    var fields = try Fields(value, at: path)
    var environment = StateDump.Environment(
      number: try fields.number("number"), beneficiary: try fields.optionalAddress("beneficiary", "coinbase") ?? .zero,
      timestamp: try fields.number("timestamp"), gasLimit: try fields.number("gas_limit"),
      baseFee: try fields.optionalNumber("basefee") ?? 0, difficulty: try fields.optionalWord("difficulty") ?? .zero,
      prevRandao: try fields.optionalHash("prevrandao") ?? .zero)
    if let (blob, place) = fields.take("blob_excess_gas_and_price") {
      var blobFields = try Fields(blob, at: place)
      environment.excessBlobGas = try blobFields.optionalNumber("excess_blob_gas") ?? 0
      // It follows from the excess.
      blobFields.ignore("blob_gasprice", "excess_blob_gasprice")
      unknown += blobFields.unknown
    }
    fields.ignore("slot_num")
    unknown += fields.unknown
    return environment
  }

  private mutating func nextAccount() throws(StateDumpError) -> StateDump.Account? {
    guard let key = try stream.nextKey(at: "accounts") else {
      section = .top
      return nil
    }
    let path = "accounts[\(key)]"
    guard let address = Address(hex: key) else { throw .invalid(path: path, expected: "an address as its name") }
    var account = StateDump.Account(address: address, nonce: 0, balance: .zero)
    try stream.beginObject(at: path)
    while let name = try stream.nextKey(at: path) {
      let place = path + "." + name
      switch name {
      case "nonce":
        guard let nonce = try stream.value(at: place).anyNumber.flatMap({ UInt64(exactly: $0) }) else {
          throw .invalid(path: place, expected: "a number below 2^64")
        }
        account.nonce = nonce
      case "balance":
        guard let balance = try stream.value(at: place).anyNumber else {
          throw .invalid(path: place, expected: "a number below 2^256")
        }
        account.balance = balance
      case "code":
        guard let code = try stream.value(at: place).data else {
          throw .invalid(path: place, expected: "0x and pairs of digits")
        }
        account.code = code
      case "storage": try readStorage(into: &account.storage, at: place)
      default:
        try stream.skipValue(at: place)
        unknown.append(place)
      }
    }
    return account
  }

  private mutating func readStorage(into storage: inout [UInt256: UInt256], at path: String) throws(StateDumpError) {
    try stream.beginObject(at: path)
    while let key = try stream.nextKey(at: path) {
      guard let slot = UInt256(anyNumber: key) else {
        throw .invalid(path: "\(path)[\(key)]", expected: "a slot as its name")
      }
      guard let value = try stream.value(at: path).anyNumber else {
        throw .invalid(path: "\(path)[\(key)]", expected: "a number below 2^256")
      }
      storage[slot] = value
    }
  }

  private mutating func nextBlock() throws(StateDumpError) -> StateDump.Block? {
    guard try stream.nextElement(at: "blocks") else {
      section = .top
      return nil
    }
    let path = "blocks[\(index)]"
    index += 1
    var header: BlockHeader?
    var transactions: [StateDump.Transaction] = []
    try stream.beginObject(at: path)
    while let name = try stream.nextKey(at: path) {
      let place = path + "." + name
      switch name {
      case "header": header = try BlockHeader(try stream.value(at: place), at: place, unknown: &unknown)
      case "transactions":
        try stream.beginArray(at: place)
        while try stream.nextElement(at: place) {
          let at = "\(place)[\(transactions.count)]"
          transactions.append(try StateDump.Transaction(try stream.value(at: at), at: at, unknown: &unknown))
        }
      // A chain of development has neither: the hash of the header covers them all the same.
      case "ommers", "withdrawals": try stream.skipValue(at: place)
      default:
        try stream.skipValue(at: place)
        unknown.append(place)
      }
    }
    guard let header else { throw .missing(path: path + ".header") }
    return StateDump.Block(header: header, transactions: transactions)
  }

  private mutating func nextOutcome() throws(StateDumpError) -> StateDump.Outcome? {
    guard try stream.nextElement(at: "transactions") else {
      section = .top
      return nil
    }
    let path = "transactions[\(index)]"
    index += 1
    var info: JSONValue?, receipt: JSONValue?, blockHash: Bytes32?, blockNumber: UInt64?
    try stream.beginObject(at: path)
    while let name = try stream.nextKey(at: path) {
      let place = path + "." + name
      switch name {
      case "info": info = try stream.value(at: place)
      case "receipt": receipt = try stream.value(at: place)
      case "block_hash": blockHash = try stream.value(at: place).bytes32
      case "block_number":
        blockNumber = try stream.value(at: place).anyNumber.flatMap { UInt64(exactly: $0) }
      default:
        try stream.skipValue(at: place)
        unknown.append(place)
      }
    }
    guard let info else { throw .missing(path: path + ".info") }
    guard let receipt else { throw .missing(path: path + ".receipt") }
    guard let blockHash else { throw .invalid(path: path + ".block_hash", expected: "0x and 64 digits") }
    guard let blockNumber else { throw .invalid(path: path + ".block_number", expected: "a number below 2^64") }
    return try StateDump.Outcome(
      info: info, receipt: receipt, blockHash: blockHash, blockNumber: blockNumber, at: path, unknown: &unknown)
  }

  /// A path without what stands in brackets, so that what every block has is told once.
  private static func pattern(_ path: String) -> String {
    var pattern = ""
    var depth = 0
    for character in path {
      if character == "]" { depth -= 1 }
      if depth == 0 { pattern.append(character) }
      if character == "[" { depth += 1 }
    }
    return pattern
  }
}
