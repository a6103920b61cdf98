import ChainStorage
import EthereumAPI
import Primitives
import Transactions

/// The chain as the API reads it, off the block store.
struct ChainAdapter: ChainReader {
  let blocks: BlockStore
  let state: StateAdapter
  let baseFee: UInt64

  var head: SealedHeader {
    // The newest block is always in memory; should it not be readable, an empty header says so to nobody's harm.
    let number = blocks.head
    if let header = try? header(number: number) { return header }
    return SealedHeader(
      hash: .zero,
      header: BlockHeader(parentHash: .zero, number: number, gasLimit: 0, timestamp: 0, baseFeePerGas: baseFee))
  }

  var nextBaseFee: UInt64 { baseFee }
  // Nothing is settled on L1 yet.
  var safeBlock: UInt64? { nil }
  var finalizedBlock: UInt64? { nil }

  func header(number: UInt64) throws(ChainReadError) -> SealedHeader? {
    guard let stored = try read({ () throws(StorageError) in try blocks.header(number) }) else { return nil }
    var header = stored.header
    header.logsBloom = stored.bloom
    return SealedHeader(hash: stored.hash, header: header)
  }

  func number(ofBlock hash: Bytes32) throws(ChainReadError) -> UInt64? {
    try read { () throws(StorageError) in try blocks.number(of: hash) }
  }

  func transactionHashes(ofBlock number: UInt64) throws(ChainReadError) -> [Bytes32]? {
    try transactions(ofBlock: number)?.map(\.hash)
  }

  func transactions(ofBlock number: UInt64) throws(ChainReadError) -> [RecoveredTransaction]? {
    try read { () throws(StorageError) in try blocks.block(number) }?.transactions
  }

  func receipts(ofBlock number: UInt64) throws(ChainReadError) -> [LocatedReceipt]? {
    guard let block = try read({ () throws(StorageError) in try blocks.block(number) }) else { return nil }
    return block.receipts.indices.map { index in
      locate(
        block.receipts[index], of: block.transactions[index], at: index, hash: block.hash, number: number,
        timestamp: block.header.timestamp)
    }
  }

  func transaction(hash: Bytes32) throws(ChainReadError) -> LocatedTransaction? {
    try find(hash).map { found in
      LocatedTransaction(
        transaction: found.transaction, blockHash: found.blockHash, blockNumber: found.location.block,
        index: found.location.index, baseFee: found.header.baseFeePerGas)
    }
  }

  func receipt(hash: Bytes32) throws(ChainReadError) -> LocatedReceipt? {
    try find(hash).map { found in
      locate(
        found.receipt, of: found.transaction, at: found.location.index, hash: found.blockHash,
        number: found.location.block, timestamp: found.header.timestamp)
    }
  }

  /// No index of its own: nonces never fall, so the block that used this one is found by halving the range of blocks.
  func transactionHash(sender: Address, nonce: UInt64) throws(ChainReadError) -> Bytes32? {
    var before: UInt64 = 0, after = blocks.head
    guard try state.nonce(of: sender, after: after) > nonce else { return nil }
    while before + 1 < after {
      let middle = before + (after - before) / 2
      if try state.nonce(of: sender, after: middle) > nonce { after = middle } else { before = middle }
    }
    return try transactions(ofBlock: after)?.first { transaction in
      guard transaction.sender == sender, case .signed(let signed) = transaction.transaction else { return false }
      return signed.nonce == nonce
    }?.hash
  }

  private struct Found {
    let location: TransactionLocation
    let transaction: RecoveredTransaction
    let receipt: BlockReceipt
    let header: BlockHeader
    let blockHash: Bytes32
  }

  private func find(_ hash: Bytes32) throws(ChainReadError) -> Found? {
    try read { () throws(StorageError) -> Found? in
      guard let location = try blocks.location(of: hash), let found = try blocks.transaction(at: location),
        let stored = try blocks.header(location.block)
      else { return nil }
      return Found(
        location: location, transaction: found.transaction, receipt: found.receipt, header: stored.header,
        blockHash: stored.hash)
    }
  }

  private func locate(
    _ receipt: BlockReceipt, of transaction: RecoveredTransaction, at index: Int, hash: Bytes32, number: UInt64,
    timestamp: UInt64
  ) -> LocatedReceipt {
    let recipient: Address? =
      switch transaction.transaction {
      case .request(let request): request.to
      case .signed(let signed): signed.to
      }
    return LocatedReceipt(
      receipt: receipt.receipt, transactionHash: transaction.hash, from: transaction.sender, to: recipient,
      effectiveGasPrice: receipt.effectiveGasPrice, blockHash: hash, blockNumber: number, blockTimestamp: timestamp,
      index: index, firstLogIndex: receipt.firstLogIndex)
  }

  private func read<R>(_ body: () throws(StorageError) -> R) throws(ChainReadError) -> R {
    do throws(StorageError) { return try body() } catch { throw .failed(error.description) }
  }
}
