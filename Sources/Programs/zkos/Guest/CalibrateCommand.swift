import Airbender
import ArgumentParser
import Files
import GuestCheck
import ProverInput
import ZKsyncOS

/// `zkos guest calibrate`: what each kind of work costs a real guest in cycles.
struct GuestCalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Measure what each kind of work costs a guest in cycles, and how far the estimates are off.")

  @Option(help: "The guest's image.")
  var image: String

  @Option(help: "The image's protocol version: v0_0_4 or v0_0_5.")
  var version: String

  @Option(help: "Random blocks beside those of one purpose; rounded up to whole worlds of four blocks.")
  var blocks = 2_000

  @Option(help: "The seed of the first world; the others follow.")
  var seed: UInt64 = 1

  @Option(help: "What the prices are raised by beyond the least that under-estimates nothing.")
  var margin = 1.03

  @Option(help: "Measure only blocks of one purpose whose name contains this.")
  var only: String?

  @Option(help: "Write every measurement to this file, as tab-separated values.")
  var table: String?

  func validate() throws {
    guard ProtocolVersion(name: version) != nil else { throw ValidationError("unknown version \(version)") }
  }

  func run() throws {
    guard let version = ProtocolVersion(name: version) else { throw ExitCode.validationFailure }
    let machine = try Machine(Program(image: Files.read(image)))
    var shapes: [CycleSample] = []
    for shape in Shape.singlePurpose where only.map({ shape.name.contains($0) }) ?? true {
      shapes.append(try CycleSample(shape.name, shape.make(version), on: machine, cycleLimit: GuestRun.cycleLimit))
    }
    // Half as many blocks again are fitted to; those of the error are others.
    let worlds = UInt64((blocks + 3) / 4)
    let fitted = only == nil ? try random(version, seed &+ worlds..<seed &+ worlds &+ worlds / 2, machine) : []
    let unseen = only == nil ? try random(version, seed..<seed &+ worlds, machine) : []
    if let table { try Files.write(Self.table(shapes + fitted + unseen), to: table) }
    if only == nil {
      let found = Calibration.model(of: shapes + fitted, margin: margin)
      for kind in ProvingWork.Kind.allCases { print("  .\(kind): \(found.price(kind)),") }
      report("as calibrated", found, shapes, unseen)
    }
    report("as built in", .of(version), shapes, unseen)
    if CalibrationErrors(shapes + unseen, .of(version)).underestimated > 0 { throw ExitCode.failure }
  }

  private func random(_ version: ProtocolVersion, _ seeds: Range<UInt64>, _ machine: Machine) throws -> [CycleSample] {
    var samples: [CycleSample] = []
    for seed in seeds {
      try RandomChain(version, seed: seed).forEachBlock { block in
        samples.append(
          try CycleSample(
            "seed \(seed) block \(block.summary.number)", block, on: machine, cycleLimit: GuestRun.cycleLimit))
      }
    }
    return samples
  }

  private func report(_ name: String, _ model: CycleModel, _ shapes: [CycleSample], _ random: [CycleSample]) {
    print("\(name), random blocks that were not fitted to: \(CalibrationErrors(random, model))")
    let errors = CalibrationErrors(shapes, model)
    print("\(name), blocks of one purpose: \(errors)")
    func text(_ entries: [(ratio: Double, name: String)]) -> String {
      entries.map { "\($0.name) \((($0.ratio * 1_000).rounded() / 1_000))" }.joined(separator: "; ")
    }
    print("  least: \(text(errors.smallest(12)))")
    print("  most: \(text(errors.largest(12)))")
    let ordinary = shapes.filter { $0.name.contains("transfer") }.map { ($0.ratio(model), $0.name) }
    print("  ordinary: \(text(ordinary))")
  }

  private static func table(_ samples: [CycleSample]) -> String {
    var text = "name\tcycles\tblake2s\tbig\tgas"
    for kind in ProvingWork.Kind.allCases { text += "\t\(kind)" }
    text += "\n"
    for sample in samples {
      text += "\(sample.name)\t\(sample.cycles)\t\(sample.blake2sRounds)\t\(sample.bigIntegerOperations)\t\(sample.gas)"
      for kind in ProvingWork.Kind.allCases { text += "\t\(sample.work[kind])" }
      text += "\n"
    }
    return text
  }
}
