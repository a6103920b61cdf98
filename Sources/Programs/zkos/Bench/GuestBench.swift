import Airbender
import ArgumentParser
import Concurrency
import Files
import ProverInput

/// `zkos bench guest`: the proving machine on a real guest, engine against engine, in turns.
struct GuestBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest", abstract: "The proving machine on a guest image: its engines, and an interpreter in C.")

  @OptionGroup var options: ProvedBlockOptions

  @Option(help: "The library with the interpreter in C that `make bench-guest` builds.")
  var cInterpreter: String?

  @Option(help: "Rounds; every engine runs once in each.")
  var rounds = 9

  @Option(help: "Write the words of the block to this file, as `zkos guest run` reads them.")
  var writeInput: String?

  private struct Engine {
    let name: String
    let run: () -> (cycles: UInt64, output: [UInt32])
    var times: [Double] = []

    var median: Double { times.sorted()[times.count / 2] }
  }

  func run() throws {
    let block = try options.makeBlock()
    if let writeInput {
      try Files.write(ProverInput(words: block.words).bytes, to: writeInput)
    }
    var engines = try makeEngines(block.words)
    let expected = engines[0].run()
    guard expected.cycles > 0 else { throw ValidationError("the guest does not accept the block") }
    for _ in 0..<max(1, rounds) {
      for index in engines.indices {
        let start = ProcessorClock.threadNanoseconds
        let result = engines[index].run()
        engines[index].times.append(Double(ProcessorClock.threadNanoseconds - start))
        guard result == expected else { throw ValidationError("\(engines[index].name) comes to another end") }
      }
    }
    print("one block: \(block.transactions) transactions, \(block.words.count) words, \(expected.cycles) cycles")
    for engine in engines {
      let perCycle = engine.median / Double(expected.cycles)
      Measurement(
        name: "\(engine.name): one cycle", nanoseconds: perCycle,
        ratio: (engines[0].name, engine.median / engines[0].median)
      ).print(json: options.json)
    }
    if let last = engines.last {
      print(
        "speed of the \(last.name): \(Int(Double(expected.cycles) * 1e3 / last.median)) million cycles per second, ",
        terminator: "")
      print("\((engines[0].median / last.median * 100).rounded() / 100) times that of the \(engines[0].name)")
    }
  }

  /// The yardstick first, where there is one.
  private func makeEngines(_ words: [UInt32]) throws -> [Engine] {
    let image = try Files.read(options.image)
    var engines: [Engine] = []
    if let cInterpreter {
      let c = try CInterpreter(library: cInterpreter, image: Program(image: image).words)
      engines.append(Engine(name: "interpreter in C") { c.run(words) })
    }
    for engine in Program.Engine.allCases {
      let start = ProcessorClock.threadNanoseconds
      let program = try Program(image: image, engine: engine)
      Measurement(
        name: "\(engine.rawValue): prepare the image", nanoseconds: Double(ProcessorClock.threadNanoseconds - start)
      ).print(json: options.json)
      let machine = try Machine(program)
      engines.append(
        Engine(name: engine.rawValue) {
          var queue = WordQueue(words)
          let report = machine.run(&queue)
          return (report.stop == .halted ? report.cycles : 0, report.output)
        })
    }
    return engines
  }
}
