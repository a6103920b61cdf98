import Airbender
import Cryptography
import Primitives
import ProverInput
import ZKsyncOS

/// Compares the whole proving path with the real guest on random blocks: produce, replay, tree, native prover input,
/// guest. Everything must agree: each word of the stream, and the public input, which commits to pubdata, logs, the
/// header and the state. The guest is also asked about each candidate that a block
/// refused: it must refuse it too, for the same reason.
public struct GuestCheck {
  public typealias Failure = RandomChain.Failure

  private let version: ProtocolVersion
  private let machine: Machine
  /// The guest that is asked about refused candidates.
  private let judge: Machine
  private let options: RandomChain.Options

  /// - Parameters:
  ///   - program: the guest of `version`.
  ///   - logging: the same guest with a voice, which says why it refuses what we refuse.
  public init(
    _ program: Program, logging: Program? = nil, version: ProtocolVersion,
    options: RandomChain.Options = RandomChain.Options()
  ) throws(AirbenderError) {
    self.version = version
    self.options = options
    machine = try Machine(program)
    judge = try logging.map { (program) throws(AirbenderError) in try Machine(program) } ?? machine
  }

  /// A clean block: what it was, and what the guest said about it.
  public struct CheckedBlock: Sendable {
    public var summary: RandomChain.BlockSummary
    public var answer: GuestAnswer
  }

  /// Checks the chain of one seed.
  ///
  /// - Throws: the first disagreement; its description names the seed that reproduces it.
  public func check(seed: UInt64) throws(Failure) -> [CheckedBlock] {
    var checked: [CheckedBlock] = []
    try RandomChain(version, seed: seed, options: options).forEachBlock { block in
      checked.append(try check(block))
    }
    return checked
  }

  /// Checks a block of one purpose.
  public func check(_ shape: Shape) throws(Failure) -> CheckedBlock {
    let block = try shape.make(version, temporaryDirectory: options.temporaryDirectory)
    do { return try check(block) } catch { throw Failure(shape: shape.name, reason: "\(error)") }
  }

  private func check(_ block: RandomChain.GeneratedBlock) throws -> CheckedBlock {
    let run: GuestRun
    do throws(ProverInputError) {
      run = try ProverInputGenerator.compare(block.request, on: machine)
    } catch {
      throw BlockDispute(reason: error, complaints: GuestVerdict.complaints(of: judge, about: block.request))
    }
    guard block.totals.cycles >= run.report.cycles else {
      throw Disagreement("\(run.report.cycles) cycles, but the estimate is \(block.totals.cycles)")
    }
    var verdicts: [GuestVerdict] = []
    for candidate in block.refused {
      let verdict = try GuestVerdict(on: judge, candidate, of: block.request)
      guard verdict.agrees(with: candidate.reason) else { throw RefusalDispute(candidate, verdict) }
      verdicts.append(verdict)
    }
    return CheckedBlock(summary: block.summary, answer: GuestAnswer(block.summary, run, verdicts))
  }
}

/// A candidate that we and the guest judge differently.
private struct RefusalDispute: Error, CustomStringConvertible {
  let candidate: RefusedCandidate
  let verdict: GuestVerdict

  init(_ candidate: RefusedCandidate, _ verdict: GuestVerdict) {
    self.candidate = candidate
    self.verdict = verdict
  }

  var description: String {
    "the candidate after \(candidate.position) transactions is refused here (\(candidate.reason)), the guest says: "
      + verdict.text
  }
}

/// A block that we and the guest do not agree about.
private struct BlockDispute: Error, CustomStringConvertible {
  let reason: ProverInputError
  /// What the guest prints about its transactions.
  let complaints: String

  var description: String { "\(reason)" + (complaints.isEmpty ? "" : "; the guest says: \(complaints)") }
}
