import Primitives
import Transactions

/// What anvil writes with `--dump-state` and `anvil_dumpState`: the accounts of a chain at its head, its blocks, and what
/// became of their transactions. ``StateDumpReader`` reads it piece by piece, `StateDump.write` writes it.
///
/// The format is JSON and has changed over the years; the reader knows the spellings of all of them. Source: anvil's
/// `eth/backend/db.rs`.
public enum StateDump {
  /// The environment of the block at the head.
  public struct Environment: Sendable, Equatable {
    public var number: UInt64
    public var beneficiary: Address
    /// Seconds since 1970.
    public var timestamp: UInt64
    public var gasLimit: UInt64
    /// Wei per gas.
    public var baseFee: UInt64
    public var difficulty: UInt256
    public var prevRandao: Bytes32
    /// EIP-4844.
    public var excessBlobGas: UInt64

    public init(
      number: UInt64, beneficiary: Address = .zero, timestamp: UInt64, gasLimit: UInt64, baseFee: UInt64,
      difficulty: UInt256 = .zero, prevRandao: Bytes32 = .zero, excessBlobGas: UInt64 = 0
    ) {
      self.number = number
      self.beneficiary = beneficiary
      self.timestamp = timestamp
      self.gasLimit = gasLimit
      self.baseFee = baseFee
      self.difficulty = difficulty
      self.prevRandao = prevRandao
      self.excessBlobGas = excessBlobGas
    }

    /// The environment of the block with that header.
    public init(_ header: BlockHeader) {
      self.init(
        number: header.number, beneficiary: header.beneficiary, timestamp: header.timestamp, gasLimit: header.gasLimit,
        baseFee: header.baseFeePerGas, difficulty: header.difficulty, prevRandao: header.mixHash,
        excessBlobGas: header.excessBlobGas ?? 0)
    }
  }

  /// An account as it is at the head.
  public struct Account: Sendable, Equatable {
    public var address: Address
    public var nonce: UInt64
    /// Wei.
    public var balance: UInt256
    /// Runtime code.
    public var code: [UInt8]
    /// Values by slot. A dump may hold zeros: slots that were cleared.
    public var storage: [UInt256: UInt256]

    public init(
      address: Address, nonce: UInt64, balance: UInt256, code: [UInt8] = [], storage: [UInt256: UInt256] = [:]
    ) {
      self.address = address
      self.nonce = nonce
      self.balance = balance
      self.code = code
      self.storage = storage
    }
  }

  /// A block. Its hash is that of its header as it stands there; roots need not be those of any trie (the genesis of anvil
  /// has a state root of zero), and two blocks can have the number 0.
  public struct Block: Sendable, Equatable {
    public var header: BlockHeader
    public var transactions: [Transaction]

    public init(header: BlockHeader, transactions: [Transaction]) {
      self.header = header
      self.transactions = transactions
    }
  }

  /// A transaction in a block.
  public struct Transaction: Sendable, Equatable {
    public var signed: SignedTransaction
    /// Who sent it where nobody signed it; its signature is then without meaning.
    public var impersonatedSender: Address?

    public init(_ signed: SignedTransaction, impersonatedSender: Address? = nil) {
      self.signed = signed
      self.impersonatedSender = impersonatedSender
    }
  }

  /// What became of a transaction.
  public struct Outcome: Sendable, Equatable {
    public var transactionHash: Bytes32
    /// Its place in the block, from 0.
    public var transactionIndex: UInt64
    public var blockHash: Bytes32
    public var blockNumber: UInt64
    public var sender: Address
    /// `nil` for the creation of a contract.
    public var to: Address?
    public var nonce: UInt64
    /// What it returned, or the data with which it reverted.
    public var output: [UInt8]
    /// With the gas of the transaction alone, and the contract that it created.
    public var receipt: Receipt

    public init(
      transactionHash: Bytes32, transactionIndex: UInt64, blockHash: Bytes32, blockNumber: UInt64, sender: Address,
      to: Address?, nonce: UInt64, output: [UInt8] = [], receipt: Receipt
    ) {
      self.transactionHash = transactionHash
      self.transactionIndex = transactionIndex
      self.blockHash = blockHash
      self.blockNumber = blockNumber
      self.sender = sender
      self.to = to
      self.nonce = nonce
      self.output = output
      self.receipt = receipt
    }
  }

  /// One of the things that a dump holds, in the order in which it holds them.
  public enum Item: Sendable, Equatable {
    case environment(Environment)
    /// The number of the block at the head.
    case bestBlock(UInt64)
    case account(Account)
    /// The order of blocks in a dump means nothing.
    case block(Block)
    /// The order of outcomes means nothing either.
    case outcome(Outcome)
    /// A field that the reader does not know, by its path, such as `accounts[0x…].secret`. What it holds is skipped.
    case unknownField(String)
  }
}
