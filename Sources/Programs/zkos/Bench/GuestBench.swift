import Airbender
import ArgumentParser
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

  func run() throws {
    let block = try options.makeBlock()
    if let writeInput {
      try Files.write(ProverInput(words: block.words).bytes, to: writeInput)
    }
    var comparison = try EngineComparison(
      image: Files.read(options.image), for: .standard, words: block.words, cInterpreter: cInterpreter,
      json: options.json)
    try comparison.measure(rounds: rounds)
    let engines = comparison.engines, cycles = Double(comparison.cycles)
    print("one block: \(block.transactions) transactions, \(block.words.count) words, \(comparison.cycles) cycles")
    for engine in engines {
      Measurement(
        name: "\(engine.name): one cycle", nanoseconds: engine.median / cycles,
        ratio: (engines[0].name, engine.median / engines[0].median)
      ).print(json: options.json)
    }
    if let last = engines.last {
      print("speed of the \(last.name): \(Int(cycles * 1e3 / last.median)) million cycles per second, ", terminator: "")
      print("\((engines[0].median / last.median * 100).rounded() / 100) times that of the \(engines[0].name)")
    }
  }
}
