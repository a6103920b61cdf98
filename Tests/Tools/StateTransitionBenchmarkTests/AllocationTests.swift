// The state transition's allocations, counted: hot code does not allocate.

import AllocationCounter
import StateTransitionBenchmark
import Testing

@Suite("Allocations of the state transition", .enabled(if: allocation_count() > 0, "the C library is not glibc"))
struct AllocationTests {
  @Test("a handful for a transaction, none for an instruction")
  func counts() throws {
    var benchmark = StateTransitionBenchmark()
    benchmark.repetitions = 1
    benchmark.transactions = 300
    let results = try benchmark.run()
    #expect(results.map(\.name) == ["transfer", "erc20 transfer", "arithmetic", "storage"])
    // The last two run hundreds of thousands of instructions for each transaction.
    for result in results {
      #expect(result.allocations < 9, "\(result.name): \(result.allocations)")
      #expect(result.sealingAllocations < 9, "\(result.name): \(result.sealingAllocations)")
      #expect(result.megagasPerSecond * result.execution / 1_000 >= 21_000 - 1e-6)
    }
  }

  @Test("the counter counts")
  func counter() {
    let before = allocation_count()
    var arrays: [[Int]] = []
    for count in 1...10 { arrays.append([Int](repeating: count, count: count)) }
    #expect(allocation_count() - before >= 10)
    #expect(arrays.count == 10)
  }
}
