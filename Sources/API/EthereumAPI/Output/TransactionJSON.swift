// Transactions as JSON. The keys are those of the reference node; source: alloy-consensus, the serialisation of
// `TxEnvelope`. Transactions from L1 are shown flat, as later releases of the reference show them.

import Cryptography
import JSON
import JSONRPC
import Primitives
import Transactions

extension JSONWriter {
  mutating func transaction(_ located: LocatedTransaction) { transaction(located.transaction, located) }

  /// A transaction that waits to be included.
  mutating func pendingTransaction(_ transaction: RecoveredTransaction) { self.transaction(transaction, nil) }

  /// A transaction that nobody has signed, and that is nowhere.
  mutating func unsignedTransaction(_ transaction: SignedTransaction) {
    beginObject()
    fields(of: transaction, baseFee: nil)
    key("hash")
    data(transaction.hash)
    endObject()
  }

  private mutating func transaction(_ recovered: RecoveredTransaction, _ location: LocatedTransaction?) {
    beginObject()
    switch recovered.transaction {
    case .signed(let transaction): fields(of: transaction, baseFee: location?.baseFee)
    case .request(let transaction): fields(of: transaction)
    }
    key("hash")
    data(recovered.hash)
    key("blockHash")
    if let location { data(location.blockHash) } else { null() }
    key("blockNumber")
    if let location { quantity(location.blockNumber) } else { null() }
    if let location {
      key("blockTimestamp")
      quantity(location.blockTimestamp)
    }
    key("transactionIndex")
    if let location { quantity(location.index) } else { null() }
    if let location { batchPosition(location.batch, index: location.index) }
    key("from")
    data(recovered.sender)
    endObject()
  }

  private mutating func fields(of transaction: SignedTransaction, baseFee: UInt64?) {
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
    key("gasPrice")
    switch transaction.kind {
    case .legacy, .accessList: quantity(transaction.maxFeePerGas)
    case .dynamicFee, .blob, .setCode, .typedData:
      quantity(baseFee.map { transaction.effectiveGasPrice(baseFee: UInt256($0)) } ?? transaction.maxFeePerGas)
      key("maxFeePerGas")
      quantity(transaction.maxFeePerGas)
      key("maxPriorityFeePerGas")
      quantity(transaction.maxPriorityFeePerGas)
    }
    key("to")
    if let to = transaction.to { data(to) } else { null() }
    key("value")
    quantity(transaction.value)
    key("input")
    data(transaction.input)
    if transaction.kind == .typedData {
      key("gasPerPubdata")
      quantity(UInt64(transaction.gasPerPubdataLimit))
    } else if transaction.kind != .legacy {
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
    key("r")
    quantity(UInt256(transaction.signature.r))
    key("s")
    quantity(UInt256(transaction.signature.s))
    let parity = UInt64(transaction.signature.yParity)
    if transaction.kind == .legacy {
      key("v")
      quantity(transaction.chainID.map { UInt256($0) &* 2 &+ UInt256(35 + parity) } ?? UInt256(27 + parity))
    } else {
      key("yParity")
      quantity(parity)
      key("v")
      quantity(parity)
    }
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

  /// The type of a transaction as clients see it: that of the envelope, except for what L1 sends.
  mutating func transactionType(_ type: UInt8) {
    key("type")
    switch type {
    case L1Request.Kind.priority.rawValue: quantity(UInt64(0x2a))
    case L1Request.Kind.upgrade.rawValue: quantity(UInt64(0x2b))
    default: quantity(UInt64(type))
    }
  }

  private mutating func fields(of transaction: L1Request) {
    transactionType(transaction.kind.rawValue)
    key("nonce")
    quantity(transaction.nonce)
    key("to")
    data(transaction.to)
    key("gas")
    quantity(transaction.gasLimit)
    key("gasLimit")
    quantity(transaction.gasLimit)
    key("gasPerPubdataByteLimit")
    quantity(UInt64(transaction.gasPerPubdataLimit))
    key("maxFeePerGas")
    quantity(UInt256(transaction.maxFeePerGas))
    key("maxPriorityFeePerGas")
    quantity(UInt256(transaction.maxPriorityFeePerGas))
    // It pays what L1 has fixed, whatever gas costs here.
    key("gasPrice")
    quantity(UInt256(transaction.maxFeePerGas))
    key("value")
    quantity(transaction.value)
    key("toMint")
    quantity(transaction.toMint)
    key("refundRecipient")
    data(transaction.refundRecipient)
    key("input")
    data(transaction.input)
    key("factoryDeps")
    beginArray()
    for hash in transaction.factoryDeps { data(hash) }
    endArray()
    // Nobody signed it on this chain; clients expect the fields all the same.
    for name in ["r", "s", "yParity", "v"] {
      key(name)
      quantity(UInt64(0))
    }
  }

  mutating func accessList(_ list: AccessList) {
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
}
