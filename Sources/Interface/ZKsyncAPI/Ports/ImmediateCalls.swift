import EthereumAPI
import Primitives
import Synchronization
import ZKsyncOS

/// Calls that are tried on an event loop: most are over in microseconds, which the way to a thread and back takes several
/// times.
///
/// What such a call may compute is bounded by the resource that meters proving, which contracts cannot see: a call that needs
/// more of it is given up and run by a thread, with the same outcome as if it had not been tried. After one that was tried in
/// vain, others are not for a while, so that those who send long calls do not hold up the loop.
final class ImmediateCalls: Sendable {
  /// A second of the dearest computation is some eleven billion native, one of ordinary instructions ten times as much.
  static let limits: ExecutionLimits = {
    var limits = ExecutionLimits.unlimited
    limits.native = 1_000_000
    return limits
  }()
  /// Bytes of input, which are copied and hashed before the call begins.
  private static let longestInput = 2_048
  /// Calls that are not tried after one that was in vain.
  private static let pause = 16

  private let newest = Mutex<(hash: Bytes32, number: UInt64, context: BlockContext)?>(nil)
  private let pauseLeft = Atomic<Int>(0)

  static func suits(_ call: SimulatedCall) -> Bool {
    call.to != nil && call.input.count <= longestInput && call.accessList.isEmpty && call.authorizations.isEmpty
      && !call.mustFitBlock
  }

  /// Keeps the context of calls on a block, if it is the newest so far.
  func keep(_ context: BlockContext, ofBlock hash: Bytes32, _ number: UInt64) {
    newest.withLock { newest in
      if newest.map({ number >= $0.number && hash != $0.hash }) ?? true { newest = (hash, number, context) }
    }
  }

  /// The context of calls on a block; `nil` where a thread has not run one there.
  func context(ofBlock hash: Bytes32) -> BlockContext? {
    newest.withLock { newest in newest.flatMap { $0.hash == hash ? $0.context : nil } }
  }

  /// Tries a call; `nil` where it comes to no outcome, or is not tried.
  func trying(_ body: () throws(SimulationError) -> SimulationOutcome) -> SimulationOutcome? {
    guard pauseLeft.load(ordering: .relaxed) <= 0 else {
      pauseLeft.subtract(1, ordering: .relaxed)
      return nil
    }
    do throws(SimulationError) { return try body() } catch {
      pauseLeft.store(Self.pause, ordering: .relaxed)
      return nil
    }
  }
}
