// Entries as bytes: RLP lists that begin with the kind of the entry.

import Primitives
import Transactions

/// Why bytes are no entry.
enum EntryError: Error, Equatable {
  case malformed(RLPError)
  case transaction(TransactionError)
  case unknownKind(UInt64)
}

extension JournalEntry {
  private enum Kind: UInt64 {
    case chain = 0
    case block, accounts, balance, nonce, code, slot, settings, restart, begun
  }

  var encoded: [UInt8] {
    var writer = RLPWriter()
    writer.appendList {
      switch self {
      case .chain(let identity):
        $0.append(Kind.chain.rawValue)
        $0.append(identity.instance)
        $0.append(identity.chainID)
        $0.append(bytes: identity.hardfork.rawValue.utf8)
        $0.append(identity.allowsLargeCode ? 1 : 0 as UInt64)
      case .restart: $0.append(Kind.restart.rawValue)
      case .begun(let following):
        $0.append(Kind.begun.rawValue)
        $0.append(following)
      case .block(let record):
        $0.append(Kind.block.rawValue)
        record.write(to: &$0)
      case .accounts(let accounts):
        $0.append(Kind.accounts.rawValue)
        $0.appendList { for account in accounts { account.write(to: &$0) } }
      case .edit(.balance(let address, let value)):
        $0.append(Kind.balance.rawValue)
        $0.append(address)
        $0.append(value)
      case .edit(.nonce(let address, let value)):
        $0.append(Kind.nonce.rawValue)
        $0.append(address)
        $0.append(value)
      case .edit(.code(let address, let code)):
        $0.append(Kind.code.rawValue)
        $0.append(address)
        $0.append(bytes: code)
      case .edit(.slot(let address, let key, let value)):
        $0.append(Kind.slot.rawValue)
        $0.append(address)
        $0.append(key)
        $0.append(value)
      case .settings(let settings):
        $0.append(Kind.settings.rawValue)
        settings.write(to: &$0)
      }
    }
    return writer.encoded
  }

  init(decoding bytes: [UInt8]) throws(EntryError) {
    do {
      var fields = try RLPReader.list(bytes)
      let kind = try fields.readUInt64()
      guard let known = Kind(rawValue: kind) else { throw EntryError.unknownKind(kind) }
      switch known {
      case .chain: self = .chain(try ChainIdentity(reading: &fields))
      case .restart: self = .restart
      case .begun: self = .begun(following: try fields.readUInt64())
      case .block: self = .block(try BlockRecord(reading: &fields))
      case .accounts:
        var list = try fields.readList()
        var accounts: [AccountRecord] = []
        while !list.isAtEnd { accounts.append(try AccountRecord(reading: &list)) }
        self = .accounts(accounts)
      case .balance: self = .edit(.balance(try fields.readAddress(), try fields.readUInt256()))
      case .nonce: self = .edit(.nonce(try fields.readAddress(), try fields.readUInt64()))
      case .code: self = .edit(.code(try fields.readAddress(), Array(try fields.readBytes())))
      case .slot:
        self = .edit(.slot(try fields.readAddress(), try fields.readUInt256(), try fields.readUInt256()))
      case .settings: self = .settings(try ChainSettings(reading: &fields))
      }
      try fields.finish()
    } catch let error as RLPError {
      throw .malformed(error)
    } catch let error as TransactionError {
      throw .transaction(error)
    } catch let error as EntryError {
      throw error
    } catch {
      throw .malformed(.badLength)
    }
  }
}

extension ChainIdentity {
  fileprivate init(reading fields: inout RLPReader) throws {
    instance = try fields.readBytes32()
    chainID = try fields.readUInt64()
    guard let fork = Hardfork(rawValue: String(decoding: try fields.readBytes(), as: UTF8.self)) else {
      throw RLPError.badLength
    }
    hardfork = fork
    allowsLargeCode = try fields.readUInt64() != 0
  }
}

extension BlockRecord {
  fileprivate func write(to writer: inout RLPWriter) {
    writer.append(bytes: header.encoded)
    writer.append(chainID)
    writer.append(isExecuted ? 1 : 0 as UInt64)
    writer.appendList {
      for transaction in transactions {
        $0.append(transaction.sender)
        $0.append(bytes: transaction.transaction.envelope)
      }
    }
    writer.appendList { for receipt in receipts { receipt.writeRecord(to: &$0) } }
  }

  fileprivate init(reading fields: inout RLPReader) throws {
    header = try BlockHeader(decoding: try fields.readBytes())
    chainID = try fields.readUInt64()
    isExecuted = try fields.readUInt64() != 0
    var list = try fields.readList()
    transactions = []
    while !list.isAtEnd {
      let sender = try list.readAddress()
      let envelope = Array(try list.readBytes())
      transactions.append(RecoveredTransaction(.signed(try SignedTransaction(envelope: envelope)), sender: sender))
    }
    list = try fields.readList()
    receipts = []
    while !list.isAtEnd { receipts.append(try Receipt(readingRecord: &list)) }
    guard receipts.count == transactions.count else { throw RLPError.badLength }
  }
}

extension Receipt {
  /// Appends what the receipt's envelope lacks, too: one list.
  fileprivate func writeRecord(to writer: inout RLPWriter) {
    writer.appendList {
      $0.append(UInt64(transactionType))
      $0.append(succeeded ? 1 : 0 as UInt64)
      $0.append(gasUsed)
      $0.append(cumulativeGasUsed)
      $0.append(bytes: contractAddress?.bytes ?? [])
      $0.appendList { for log in logs { $0.append(encoded: log.encoded) } }
    }
  }

  fileprivate init(readingRecord list: inout RLPReader) throws {
    var fields = try list.readList()
    guard let type = UInt8(exactly: try fields.readUInt64()) else { throw RLPError.badLength }
    let succeeded = try fields.readUInt64() != 0
    let gasUsed = try fields.readUInt64()
    let cumulativeGasUsed = try fields.readUInt64()
    let created = try fields.readBytes()
    guard created.isEmpty || created.count == 20 else { throw RLPError.badLength }
    var items = try fields.readList()
    var logs: [Log] = []
    while !items.isAtEnd { logs.append(try Log(reading: try items.readList())) }
    try fields.finish()
    self.init(
      transactionType: type, succeeded: succeeded, gasUsed: gasUsed, cumulativeGasUsed: cumulativeGasUsed,
      contractAddress: Address(created), logs: logs)
  }
}

extension AccountRecord {
  fileprivate func write(to writer: inout RLPWriter) {
    writer.appendList {
      $0.append(address)
      $0.append(nonce)
      $0.append(balance)
      $0.append(bytes: code)
      $0.appendList {
        for slot in slots {
          $0.append(slot.key)
          $0.append(slot.value)
        }
      }
    }
  }

  fileprivate init(reading list: inout RLPReader) throws {
    var fields = try list.readList()
    address = try fields.readAddress()
    nonce = try fields.readUInt64()
    balance = try fields.readUInt256()
    code = Array(try fields.readBytes())
    var items = try fields.readList()
    slots = []
    while !items.isAtEnd { slots.append(Slot(key: try items.readUInt256(), value: try items.readUInt256())) }
    try fields.finish()
  }
}

extension ChainSettings {
  fileprivate func write(to writer: inout RLPWriter) {
    writer.append(chainID)
    writer.append(coinbase)
    writer.append(gasLimit)
    writer.appendOptional(nextBaseFee)
    writer.append(minGasPrice)
    writer.append(UInt64(bitPattern: clock.offset))
    writer.appendOptional(clock.nextTimestamp)
    writer.appendOptional(clock.interval)
  }

  fileprivate init(reading fields: inout RLPReader) throws {
    chainID = try fields.readUInt64()
    coinbase = try fields.readAddress()
    gasLimit = try fields.readUInt64()
    nextBaseFee = try fields.readOptional()
    minGasPrice = try fields.readUInt64()
    clock.offset = Int64(bitPattern: try fields.readUInt64())
    clock.nextTimestamp = try fields.readOptional()
    clock.interval = try fields.readOptional()
  }
}

extension RLPWriter {
  /// A list of one number, or of none.
  fileprivate mutating func appendOptional(_ number: UInt64?) { appendList { if let number { $0.append(number) } } }
}

extension RLPReader {
  fileprivate mutating func readOptional() throws(RLPError) -> UInt64? {
    var list = try readList()
    return list.isAtEnd ? nil : try list.readUInt64()
  }
}
