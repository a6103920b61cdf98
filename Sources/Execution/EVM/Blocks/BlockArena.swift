// Memory for translated blocks.

/// Memory that grows in steps and is freed as a whole; blocks in it never move.
struct BlockArena {
  private static var firstStep: Int { 2048 }
  private static var largestStep: Int { 32_768 }

  private var steps: [UnsafeMutableRawPointer] = []
  private var next = 0
  private var end = 0
  /// Bytes allocated.
  private(set) var size = 0
  private let budget: TranslationBudget?

  init(budget: TranslationBudget?) { self.budget = budget }

  /// Memory for `bytes` bytes, aligned to 8; `nil` if the budget does not allow it.
  mutating func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let count = (bytes &+ 7) & ~7
    if steps.isEmpty || next &+ count > end {
      let step = max(count, min(Self.largestStep, max(Self.firstStep, size)))
      if let budget, !budget.reserve(step) { return nil }
      steps.append(.allocate(byteCount: step, alignment: 64))
      (next, end) = (0, step)
      size &+= step
    }
    defer { next &+= count }
    return steps[steps.count &- 1] + next
  }

  /// Frees everything.
  func deallocate() {
    for step in steps { step.deallocate() }
    budget?.release(size)
  }
}
