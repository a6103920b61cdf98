import Airbender
import Cryptography
import Primitives
import ProverInput
import ZKsyncOS

/// Compares the whole proving path with the real guest on random blocks: produce, replay, tree, native prover input,
/// guest. Everything must agree: each word of the stream, and the public input, which commits to pubdata, logs, the
/// header and the state.
public struct GuestCheck {
  public typealias Failure = RandomChain.Failure

  private let version: ProtocolVersion
  private let machine: Machine
  private let options: RandomChain.Options

  /// - Parameter program: the guest of `version`.
  public init(
    _ program: Program, version: ProtocolVersion, options: RandomChain.Options = RandomChain.Options()
  ) throws(AirbenderError) {
    self.version = version
    self.options = options
    machine = try Machine(program)
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
      let run = try ProverInputGenerator.compare(block.request, on: machine)
      checked.append(CheckedBlock(summary: block.summary, answer: GuestAnswer(block.summary, run)))
    }
    return checked
  }
}
