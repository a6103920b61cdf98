import Batches
import Concurrency
import Cryptography
import L1Client
import L1Contracts
import Primitives
import Transactions

// What is sent next.

extension Settler {
  /// A transaction that is not written down yet.
  private struct Plan {
    var step: SettlementStep
    var batches: ClosedRange<UInt64>
    var input: [UInt8]
    var gas: UInt64
  }

  func plan(_ index: Int, _ view: PinnedView, _ contracts: L1Chain) async throws(SettlerProblem) {
    guard lanes[index].halt == nil, now >= lanes[index].pausedUntil else { return }
    let account = lanes[index].account
    let nonce = view.nonces[account] ?? 0
    let pending = lanes[index].pending(from: nonce)
    // Transactions that will be refused are waited for, and those that are not sent yet.
    guard makesSense(pending, view), pending.allSatisfy({ $0.nonce < lanes[index].poolNonce ?? .max }),
      pending.count < options.commandLimit
    else { return }
    let plans = try await plans(index, pending, view, contracts, room: options.commandLimit - pending.count)
    guard !plans.isEmpty else { return }

    try await askPool(index, view)
    var next = lanes[index].nextNonce(from: nonce)
    guard lanes[index].poolNonce ?? 0 <= next else {
      lanes[index].waitsFor = "transactions of \(account) that this node did not send wait on L1"
      return
    }
    let market = try await market(view)
    guard let fees = fees.fees(market) else {
      lanes[index].waitsFor = "gas on L1 costs more than the caps allow (base fee \(market.baseFee) wei)"
      return
    }
    var written: [(intent: Intent, envelope: [UInt8])] = []
    for plan in plans {
      let (attempt, envelope) = try sign(index, plan.input, nonce: next, gas: plan.gas, fees)
      written.append(
        (
          Intent(
            step: plan.step, batches: plan.batches, nonce: next, gasLimit: plan.gas,
            calldataHash: Keccak256.hash(plan.input), attempts: [attempt],
            superseded: lanes[index].superseded[next] ?? []), envelope
        ))
      next &+= 1
    }
    try storing { () throws(SettlementStoreError) in try store.record(account, written) }
    for (intent, _) in written {
      lanes[index].intents.append(intent)
      lanes[index].tracking[intent.nonce] = Lane.Tracking(sentAt: view.head.number)
    }
    let answers = await give(written.map(\.envelope))
    for ((intent, _), answer) in zip(written, answers) {
      guard try await judge(index, intent, answer, view) else { return }
      metrics.transactions(intent.step).increment()
      rangeSince = intent.step == .prove ? nil : rangeSince
    }
  }

  /// Executions first, as they are what everybody waits for; then proofs; then commits as far as there is room.
  private func plans(
    _ index: Int, _ pending: [Intent], _ view: PinnedView, _ contracts: L1Chain, room: Int
  ) async throws(SettlerProblem) -> [Plan] {
    var tried: [Plan] = []
    if options.proving == .empty {
      for step in [SettlementStep.execute, .prove] where lanes[index].steps.contains(step) {
        guard tried.count < room, !pending.contains(where: { $0.step == step }),
          let range = try range(step, view), let plan = try fittingPlan(step, range)
        else { continue }
        tried.append(plan)
      }
    }
    var commits: [Plan] = []
    if lanes[index].steps.contains(.commit) {
      let last = try reading { () throws(BatchSourceError) in try source.lastBatch() }.rawValue
      var next = max(view.totals.committed, pending.last { $0.step == .commit }?.batches.upperBound ?? 0) &+ 1
      while tried.count + commits.count < room, next <= last, try mayGoToL1(next),
        let plan = try plan(.commit, next...next)
      {
        commits.append(plan)
        next += 1
      }
    }
    // Of the commits the first can be tried; those behind it are right when it is.
    let first = pending.contains { $0.step == .commit } ? nil : commits.first
    let client = client, account = lanes[index].account
    let answers = await together(tried + (first.map { [$0] } ?? [])) { (plan) async throws(L1Error) in
      try await client.simulate(
        ContractCall(calldata: plan.input), at: contracts.validatorTimelock, from: account)
    }
    var plans: [Plan] = []
    for (plan, answer) in zip(tried, answers) where try await isAccepted(index, plan, answer) { plans.append(plan) }
    if let first, let answer = answers.last, !(try await isAccepted(index, first, answer)) { return plans }
    return plans + commits
  }

  private func mayGoToL1(_ number: UInt64) throws(SettlerProblem) -> Bool {
    let batch = try reading { () throws(BatchSourceError) in try source.batch(BatchNumber(number)) }
    return batch.map { source.mayGoToL1($0) } ?? false
  }

  /// The batches that can be proved or executed next.
  private func range(_ step: SettlementStep, _ view: PinnedView) throws(SettlerProblem) -> ClosedRange<UInt64>? {
    let first = view.totals[step] &+ 1
    let end = step == .prove ? view.totals.committed : view.totals.proved
    var last = first &- 1
    while last < end, last &+ 1 &- first < UInt64(SettlerOptions.maxRange) {
      if step == .prove {
        let next = BatchNumber(last &+ 1)
        guard try reading({ () throws(BatchSourceError) in try source.isProved(next) }) else { break }
      }
      last &+= 1
    }
    guard last >= first else { return nil }
    if step == .prove, last - first + 1 < SettlerOptions.maxRange {
      // Others may join it.
      let since = rangeSince ?? now
      rangeSince = since
      guard now &- since >= SettlerOptions.rangeWait.nanoseconds else { return nil }
    }
    return first...last
  }

  /// As many of the batches as one transaction has gas for.
  private func fittingPlan(_ step: SettlementStep, _ range: ClosedRange<UInt64>) throws(SettlerProblem) -> Plan? {
    guard let whole = try plan(step, range), whole.gas >= GasLimits.most, range.count > 1 else {
      return try plan(step, range)
    }
    return try fittingPlan(step, range.lowerBound...(range.lowerBound + UInt64(range.count) / 2 - 1))
  }

  private func plan(_ step: SettlementStep, _ range: ClosedRange<UInt64>) throws(SettlerProblem) -> Plan? {
    var batches: [Batch] = []
    for number in range {
      let batch = try reading { () throws(BatchSourceError) in try source.batch(BatchNumber(number)) }
      guard let batch else { return nil }
      batches.append(batch)
    }
    switch step {
    case .commit:
      guard let batch = batches.first else { return nil }
      let input = BatchCalls.commit(batch).input
      return Plan(step: step, batches: range, input: input, gas: GasLimits.commit(calldata: input.count))
    case .prove:
      return BatchCalls.prove(batches).map {
        Plan(step: step, batches: range, input: $0.input, gas: GasLimits.prove(batches: batches.count))
      }
    case .execute:
      let requests = try requests(of: batches)
      return BatchCalls.execute(batches, requests).map {
        Plan(step: step, batches: range, input: $0.input, gas: GasLimits.execute(requests))
      }
    }
  }

  /// The call of a transaction that was planned before: the same bytes.
  func call(of intent: Intent) throws(SettlerProblem) -> ContractCall<Void>? {
    guard let plan = try plan(intent.step, intent.batches), Keccak256.hash(plan.input) == intent.calldataHash else {
      return nil
    }
    return ContractCall(calldata: plan.input)
  }

  // MARK: Trying and signing

  /// Whether L1 would take a call now, by its answer. What it would refuse is not sent, and costs nothing.
  private func isAccepted(
    _ index: Int, _ plan: Plan, _ answer: Result<Void, L1Error>
  ) async throws(SettlerProblem) -> Bool {
    guard case .failure(let error) = answer else { return true }
    guard case .reverted = error else { throw .l1(error) }
    // A block that came in between may be the reason.
    let head = try await asking { () throws(L1Error) in try await client.block(.latest) }
    guard head?.hash == view?.head.hash else { throw .moved }
    refuse(index, "\(plan.step) of batch \(Self.text(plan.batches)) would be refused: \(error)")
    return false
  }

  /// Signs a transaction to the timelock.
  func sign(
    _ index: Int, _ input: [UInt8], nonce: UInt64, gas: UInt64, _ fees: Fees
  ) throws(SettlerProblem) -> (Intent.Attempt, [UInt8]) {
    guard let contracts else { throw .moved }
    let transaction = SignedTransaction(
      kind: .dynamicFee, chainID: contracts.l1ChainID, nonce: nonce, gasLimit: gas, maxFeePerGas: fees.maxFee,
      maxPriorityFeePerGas: fees.tip, to: contracts.validatorTimelock, value: .zero, input: input)
    do throws(TransactionError) {
      let signed = try transaction.signed(with: lanes[index].key)
      let envelope = signed.envelope
      return (Intent.Attempt(hash: Keccak256.hash(envelope), fees: fees), envelope)
    } catch {
      throw .wrong("the operator's key signs nothing: \(error)")
    }
  }
}
