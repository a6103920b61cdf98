import Concurrency

/// Times work on the processor of this thread, so that other processes on the machine do not count.
enum ThreadTime {
  /// Nanoseconds that one of `count` operations of `body` takes: the median over `repetitions`, after one to warm up.
  static func median(repetitions: Int = 9, count: Int, _ body: () -> Void) -> Double {
    body()
    var times: [Double] = []
    for _ in 0..<repetitions {
      let start = ProcessorClock.threadNanoseconds
      body()
      times.append(Double(ProcessorClock.threadNanoseconds - start) / Double(count))
    }
    return times.sorted()[repetitions / 2]
  }
}

/// Keeps the optimizer from noticing that nobody looks at a result.
@inline(never)
func consume<T>(_ value: T) {}

/// One measured case, printed as a line for people or as a JSON object.
struct Measurement {
  let name: String
  let nanoseconds: Double
  /// How the case compares with another of the same run: the other's name, and this time over its.
  var ratio: (to: String, value: Double)?

  func print(json: Bool) {
    if json {
      let ratio = ratio.map { ",\"ratio\":\($0.value.hundredths),\"ratioTo\":\"\($0.to)\"" } ?? ""
      Swift.print(
        "{\"case\":\"\(name)\",\"ns\":\(nanoseconds.hundredths),\"perSecond\":\(Int(1e9 / nanoseconds))\(ratio)}")
    } else {
      let ratio = ratio.map { "  \($0.value.hundredths) × \($0.to)" } ?? ""
      Swift.print("\(name.padded(to: 34)) \(String(nanoseconds.hundredths).leftPadded(to: 14)) ns\(ratio)")
    }
  }
}

extension Double {
  /// The number rounded to two digits after the point.
  var hundredths: Double { (self * 100).rounded() / 100 }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
  func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
