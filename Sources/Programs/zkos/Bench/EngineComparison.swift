import Airbender
import ArgumentParser
import Concurrency

/// The ways to run a guest, measured in turns on the same words, so that what else the machine does hits all alike.
struct EngineComparison {
  /// One way to run the guest.
  struct Engine {
    let name: String
    /// Runs it; no cycles for a guest that does not come to its regular end.
    let run: () -> (cycles: UInt64, output: [UInt32])
    fileprivate(set) var times: [Double] = []

    /// Nanoseconds of processor time of one run.
    var median: Double { times.sorted()[times.count / 2] }
  }

  /// The yardstick first, where there is one.
  private(set) var engines: [Engine] = []
  private(set) var cycles: UInt64 = 0

  /// - Parameters:
  ///   - image: the guest.
  ///   - words: what it reads.
  ///   - cInterpreter: the library with the yardstick.
  init(image: [UInt8], for kind: MachineKind, words: [UInt32], cInterpreter: String?, json: Bool) throws {
    if let cInterpreter {
      let c = try CInterpreter(library: cInterpreter, image: Program(image: image).words)
      engines.append(Engine(name: "interpreter in C") { c.run(words) })
    }
    for engine in Program.Engine.allCases {
      let start = ProcessorClock.threadNanoseconds
      let program = try Program(image: image, machine: kind, engine: engine)
      Measurement(
        name: "\(engine.rawValue): prepare the image", nanoseconds: Double(ProcessorClock.threadNanoseconds - start)
      ).print(json: json)
      let machine = try Machine(program)
      engines.append(
        Engine(name: engine.rawValue) {
          var queue = WordQueue(words)
          let report = machine.run(&queue)
          return (report.stop == .halted ? report.cycles : 0, report.output)
        })
    }
  }

  /// Runs everything once unmeasured, then in turns.
  mutating func measure(rounds: Int) throws {
    let expected = engines[0].run()
    guard expected.cycles > 0 else { throw ValidationError("the guest does not come to its regular end") }
    cycles = expected.cycles
    for _ in 0..<max(1, rounds) {
      for index in engines.indices {
        let start = ProcessorClock.threadNanoseconds
        let result = engines[index].run()
        engines[index].times.append(Double(ProcessorClock.threadNanoseconds - start))
        guard result == expected else { throw ValidationError("\(engines[index].name) comes to another end") }
      }
    }
  }
}
