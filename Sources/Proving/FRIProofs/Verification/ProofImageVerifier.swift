import Airbender
import Concurrency
import Cryptography
import Primitives

/// A proof that holds.
public struct VerifiedProof: Hashable, Sendable {
  /// What it shows. Whether this is the right batch and the right program is the caller's to compare.
  public let statement: ProvedStatement
  /// How long the verifier took, in cycles of the proving machine.
  public let cycles: UInt64
}

/// Verifies proofs with the program that the proving system itself verifies them with, run on our machine: it computes
/// the transcript, opens the commitments, and checks every constraint, so that what it accepts is proved.
///
/// The image is `recursion_layer.bin` of zksync-airbender, from 0.2.0 to v0.3.3 one and the same; it takes proofs of the
/// recursion machine, which provers submit. No other is accepted.
///
/// Calls block for a tenth of a second and need a processor: they belong on a thread of their own. At most as many run at
/// once as there are machines, the others wait.
public final class ProofImageVerifier: Sendable {
  /// SHA-256 of the only image that is taken.
  public static let imageHash = Bytes32(
    w0: UInt64(bigEndian: 0x8130_0f06_581f_ecbe), w1: UInt64(bigEndian: 0xd786_2114_d78d_a6bb),
    w2: UInt64(bigEndian: 0xc326_e744_2bcf_47d6), w3: UInt64(bigEndian: 0x1148_befa_54eb_b9a3))
  /// Where the image ends when a proof holds. A jump to itself anywhere else is no acceptance.
  private static let exit: UInt32 = 0xE8074
  /// A proof of three needs 7 million cycles, the largest that can be read about 40 million.
  private static let cycleLimit = 64 << 20

  /// Machines that nobody uses. Each belongs to one call at a time.
  private struct Pool: @unchecked Sendable { var idle: [Machine] }

  private let pool: Monitor<Pool>

  /// - Parameters:
  ///   - image: `recursion_layer.bin`.
  ///   - engine: how it is run.
  ///   - machines: how many proofs are verified at once, at least one. A machine takes a few MB once it has run.
  public init(
    image: [UInt8], engine: Program.Engine = .translator, machines: Int = 1
  ) throws(VerifierImageError) {
    let hash = SHA256.hash(image)
    guard hash == Self.imageHash else { throw .otherImage(sha256: hash) }
    do throws(AirbenderError) {
      let program = try Program(image: image, machine: .recursion, engine: engine)
      var idle: [Machine] = []
      for _ in 0..<max(1, machines) { idle.append(try Machine(program)) }
      pool = Monitor(Pool(idle: idle))
    } catch { throw .machine(error) }
  }

  /// Verifies a proof.
  ///
  /// - Parameter cancellation: looked at every few hundred words of the proof.
  /// - Throws: ``ProofRefusal`` unless the image comes to its end and has read every word.
  public func verify(
    _ proof: FlattenedProof, cancellation: Cancellation? = nil
  ) throws(ProofRefusal) -> VerifiedProof {
    try verify(words: proof.words, cancellation: cancellation)
  }

  /// Verifies what a proof became, or anything else.
  package func verify(words: [UInt32], cancellation: Cancellation? = nil) throws(ProofRefusal) -> VerifiedProof {
    guard let machine = pool.wait({ $0.idle.popLast().map(Loan.init) })?.machine else { throw .cancelled }
    defer { pool.update { $0.idle.append(machine) } }
    var source = ProofWords(words, cancellation)
    let report = machine.run(&source, cycleLimit: Self.cycleLimit)
    guard !source.isCancelled else { throw .cancelled }
    guard report.stop == .halted, report.pc == Self.exit else { throw .invalid(report.stop, cycles: report.cycles) }
    guard source.remaining == 0 else { throw .surplusWords(source.remaining) }
    return VerifiedProof(statement: ProvedStatement(words: report.registers[10..<26]), cycles: report.cycles)
  }

  /// A machine on its way from the pool to one call.
  private struct Loan: @unchecked Sendable { let machine: Machine }
}

/// The words of a proof, until somebody cancels.
private struct ProofWords: NonDeterminismSource {
  private let words: [UInt32]
  private let cancellation: Cancellation?
  private var position = 0
  private(set) var isCancelled = false

  init(_ words: [UInt32], _ cancellation: Cancellation?) {
    self.words = words
    self.cancellation = cancellation
  }

  /// Words not read yet.
  var remaining: Int { words.count - position }

  mutating func read() -> UInt32? {
    if position & 0xFF == 0, cancellation?.isCancelled == true {
      isCancelled = true
      return nil
    }
    guard position < words.count else { return nil }
    defer { position += 1 }
    return words[position]
  }

  mutating func write(_ word: UInt32) {}
}
