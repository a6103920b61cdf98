import Airbender
import ArgumentParser
import Concurrency
import Files
import ProverInput
import ZKsyncOS

/// `zkos bench prover-input`: what a prover input costs, against executing the block and running the guest over it.
struct ProverInputBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prover-input",
    abstract: "The native prover input of one block against executing the block and running the guest.")

  @OptionGroup var options: ProvedBlockOptions

  @Option(help: "Rounds; every case runs once in each.")
  var rounds = 9

  func run() throws {
    let block = try options.makeBlock()
    let request = block.request
    let generator = try ProverInputGenerator(mode: .native)
    let machine = try Machine(Program(image: Files.read(options.image)))
    let engine = ExecutionEngine()
    var execution: [Double] = [], native: [Double] = [], guest: [Double] = []
    for round in 0...max(1, rounds) {
      let times = try (
        Self.time { try Self.execute(request, engine) },
        Self.time { _ = try generator.generate(request) },
        Self.time { _ = try GuestRun.run(machine, request.block, tree: request.tree, state: request.state) }
      )
      // The first round warms up.
      guard round > 0 else { continue }
      execution.append(times.0)
      native.append(times.1)
      guest.append(times.2)
    }
    func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }
    let guestTime = median(guest), executionTime = median(execution), nativeTime = median(native)
    print("one block: \(block.transactions) transactions, \(block.words.count) words")
    Measurement(name: "guest run with its oracle", nanoseconds: guestTime).print(json: options.json)
    Measurement(
      name: "executing the block", nanoseconds: executionTime, ratio: ("guest run", executionTime / guestTime)
    ).print(json: options.json)
    Measurement(
      name: "native prover input", nanoseconds: nativeTime,
      ratio: ("executing the block", nativeTime / executionTime)
    ).print(json: options.json)
    print("the native prover input takes \((nativeTime / guestTime * 10_000).rounded() / 100) % of the guest run")
  }

  private static func execute(_ request: ProverInputGenerator.Request, _ engine: ExecutionEngine) throws {
    var executor = try BlockExecutor(context: request.block.context, state: request.state, engine: engine)
    for transaction in request.block.transactions {
      guard case .included = try executor.execute(encoded: transaction) else {
        throw ValidationError("a transaction of the block is refused")
      }
    }
    _ = try executor.seal()
  }

  private static func time(_ body: () throws -> Void) rethrows -> Double {
    let start = ProcessorClock.threadNanoseconds
    try body()
    return Double(ProcessorClock.threadNanoseconds - start)
  }
}
