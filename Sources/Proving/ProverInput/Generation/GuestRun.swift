import Airbender
import Primitives
import StateTree
import ZKsyncOS

/// A complete run of the guest over one block.
public struct GuestRun: Sendable {
  /// Every word that the guest read: the prover input.
  public let words: [UInt32]
  /// The guest's questions, in order.
  public let asked: [OracleChannel<BlockOracle>.Asked]
  public let report: RunReport
  /// What a logging image printed.
  public let text: String

  /// The public input that the guest computed: x10 … x17 as bytes.
  public var publicInput: Bytes32 { PublicInputRegisters.bytes(report.output) }

  /// Where our own runs give up: well above what provers take and blocks are sealed for, so that a block which one of
  /// them cannot take still gets its input, and whoever asks learns how long it is.
  public static let cycleLimit = 1 << 32

  /// Runs `program` over `block`.
  ///
  /// - Parameters:
  ///   - tree: the state tree before the block.
  ///   - state: gives preimages.
  /// - Throws: ``ProverInputError/guestFailed(_:queries:text:)`` unless the guest halts by itself with x18 … x25 zero; what
  ///   the oracle could not answer.
  public static func run(
    _ program: Program, _ block: ProvingBlock, tree: TreeView, state: any StateView, cycleLimit: Int = cycleLimit
  ) throws(ProverInputError) -> GuestRun {
    let machine: Machine
    do { machine = try Machine(program) } catch { throw .image(error) }
    return try run(machine, block, tree: tree, state: state, cycleLimit: cycleLimit)
  }

  /// As above, on a machine that is there already.
  public static func run(
    _ machine: Machine, _ block: ProvingBlock, tree: TreeView, state: any StateView, cycleLimit: Int = cycleLimit
  ) throws(ProverInputError) -> GuestRun {
    var channel = OracleChannel(BlockOracle(block, tree: tree, state: state))
    let report = machine.run(&channel, cycleLimit: cycleLimit)
    if let failure = channel.failure { throw failure }
    let text = String(decoding: channel.text, as: UTF8.self)
    guard report.stop == .halted, report.registers[18..<26].allSatisfy({ $0 == 0 }) else {
      throw .guestFailed(report, queries: channel.asked.suffix(8).map(\.query.description), text: text)
    }
    return GuestRun(words: channel.recording, asked: channel.asked, report: report, text: text)
  }
}
