import EthereumAPI
import Primitives
import Transactions

/// The chain as the API reads it.
struct BlockReading: ChainReader {
  let chain: DevelopmentChain

  var head: SealedHeader { chain.head.sealedHeader }

  var nextBaseFee: UInt64 { chain.nextBaseFee }

  var safeBlock: UInt64? { behindHead(by: chain.options.slotsInAnEpoch) }

  var finalizedBlock: UInt64? {
    behindHead(by: chain.options.slotsInAnEpoch.multipliedReportingOverflow(by: 2).partialValue)
  }

  var oldestBlock: UInt64 { chain.published.withLock { $0.history.first } }

  var oldestState: UInt64 { chain.published.withLock { $0.history.firstState } }

  private func behindHead(by distance: UInt64) -> UInt64 {
    let head = chain.head.number
    return max(head - min(head, distance), chain.published.withLock { $0.history.first })
  }

  func header(number: UInt64) throws(ChainReadError) -> SealedHeader? { chain.block(number)?.sealedHeader }

  func number(ofBlock hash: Bytes32) throws(ChainReadError) -> UInt64? {
    chain.published.withLock { $0.history.number(of: hash) }
  }

  func transactionHashes(ofBlock number: UInt64) throws(ChainReadError) -> [Bytes32]? {
    chain.block(number)?.transactionHashes
  }

  func transactions(ofBlock number: UInt64) throws(ChainReadError) -> [RecoveredTransaction]? {
    guard let block = chain.block(number) else { return nil }
    return try body(of: block)?.transactions
  }

  func receipts(ofBlock number: UInt64) throws(ChainReadError) -> [LocatedReceipt]? {
    guard let block = chain.block(number) else { return nil }
    return try body(of: block)?.located(in: block)
  }

  func transaction(hash: Bytes32) throws(ChainReadError) -> LocatedTransaction? {
    guard let (block, index) = place(of: hash), let body = try body(of: block),
      body.transactions.indices.contains(index)
    else { return nil }
    return LocatedTransaction(
      transaction: body.transactions[index], blockHash: block.hash, blockNumber: block.number,
      blockTimestamp: block.header.timestamp, index: index, baseFee: block.header.baseFeePerGas)
  }

  func receipt(hash: Bytes32) throws(ChainReadError) -> LocatedReceipt? {
    guard let (block, index) = place(of: hash), let body = try body(of: block),
      body.transactions.indices.contains(index)
    else { return nil }
    return body.located(in: block)[index]
  }

  func transactionHash(sender: Address, nonce: UInt64) throws(ChainReadError) -> Bytes32? {
    chain.published.withLock { $0.history.transactionHash(sender: sender, nonce: nonce) }
  }

  private func place(of hash: Bytes32) -> (block: ChainBlock, index: Int)? {
    chain.published.withLock { published in
      guard let place = published.history.place(of: hash), let block = published.history.block(place.block) else {
        return nil
      }
      return (block, place.index)
    }
  }

  private func body(of block: ChainBlock) throws(ChainReadError) -> BlockBody? {
    do throws(ChainError) { return try chain.body(of: block) } catch { throw .failed("\(error)") }
  }
}

extension ChainBlock {
  var sealedHeader: SealedHeader { SealedHeader(hash: hash, header: header) }
}

extension BlockBody {
  /// The receipts with what clients want to see beside them.
  func located(in block: ChainBlock) -> [LocatedReceipt] {
    located(header: block.sealedHeader)
  }

  func located(header: SealedHeader) -> [LocatedReceipt] {
    var firstLog = 0
    return zip(transactions, receipts).enumerated().map { index, pair in
      let (transaction, receipt) = pair
      defer { firstLog += receipt.logs.count }
      var to: Address?
      var price = UInt256.zero
      if case .signed(let signed) = transaction.transaction {
        to = signed.to
        price = signed.effectiveGasPrice(baseFee: UInt256(header.header.baseFeePerGas))
      }
      return LocatedReceipt(
        receipt: receipt, transactionHash: transaction.hash, from: transaction.sender, to: to,
        effectiveGasPrice: price, blockHash: header.hash, blockNumber: header.number,
        blockTimestamp: header.header.timestamp, index: index, firstLogIndex: firstLog)
    }
  }
}
