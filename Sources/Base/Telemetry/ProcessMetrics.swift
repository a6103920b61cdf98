import Concurrency
import Glibc

/// The process under the names that every Prometheus client library gives: memory, time, open files.
///
/// Source: Prometheus, "Writing client libraries", process metrics. The values come from `/proc/self`.
public enum ProcessMetrics {
  public static func register(in registry: MetricsRegistry) {
    registry.gauge("process_resident_memory_bytes", "Resident memory size in bytes") {
      memory.map { Double($0.resident) } ?? .nan
    }
    registry.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes") {
      memory.map { Double($0.virtual) } ?? .nan
    }
    registry.gauge("process_open_fds", "Number of open file descriptors") { openFiles().map(Double.init) ?? .nan }
    registry.gauge("process_max_fds", "Maximum number of open file descriptors") {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return .nan }
      return Double(limit.rlim_cur)
    }
    registry.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds") {
      var usage = rusage()
      guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return .nan }
      return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
    registry.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds")
      .set(Double(CalendarClock.nanoseconds) / 1e9)
  }

  private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

  /// Bytes of memory; nil where `/proc` cannot be read.
  package static var memory: (virtual: Int, resident: Int)? {
    guard let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return nil }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let pages = text.split(separator: " ").prefix(2).compactMap { Int($0) }
    let page = sysconf(Int32(_SC_PAGESIZE))
    return pages.count == 2 ? (pages[0] * page, pages[1] * page) : nil
  }

  private static func openFiles() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // Without ".", "..", and the descriptor that lists them.
    return count - 3
  }
}
