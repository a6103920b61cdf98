import Airbender
import Primitives
import ProverInput
import ZKsyncOS

/// What a guest makes of a transaction that we refuse. Refusing what the guest accepts would be a fault that comparing
/// blocks can never show, because the transaction is in none.
///
/// Only logging images say why they refuse; from another one, silence is all there is to see.
public enum GuestVerdict: Hashable, Sendable {
  /// The transaction is in the block.
  case included
  /// It is not, for the reason in the guest's own words.
  case refused(String)
  /// The guest gave up: with this transaction, the block can never be proved.
  case aborted
  /// The guest came to its end without a word.
  case silent

  /// Runs the guest on the block as it was when the candidate came, and the candidate.
  init(
    on machine: Machine, _ candidate: RefusedCandidate, of request: ProverInputGenerator.Request
  ) throws(ProverInputError) {
    var block = request.block
    block.transactions = block.transactions.prefix(candidate.position) + [candidate.encoded]
    do {
      self.init(text: try GuestRun.run(machine, block, tree: request.tree, state: request.state).text)
    } catch .guestFailed(_, _, _) {
      self = .aborted
    }
  }

  private static let mark = "Tx execution result: Validation error = "

  /// What a guest says about the transactions of a block that it should all accept.
  static func complaints(of machine: Machine, about request: ProverInputGenerator.Request) -> String {
    do throws(ProverInputError) {
      let text = try GuestRun.run(machine, request.block, tree: request.tree, state: request.state).text
      return text.split(separator: "\n").filter { $0.hasPrefix("Tx execution result") }.joined(separator: "; ")
    } catch {
      return "\(error)"
    }
  }

  /// Reads what a logging image printed. Everything before the candidate was included once, so that there is one
  /// refusal or none.
  public init(text: String) {
    if text.isEmpty {
      self = .silent
      return
    }
    guard let line = text.split(separator: "\n").last(where: { $0.hasPrefix(Self.mark) }) else {
      self = .included
      return
    }
    self = .refused(String(line.dropFirst(Self.mark.count)))
  }

  /// Whether the guest agrees with our refusal. What we call invalid it must call invalid by the same name; what we call
  /// a hazard it may not include. Access lists in odd forms are the exception: what the images make of them differs, and
  /// we refuse them all.
  public func agrees(with reason: Rejection) -> Bool {
    switch (reason, self) {
    case (.hazard(.accessListForm), _), (.invalid(.invalidStructure), _): true
    case (_, .included): false
    case (.invalid(let invalid), .refused(let text)): Self.debugText(invalid) == text
    case (.invalid, .aborted): false
    case (.hazard, .refused), (.hazard, .aborted), (_, .silent): true
    }
  }

  /// Our text of it, but addresses as the guest prints them: as numbers.
  private static func debugText(_ invalid: InvalidTransaction) -> String {
    guard case .incorrectFrom(let claimed, let recovered) = invalid else { return invalid.machineText }
    return "IncorrectFrom { tx: Bits(\(UInt256(claimed))), recovered: Bits(\(UInt256(recovered))) }"
  }

  /// The form of recorded answers.
  public var text: String {
    switch self {
    case .included: "included"
    case .refused(let text): text
    case .aborted: "aborted"
    case .silent: ""
    }
  }
}
