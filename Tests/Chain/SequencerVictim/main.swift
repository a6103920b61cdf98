// A sequencer under load that waits to be killed: it sends itself transfers and prints each block as soon as readers
// could see it. The test that started it compares this with what is there after a restart.

import ChainStorage
import Glibc
import Mempool
import Sequencer
import StorageTesting

guard CommandLine.arguments.count == 2 else { exit(64) }
do {
  let storage = try TestChain.open(CommandLine.arguments[1])
  let pool = Mempool(options: MempoolOptions(chainID: 270), accounts: StateAccounts(storage.state)) { 0 }
  var options = SequencerOptions(chainID: 270)
  options.limits.blockTime = 5_000_000
  options.limits.transactions = 50
  let sequencer = Sequencer(storage: storage, pool: pool, options: options)
  _ = sequencer.subscribe { block in
    let line = Array("\(block.number) \(block.block.hash) \(block.block.transactions.count)\n".utf8)
    line.withUnsafeBytes { _ = write(1, $0.baseAddress, $0.count) }
  }
  try sequencer.recover()
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
} catch {
  print("failed: \(error)")
}
exit(1)
