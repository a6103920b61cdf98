import Chain
import ChainStorage
import Primitives
import ZKsyncOS

/// What settlement asks of a chain: its events, durable blocks by number, and the state after any of them.
///
/// Called from several threads. Errors may be of any type; they stop settlement, not the chain.
public protocol SettlementChain: Sendable {
  var stream: BlockStream { get }

  /// The record of a block; `nil` where there is none.
  func record(_ number: UInt64) throws -> ReplayRecord?

  /// The state after block `number`; 0 is the state before the first block.
  func state(after number: UInt64) throws -> any StateView & Sendable
}

extension Chain: SettlementChain {
  public func record(_ number: UInt64) throws -> ReplayRecord? { try storage.log.record(number) }

  public func state(after number: UInt64) throws -> any StateView & Sendable { try storage.state.view(at: number) }
}

extension SettlementChain {
  /// Executes a stored block again, over the state before it.
  func replay(_ number: UInt64, _ replay: BlockReplay) throws(SettlementError) -> SealedBlock {
    let record: ReplayRecord?
    let state: any StateView & Sendable
    do {
      record = try self.record(number)
      state = try self.state(after: number - 1)
    } catch {
      throw .chain(block: number, "\(error)")
    }
    guard let record else { throw .missingRecord(block: number) }
    do throws(ReplayError) { return SealedBlock(record: record, output: try replay.run(record, on: state)) } catch {
      throw .replay(error)
    }
  }
}

extension SealedBlock {
  /// Keys of the slots that the block touched and left as they were, in the order in which the proving run verifies them.
  var readKeys: [Bytes32] { output.touchedSlots.filter { $0.initial == $0.current }.map(\.flatKey) }
}
