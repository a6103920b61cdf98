import JSON
import Primitives
import Transactions

// The parts of a dump as JSON. Each method writes one value.

extension JSONWriter {
  mutating func environment(_ environment: StateDump.Environment) {
    beginObject()
    key("number")
    quantity(environment.number)
    key("coinbase")
    data(environment.beneficiary)
    key("timestamp")
    quantity(environment.timestamp)
    key("gas_limit")
    quantity(environment.gasLimit)
    key("basefee")
    quantity(environment.baseFee)
    key("difficulty")
    quantity(environment.difficulty)
    key("prevrandao")
    data(environment.prevRandao)
    key("blob_excess_gas_and_price")
    beginObject()
    key("excess_blob_gas")
    number(environment.excessBlobGas)
    key("blob_gasprice")
    // Nobody reads it; that of no excess.
    number(1)
    endObject()
    endObject()
  }

  /// The member of `accounts` of that address.
  mutating func account(_ account: StateDump.Account) {
    key(account.address.description)
    beginObject()
    key("nonce")
    number(account.nonce)
    key("balance")
    quantity(account.balance)
    key("code")
    data(account.code)
    key("storage")
    beginObject()
    for slot in account.storage.keys.sorted() {
      key(Bytes32(slot).description)
      data(Bytes32(account.storage[slot] ?? .zero))
    }
    endObject()
    endObject()
  }

  mutating func block(_ block: StateDump.Block) {
    beginObject()
    key("header")
    header(block.header)
    key("transactions")
    beginArray()
    for transaction in block.transactions {
      beginObject()
      key("transaction")
      signed(transaction.signed)
      key("impersonated_sender")
      optional(transaction.impersonatedSender)
      endObject()
    }
    endArray()
    key("ommers")
    beginArray()
    endArray()
    endObject()
  }

  private mutating func header(_ header: BlockHeader) {
    beginObject()
    key("parentHash")
    data(header.parentHash)
    key("sha3Uncles")
    data(header.ommersHash)
    key("miner")
    data(header.beneficiary)
    key("stateRoot")
    data(header.stateRoot)
    key("transactionsRoot")
    data(header.transactionsRoot)
    key("receiptsRoot")
    data(header.receiptsRoot)
    key("logsBloom")
    data(header.logsBloom.bytes)
    key("difficulty")
    quantity(header.difficulty)
    key("number")
    quantity(header.number)
    key("gasLimit")
    quantity(header.gasLimit)
    key("gasUsed")
    quantity(header.gasUsed)
    key("timestamp")
    quantity(header.timestamp)
    key("extraData")
    data(header.extraData)
    key("mixHash")
    data(header.mixHash)
    key("nonce")
    data(Array(UInt256(header.nonce).bytes.suffix(8)))
    key("baseFeePerGas")
    quantity(header.baseFeePerGas)
    if let root = header.withdrawalsRoot {
      key("withdrawalsRoot")
      data(root)
    }
    if let gas = header.blobGasUsed {
      key("blobGasUsed")
      quantity(gas)
    }
    if let gas = header.excessBlobGas {
      key("excessBlobGas")
      quantity(gas)
    }
    if let root = header.parentBeaconBlockRoot {
      key("parentBeaconBlockRoot")
      data(root)
    }
    if let hash = header.requestsHash {
      key("requestsHash")
      data(hash)
    }
    endObject()
  }

  private mutating func signed(_ transaction: SignedTransaction) {
    beginObject()
    key("type")
    quantity(UInt64(transaction.kind.rawValue))
    if let chainID = transaction.chainID {
      key("chainId")
      quantity(chainID)
    }
    key("nonce")
    quantity(transaction.nonce)
    key("gas")
    quantity(transaction.gasLimit)
    if transaction.kind == .legacy || transaction.kind == .accessList {
      key("gasPrice")
      quantity(transaction.maxFeePerGas)
    } else {
      key("maxFeePerGas")
      quantity(transaction.maxFeePerGas)
      key("maxPriorityFeePerGas")
      quantity(transaction.maxPriorityFeePerGas)
    }
    key("to")
    optional(transaction.to)
    key("value")
    quantity(transaction.value)
    key("input")
    data(transaction.input)
    if transaction.kind != .legacy {
      key("accessList")
      accessList(transaction.accessList)
    }
    if transaction.kind == .blob {
      key("maxFeePerBlobGas")
      quantity(transaction.maxFeePerBlobGas)
      key("blobVersionedHashes")
      beginArray()
      for hash in transaction.blobVersionedHashes { data(hash) }
      endArray()
    }
    if transaction.kind == .setCode {
      key("authorizationList")
      beginArray()
      for authorization in transaction.authorizations { self.authorization(authorization) }
      endArray()
    }
    signature(of: transaction)
    key("hash")
    data(transaction.hash)
    endObject()
  }

  private mutating func authorization(_ authorization: Authorization) {
    beginObject()
    key("chainId")
    quantity(authorization.chainID)
    key("address")
    data(authorization.address)
    key("nonce")
    quantity(authorization.nonce)
    key("yParity")
    quantity(UInt64(authorization.yParity))
    key("r")
    quantity(authorization.r)
    key("s")
    quantity(authorization.s)
    endObject()
  }

  private mutating func accessList(_ list: AccessList) {
    beginArray()
    for item in list.items {
      beginObject()
      key("address")
      data(item.address)
      key("storageKeys")
      beginArray()
      for slot in item.storageKeys { data(slot) }
      endArray()
      endObject()
    }
    endArray()
  }

  private mutating func signature(of transaction: SignedTransaction) {
    let parity = UInt64(transaction.signature.yParity)
    key("r")
    quantity(UInt256(transaction.signature.r))
    key("s")
    quantity(UInt256(transaction.signature.s))
    if transaction.kind == .legacy {
      key("v")
      // EIP-155 hides the chain id in v.
      quantity(transaction.chainID.map { UInt256($0) &* 2 &+ UInt256(35 + parity) } ?? UInt256(27 + parity))
    } else {
      key("yParity")
      quantity(parity)
      key("v")
      quantity(parity)
    }
  }

  mutating func outcome(_ outcome: StateDump.Outcome) {
    beginObject()
    key("info")
    info(outcome)
    key("receipt")
    receipt(outcome.receipt)
    key("block_hash")
    data(outcome.blockHash)
    key("block_number")
    number(outcome.blockNumber)
    endObject()
  }

  private mutating func info(_ outcome: StateDump.Outcome) {
    beginObject()
    key("transaction_hash")
    data(outcome.transactionHash)
    key("transaction_index")
    number(outcome.transactionIndex)
    key("from")
    data(outcome.sender)
    key("to")
    optional(outcome.to)
    key("contract_address")
    optional(outcome.receipt.contractAddress)
    key("traces")
    beginArray()
    endArray()
    key("exit")
    // As revm names the ways to end.
    string(outcome.receipt.succeeded ? (outcome.output.isEmpty ? "Stop" : "Return") : "Revert")
    key("out")
    data(outcome.output)
    key("nonce")
    number(outcome.nonce)
    key("gas_used")
    number(outcome.receipt.gasUsed)
    endObject()
  }

  private mutating func receipt(_ receipt: Receipt) {
    beginObject()
    key("type")
    quantity(UInt64(receipt.transactionType))
    key("status")
    quantity(receipt.succeeded ? 1 : 0 as UInt64)
    key("cumulativeGasUsed")
    quantity(receipt.cumulativeGasUsed)
    key("logs")
    beginArray()
    for log in receipt.logs {
      beginObject()
      key("address")
      data(log.address)
      key("topics")
      beginArray()
      for topic in log.topics { data(topic) }
      endArray()
      key("data")
      data(log.data)
      endObject()
    }
    endArray()
    key("logsBloom")
    data(receipt.bloom.bytes)
    endObject()
  }

  private mutating func optional(_ address: Address?) {
    if let address { data(address) } else { null() }
  }
}
