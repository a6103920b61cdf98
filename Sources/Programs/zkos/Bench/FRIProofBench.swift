import Airbender
import ArgumentParser
import FRIProofs
import Files

/// `zkos bench proof`: what verifying a prover's proof costs, engine against engine, in turns.
struct FRIProofBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proof", abstract: "Verifying a FRI proof: reading it, and each engine on the verifier's image.")

  @Option(help: "The verifier's image, recursion_layer.bin of zksync-airbender v0.3.3.")
  var verifier: String

  @Option(help: "A proof, in any form that `zkos proof fri` takes.")
  var proof: String

  @Option(help: "The library with the interpreter in C that `make bench-proof` builds.")
  var cInterpreter: String?

  @Option(help: "Rounds; every engine runs once in each.")
  var rounds = 9

  @Flag(help: "Print one JSON object for each case.")
  var json = false

  func run() throws {
    guard let bytes = try ProofFile.proofs(in: Files.read(proof)).first else { throw ExitCode.validationFailure }
    let flattened = try FlattenedProof(bytes)
    let reading = ThreadTime.median(count: 1) { consume(try? FlattenedProof(bytes)) }
    Measurement(name: "read and flatten, \(flattened.encoding.rawValue)", nanoseconds: reading).print(json: json)
    var comparison = try EngineComparison(
      image: Files.read(verifier), for: .recursion, words: flattened.words, cInterpreter: cInterpreter, json: json)
    try comparison.measure(rounds: rounds)
    print("one proof: \(bytes.count) bytes, \(flattened.words.count) words, \(comparison.cycles) cycles")
    let engines = comparison.engines
    for engine in engines {
      Measurement(
        name: "\(engine.name): one proof", nanoseconds: engine.median,
        ratio: (engines[0].name, engine.median / engines[0].median)
      ).print(json: json)
    }
  }
}
