import Airbender
import ArgumentParser
import GuestCheck
import ProverInput
import ZKsyncOS

/// `zkos bench guest`: the proving machine on a real guest, and the native prover input beside it.
struct GuestBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest", abstract: "The proving machine on a guest image, and the native prover input beside it.",
    aliases: ["prover-input"])

  @Option(help: "The guest's image.")
  var image: String

  @Option(help: "The image's protocol version: v0_0_4 or v0_0_5.")
  var version = "v0_0_5"

  @Option(help: "The seed of the random blocks that are run.")
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON object for each case.")
  var json = false

  func run() throws {
    guard let version = ProtocolVersion(name: version) else { throw ValidationError("unknown version \(version)") }
    let bytes = try Files.read(image)
    // The largest block of a chain with many transactions.
    var options = RandomChain.Options()
    options.transactionsPerBlock = 60
    var native: [UInt32] = []
    var nativeTime = Double.infinity
    let generator = try ProverInputGenerator(mode: .native)
    try RandomChain(version, seed: seed, options: options).forEachBlock { block in
      let words = try generator.generate(block.request).words
      guard words.count > native.count else { return }
      native = words
      nativeTime = Stopwatch.median(count: 10) { for _ in 0..<10 { consume(try? generator.generate(block.request)) } }
    }

    var times: [Double] = []
    var cycles: UInt64 = 0
    for engine in Program.Engine.allCases {
      let start = Stopwatch.threadTime
      let program = try Program(image: bytes, engine: engine)
      let preparation = Double(Stopwatch.threadTime - start)
      let machine = try Machine(program)
      let time = Stopwatch.median(repetitions: 5, count: 1) {
        var words = WordQueue(native)
        let report = machine.run(&words)
        cycles = report.stop == .halted ? report.cycles : 0
      }
      guard cycles > 0 else { throw ValidationError("the guest does not accept the block") }
      times.append(time)
      Measurement(name: "\(engine.rawValue): prepare the image", nanoseconds: preparation).print(json: json)
      Measurement(
        name: "\(engine.rawValue): one cycle", nanoseconds: time / Double(cycles),
        ratio: ("interpreter", time / times[0])
      ).print(json: json)
      Measurement(name: "\(engine.rawValue): block of \(cycles) cycles", nanoseconds: time).print(json: json)
    }
    Measurement(
      name: "native input of \(native.count) words", nanoseconds: nativeTime,
      ratio: ("translated guest run", nativeTime / (times.last ?? 1))
    ).print(json: json)
  }
}
