import Batches
import L1Contracts
import Primitives

/// The calls of the validator timelock that settle batches.
enum BatchCalls {
  static func commit(_ batch: Batch) -> ContractCall<Void> {
    ValidatorTimelockCall.commitBatches(
      batch.commit.chainID, batch.number.rawValue...batch.number.rawValue,
      data: batch.commit.commitData(previous: batch.previous))
  }

  /// With an empty proof, which the verifiers of test chains accept.
  static func prove(_ batches: [Batch]) -> ContractCall<Void>? {
    guard let first = batches.first, let last = batches.last else { return nil }
    var data = ABIWriter()
    first.previous.write(to: &data)
    data.appendArray(batches) { $1.stored.write(to: &$0) }
    data.appendArray(count: 0) { _ in }
    return ValidatorTimelockCall.proveBatches(
      first.commit.chainID, first.number.rawValue...last.number.rawValue, data: [0] + data.encoded)
  }

  /// - Parameter requests: of each batch.
  static func execute(_ batches: [Batch], _ requests: [RequestRange]) -> ContractCall<Void>? {
    guard let first = batches.first, let last = batches.last, batches.count == requests.count else { return nil }
    var data = ABIWriter()
    data.appendArray(batches) { $1.stored.write(to: &$0) }
    data.appendArray(requests) { array, request in
      array.appendTuple { tuple in
        for list in [request.left, request.right, request.hashes] { tuple.appendArray(list) { $0.append($1) } }
      }
    }
    return ValidatorTimelockCall.executeBatches(
      first.commit.chainID, first.number.rawValue...last.number.rawValue, data: [0] + data.encoded)
  }
}
