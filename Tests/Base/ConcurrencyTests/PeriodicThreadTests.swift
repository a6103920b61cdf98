import Concurrency
import Synchronization
import Testing

@Suite struct PeriodicThreadTests {
  @Test func callsAgainAndAgainUntilItIsStopped() {
    let periodic = PeriodicThread()
    let calls = Monitor(0)
    periodic.start {
      calls.update { $0 += 1 }
      return .milliseconds(1)
    }
    #expect(calls.wait { $0 >= 3 ? true : nil } == true)
    periodic.stop()
    #expect(periodic.isStopping)
    let count = calls.read { $0 }
    // Nobody calls any more.
    let signal = Signal()
    signal.wait(after: signal.generation, until: MonotonicClock.nanoseconds + 20_000_000)
    #expect(calls.read { $0 } == count)
  }

  @Test func stoppingEndsAWaitHoweverLongItIs() {
    let waits = PeriodicThread(), neverBegun = PeriodicThread()
    let calls = Atomic(0)
    waits.start(after: .seconds(100_000)) {
      calls.add(1, ordering: .relaxed)
      return .zero
    }
    waits.stop()
    let count = calls.load(ordering: .relaxed)
    #expect(count == 0)
    neverBegun.stop()
  }

  @Test func stoppingWaitsForTheCallUnderWay() {
    let periodic = PeriodicThread()
    let hasBegun = Monitor(false), hasEnded = Atomic(false)
    periodic.start { [periodic] in
      hasBegun.update { $0 = true }
      while !periodic.isStopping {}
      hasEnded.store(true, ordering: .releasing)
      return .seconds(100_000)
    }
    _ = hasBegun.wait { $0 ? true : nil }
    periodic.stop()
    let ended = hasEnded.load(ordering: .acquiring)
    #expect(ended)
  }
}
