// A sequencer under load that waits to be killed: it sends itself transfers and prints each block as soon as readers
// could see it. The test that started it compares this with what is there after a restart.

import Chain
import ChainStorage
import Concurrency
import Glibc
import Mempool
import Sequencer
import StorageTesting
import Telemetry

guard CommandLine.arguments.count == 2 else { exit(64) }
do {
  let storage = try TestChain.open(CommandLine.arguments[1])
  let pool = Mempool(options: MempoolOptions(chainID: 270), accounts: StateAccounts(storage.state)) { 0 }
  var options = SequencerOptions(chainID: 270)
  options.limits.blockTime = 5_000_000
  options.limits.transactions = 50
  let registry = MetricsRegistry()
  let chain = Chain(storage: storage, registry: registry)
  let sequencer = Sequencer(chain: chain, pool: pool, options: options, registry: registry)
  let follower = chain.stream.follow("printer", after: chain.stream.head)
  let printer = ServiceThread {
    while case .accepted(let number, _)? = follower.next() {
      guard let block = try? storage.blocks.block(number) else { exit(1) }
      let line = Array("\(number) \(block.hash) \(block.transactions.count)\n".utf8)
      line.withUnsafeBytes { _ = write(1, $0.baseAddress, $0.count) }
    }
  }
  try chain.start()
  try sequencer.start()
  while sequencer.failure == nil {
    for number in 0..<16 as Range<UInt64> {
      let sender = TestChain.sender(number)
      let nonce = try pool.pendingNonce(for: sender)
      for offset in 0..<20 as Range<UInt64> {
        // A transaction too many is refused; the load goes on.
        try? pool.add(TestChain.transfer(from: sender, nonce: nonce + offset))
      }
    }
    usleep(2_000)
  }
  printer.join()
} catch {
  print("failed: \(error)")
}
exit(1)
