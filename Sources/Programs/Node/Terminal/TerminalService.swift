import Chain
import Concurrency
import Mempool
import Synchronization
import Telemetry

/// Greets whoever looks at the node's output once everything runs, and then tells of blocks and refused transactions.
final class TerminalService: Service {
  let name = "terminal"
  private let terminal: Terminal
  private let follower: BlockFollower
  private let greeting: @Sendable () -> Greeting
  private let thread = Mutex<ServiceThread?>(nil)

  /// - Parameter greeting: made when everything before it in the list of services has started.
  init(
    _ terminal: Terminal, _ stream: BlockStream, _ mempool: Mempool, greeting: @escaping @Sendable () -> Greeting
  ) {
    self.terminal = terminal
    self.greeting = greeting
    follower = stream.follow("terminal", after: stream.head)
    mempool.onRefusal { refused in
      for refusal in refused {
        terminal.refusal("L2", transaction: refusal.hash.description, reason: refusal.reason.description)
      }
    }
  }

  func start() async throws {
    terminal.greet(greeting().text(terminal.style))
    let thread = ServiceThread { [terminal, follower] in
      while case .accepted(let number, let block)? = follower.next() {
        // A block that is no longer in memory is one of many: whoever looks has not seen those before it either.
        guard let block else { continue }
        terminal.block(
          "L2", number: number, hash: block.output.blockHash.description,
          transactions: block.record.transactions.count,
          // The header says nothing of it.
          gas: block.output.transactions.reduce(0) { $0 &+ $1.gasUsed })
      }
    }
    self.thread.withLock { $0 = thread }
  }

  func stop() async {
    follower.close()
    thread.withLock { $0 }?.join()
  }

  var health: Health { .ready }
}
