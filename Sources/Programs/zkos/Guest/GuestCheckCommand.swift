import Airbender
import ArgumentParser
import Files
import Glibc
import GuestCheck
import ZKsyncOS

/// `zkos guest check`: random blocks through the whole proving path, compared with the real guest.
struct GuestCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare the native path with a guest on random blocks; succeeds only if every block agrees.")

  @Option(help: "The guest's image.")
  var image: String

  @Option(help: "The same guest's logging image: it says why it refuses what we refuse.")
  var loggingImage: String?

  @Option(help: "The image's protocol version: v0_0_4 or v0_0_5.")
  var version: String

  @Option(help: "Blocks to check; rounded up to whole worlds of four blocks.")
  var blocks = 2_000

  @Option(help: "The seed of the first world; the others follow.")
  var seed: UInt64 = 1

  @Flag(help: "Check blocks of one purpose, and such at the limits of the virtual machine, instead of random ones.")
  var shapes = false

  @Option(help: "With --shapes: only those whose name contains this.")
  var only: String?

  @Option(help: "Worlds checked at the same time.")
  var jobs = 1

  @Option(help: "Write the guest's answers to this file, as JSON.")
  var record: String?

  func validate() throws {
    guard blocks > 0 else { throw ValidationError("--blocks must be at least 1") }
    guard jobs > 0 else { throw ValidationError("--jobs must be at least 1") }
    guard ProtocolVersion(name: version) != nil else { throw ValidationError("unknown version \(version)") }
  }

  /// What one task checks.
  private enum Subject: Sendable, CustomStringConvertible {
    case seed(UInt64)
    case shape(Shape)

    var description: String {
      switch self {
      case .seed(let seed): "seed \(seed)"
      case .shape(let shape): "shape \(shape.name)"
      }
    }
  }

  func run() async throws {
    guard let version = ProtocolVersion(name: version) else { throw ExitCode.validationFailure }
    let program = try Program(image: Files.read(image))
    let logging = try loggingImage.map { try Program(image: Files.read($0)) }
    let perWorld = RandomChain.Options().blocks
    let worlds = UInt64((blocks + perWorld - 1) / perWorld)
    let chosen = shapes ? (Shape.limits + Shape.singlePurpose).filter { only.map($0.name.contains) ?? true } : []
    let tally = GuestCheckTally(worlds: shapes ? chosen.count : Int(worlds), asksWhy: logging != nil)
    let record = record
    // Whoever ends the run early still gets what it found out.
    let interruption = Interruption { number in
      let finished = tally.finish(record: record)
      Glibc.exit(finished ? 128 + number : 1)
    }
    var waiting = (shapes ? chosen.map { Subject.shape($0) } : (0..<worlds).map { .seed(seed &+ $0) })[...]
    await withTaskGroup(of: Void.self) { group in
      func start() {
        guard let subject = waiting.popFirst() else { return }
        group.addTask {
          do {
            let check = try GuestCheck(program, logging: logging, version: version)
            switch subject {
            case .seed(let seed): tally.add(try check.check(seed: seed))
            case .shape(let shape): tally.add([try check.check(shape)])
            }
          } catch {
            tally.add(failure: error is GuestCheck.Failure ? "\(error)" : "\(subject): \(error)")
          }
        }
      }
      for _ in 0..<jobs { start() }
      while await group.next() != nil { start() }
    }
    interruption.cancel()
    guard tally.finish(record: record) else { throw ExitCode.failure }
  }
}
