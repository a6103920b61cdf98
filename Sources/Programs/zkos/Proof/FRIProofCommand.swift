import ArgumentParser
import Concurrency
import FRIProofs
import Files
import Primitives
import ZKsyncOS

/// `zkos proof fri`: a prover's proof, verified without a node.
struct FRIProofCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fri", abstract: "Verify a prover's FRI proof offline.",
    discussion: """
      Runs the verifier of the proving system over the proof and prints what it shows: the public input of a batch, and \
      the chain of programs that were proved. Takes the bytes of a proof in either encoding, the body of a submission, or \
      a job of the SNARK prover, whose proofs are all verified. A proof is worth no more than the program that it is \
      about, so name the one that you trust. Exits with 1 unless everything holds.
      """)

  @Argument(help: "The proof; - reads standard input.")
  var file: String

  @Option(help: "The verifier's image, recursion_layer.bin of zksync-airbender v0.3.3.")
  var verifier: String

  @Option(help: "The program that must have been proved: a protocol version, or the hash of a chain of programs.")
  var program: String?

  @Option(help: "The public input that the proof must show.")
  var publicInput: String?

  func run() throws {
    let programs = try program.map { try Self.programs($0) }
    let expected = try publicInput.map { text in
      guard let input = Bytes32(hex: text) else { throw ValidationError("--public-input must be 32 hexadecimal bytes") }
      return input
    }
    do {
      let imageVerifier = try ProofImageVerifier(image: Files.read(verifier))
      for proof in try ProofFile.proofs(in: Files.read(file == "-" ? "/dev/stdin" : file)) {
        try verify(proof, imageVerifier, programs, expected)
      }
    } catch {
      print("refused: \(error)")
      throw ExitCode.failure
    }
  }

  private func verify(
    _ bytes: [UInt8], _ verifier: ProofImageVerifier, _ programs: Set<Bytes32>?, _ expected: Bytes32?
  ) throws {
    let proof = try FlattenedProof(bytes)
    print("encoding      \(proof.encoding.rawValue), \(bytes.count) bytes")
    print(
      "proofs        \(proof.mainProofs) of the recursion, \(proof.delegationProofs) of its BLAKE2s rounds, "
        + "\(proof.words.count) words")
    let start = ProcessorClock.threadNanoseconds
    let verified = try verifier.verify(proof)
    let milliseconds = (ProcessorClock.threadNanoseconds - start) / 1_000_000
    let shown = verified.statement
    print("verified      \(verified.cycles) cycles, \(milliseconds) ms of processor time")
    print("public input  \(shown.publicInput)")
    print("program       \(shown.chain)")
    print("              \(ProgramChain.known(hash: shown.chain).map { "\($0)" } ?? "unknown")")
    if let expected, shown.publicInput != expected { throw Disagreement.publicInput }
    guard let programs else {
      print("the proof holds, for whatever program this is")
      return
    }
    guard programs.contains(shown.chain) else { throw Disagreement.program }
    print("the proof holds")
  }

  /// The chains that a name stands for.
  private static func programs(_ name: String) throws -> Set<Bytes32> {
    if let version = ProtocolVersion(name: name) { return Set(ProgramChain.known(of: version).map(\.hash)) }
    if let hash = Bytes32(hex: name) { return [hash] }
    throw ValidationError("--program must be a protocol version, or 32 hexadecimal bytes")
  }

  /// A proof that holds, but not for what was asked.
  private enum Disagreement: Error, CustomStringConvertible {
    case publicInput, program

    var description: String {
      switch self {
      case .publicInput: "the proof shows another public input"
      case .program: "another program was proved"
      }
    }
  }
}
