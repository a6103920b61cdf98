import ArgumentParser
import Glibc

/// The yardstick in C (`Sources/Benchmarks/Guest/interpreter.c`), loaded from the library that `make bench-guest` builds.
final class CInterpreter {
  private typealias Open = @convention(c) (UnsafePointer<UInt32>, Int) -> OpaquePointer?
  private typealias Run =
    @convention(c) (
      OpaquePointer, UnsafePointer<UInt32>, Int, UnsafeMutablePointer<UInt32>
    ) -> UInt64

  private let image: UnsafeMutablePointer<UInt32>
  private let machine: OpaquePointer
  private let runFunction: Run

  init(library: String, image words: [UInt32]) throws {
    guard let handle = dlopen(library, RTLD_NOW), let open = dlsym(handle, "machine_open"),
      let run = dlsym(handle, "machine_run")
    else { throw ValidationError("\(library) is not the C interpreter") }
    image = .allocate(capacity: words.count)
    image.initialize(from: words, count: words.count)
    guard let machine = unsafeBitCast(open, to: Open.self)(image, words.count) else {
      throw ValidationError("no memory for the C interpreter")
    }
    self.machine = machine
    runFunction = unsafeBitCast(run, to: Run.self)
  }

  /// Cycles, 0 if the guest failed, and x10 … x17.
  func run(_ input: [UInt32]) -> (cycles: UInt64, output: [UInt32]) {
    var output = [UInt32](repeating: 0, count: 8)
    return (runFunction(machine, input, input.count, &output), output)
  }
}
