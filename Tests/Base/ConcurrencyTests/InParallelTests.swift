import Concurrency
import Synchronization
import Testing

@Suite("Calls on several threads")
struct InParallelTests {
  @Test("Every number is had once, however many threads there are", arguments: [0, 1, 3, 100], [-1, 1, 2, 9])
  func everyNumber(count: Int, threads: Int) {
    let seen = Mutex<[Int]>([])
    inParallel(count, threads: threads) { index in seen.withLock { $0.append(index) } }
    #expect(seen.withLock { $0.sorted() } == Array(0..<count))
  }
}
