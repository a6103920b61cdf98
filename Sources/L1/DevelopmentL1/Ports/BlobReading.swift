import Ethereum
import EthereumAPI
import Primitives
import Transactions

/// What blobs cost. The chain takes none, but contracts ask for the price.
struct BlobReading: BlobPricing {
  let chain: DevelopmentChain

  func blobBaseFee(of header: BlockHeader) -> UInt256? {
    header.excessBlobGas == nil ? nil : fee(BlockFields(header))
  }

  var nextBlobBaseFee: UInt256 {
    let head = chain.head.header
    var fields = BlockFields(head)
    fields.excessBlobGas = schedule.excessBlobGas(after: head)
    return fee(fields)
  }

  private func fee(_ fields: BlockFields) -> UInt256 {
    BlockBuilder.environment(number: 0, fields: fields, chainID: 0) { _ in .zero }
      .blobBaseFee(chain.identity.hardfork.revision)
  }

  func maxBlobGas(of header: BlockHeader) -> UInt64 { schedule.most * BlobSchedule.gasPerBlob }

  private var schedule: BlobSchedule { BlobSchedule(chain.identity.hardfork.revision) }
}
