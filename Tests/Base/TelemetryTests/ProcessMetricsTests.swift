import Glibc
import Telemetry
import Testing

@Suite("Metrics of the process")
struct ProcessMetricsTests {
  private func value(_ name: String, in text: String) -> Double? {
    text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap { Double($0.split(separator: " ")[1]) }
  }

  @Test("Memory, time and files are those of this process")
  func values() throws {
    let registry = MetricsRegistry()
    ProcessMetrics.register(in: registry)
    let before = registry.exposition
    let resident = try #require(value("process_resident_memory_bytes", in: before))
    let virtual = try #require(value("process_virtual_memory_bytes", in: before))
    #expect(resident > Double(1 << 20) && resident < virtual)
    let start = try #require(value("process_start_time_seconds", in: before))
    let now = Glibc.time(nil)
    #expect((start - Double(now)).magnitude < 5)

    let seconds = try #require(value("process_cpu_seconds_total", in: before))
    var sum: UInt64 = 0
    let touched = UnsafeMutablePointer<UInt8>.allocate(capacity: 64 << 20)
    defer { touched.deallocate() }
    for round in 0..<4 as Range<UInt8> {
      memset(touched, Int32(round + 1), 64 << 20)
      sum += UInt64(touched[Int(round) << 20])
    }
    #expect(sum == 1 + 2 + 3 + 4)
    let after = registry.exposition
    #expect(try #require(value("process_cpu_seconds_total", in: after)) > seconds)
    // Other suites run beside this one and may free memory, but not this much.
    #expect(try #require(value("process_resident_memory_bytes", in: after)) > resident + Double(16 << 20))
    #expect(after.contains("# TYPE process_cpu_seconds_total counter\n"))
  }

  @Test("Open files are counted and stay below the limit")
  func files() throws {
    let registry = MetricsRegistry()
    ProcessMetrics.register(in: registry)
    let held = (0..<300).map { _ in Glibc.open("/dev/null", O_RDONLY) }
    defer { for descriptor in held { Glibc.close(descriptor) } }
    let text = registry.exposition
    let opened = try #require(value("process_open_fds", in: text))
    #expect(opened >= 300)
    #expect(opened <= (try #require(value("process_max_fds", in: text))))
  }
}
