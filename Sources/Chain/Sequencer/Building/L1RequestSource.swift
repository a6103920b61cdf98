import Transactions

/// The requests that L1 made, in the order of their priority ids.
public protocol L1RequestSource: Sendable {
  /// The request with this id, once L1 has it. The block builder asks again until it is there.
  func transaction(_ priorityID: UInt64) -> RecoveredTransaction?
}

/// No L1: nothing is ever requested.
public struct NoL1Requests: L1RequestSource {
  public init() {}
  public func transaction(_ priorityID: UInt64) -> RecoveredTransaction? { nil }
}

/// Requests given in advance, the first with id 0: a chain without L1 funds its rich account so.
public struct FixedL1Requests: L1RequestSource {
  private let transactions: [RecoveredTransaction]

  public init(_ transactions: [RecoveredTransaction]) { self.transactions = transactions }

  public func transaction(_ priorityID: UInt64) -> RecoveredTransaction? {
    priorityID < UInt64(transactions.count) ? transactions[Int(priorityID)] : nil
  }
}
