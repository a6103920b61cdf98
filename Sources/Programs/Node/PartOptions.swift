import Concurrency
import EthereumAPI
import Mempool
import NodeOptions
import Sequencer

// What the operator's options mean for the node's parts.

extension SequencerOptions {
  init(_ configuration: NodeConfiguration) {
    self.init(chainID: configuration.rpc.chainID)
    limits.blockTime = configuration.sequencer.blockTime.nanoseconds
    limits.transactions = configuration.sequencer.maxTransactions
    limits.gas = configuration.sequencer.maxGas
    limits.pubdata = UInt64(configuration.sequencer.maxPubdata)
    clock.maxStep = configuration.sequencer.maxClockStep.nanoseconds / 1_000_000_000
    clock.maxGap = configuration.sequencer.maxClockGap.nanoseconds / 1_000_000_000
    clock.acceptedThrough = configuration.sequencer.acceptClock
  }
}

extension MempoolOptions {
  init(_ configuration: NodeConfiguration, _ sequencer: SequencerOptions) {
    self.init(chainID: configuration.rpc.chainID)
    baseFee = sequencer.baseFee
    gasLimit = sequencer.gasLimit
    maxInputBytes = configuration.mempool.maxInputBytes
    maxCount = configuration.mempool.maxTransactions
    maxBytes = configuration.mempool.maxBytes
  }
}

extension EthereumAPI.Configuration {
  init(_ configuration: NodeConfiguration) {
    self.init()
    chainID = configuration.rpc.chainID
    clientVersion = "zksync-os-sequencer/\(Version.current)"
    callGas = configuration.rpc.callGas
    maxBlocksPerFilter = configuration.rpc.maxBlocksPerFilter
    maxLogsPerResponse = configuration.rpc.maxLogsPerResponse
    staleFilterTime = configuration.rpc.staleFilterTime
  }
}
