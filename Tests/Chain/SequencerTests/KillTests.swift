import ChainStorage
import ChainTesting
import Glibc
import Primitives
import RandomTesting
import Sequencer
import StorageTesting
import Testing
import ThreadTesting

/// kill -9 at random moments: what anybody could have seen is there after a restart, and the chain goes on.
@Suite(.offTheCooperativePool) struct KillTests {
  let directory = TemporaryDirectory()

  /// The program to be killed lies beside the test program.
  static let victim: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      + "/SequencerVictim"
  }()

  static let isBuilt = access(victim, X_OK) == 0

  /// Runs the victim, kills it some milliseconds after its first block, and returns the lines that it printed.
  func runAndKill(after milliseconds: UInt32) throws -> [String] {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    defer { posix_spawn_file_actions_destroy(&actions) }
    let arguments = [strdup(Self.victim), strdup(directory.path), nil]
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    let failure = posix_spawn(&process, Self.victim, &actions, nil, arguments, environ)
    close(ends[1])
    try #require(failure == 0)

    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var isKilled = false
    while case let count = read(ends[0], &chunk, chunk.count), count > 0 {
      output += chunk[..<count]
      if !isKilled {
        usleep(milliseconds * 1_000)
        kill(process, SIGKILL)
        isKilled = true
      }
    }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    // The last line may have been cut off by the kill.
    return String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map(String.init)
  }

  @Test(.enabled(if: isBuilt, "the program SequencerVictim is not built"))
  func everyBlockThatWasSeenSurvives() throws {
    var random = SplitMix64(seed: 9)
    var told: [UInt64: String] = [:]
    for _ in 0..<10 {
      let lines = try runAndKill(after: UInt32.random(in: 0..<120, using: &random))
      #expect(!lines.isEmpty)
      for line in lines {
        let number = try #require(line.split(separator: " ").first.flatMap { UInt64($0) }, "\(line)")
        #expect(told[number] == nil, "block \(number) was made twice")
        told[number] = line
      }
    }
    // The victim's clock was the real one, which this one is far behind.
    let harness = try Harness(directory) { $0.clock.acceptedThrough = .max }
    try harness.start()
    #expect(told.keys.max().map { $0 <= harness.storage.blocks.head } == true)
    var transactions = 0
    for number in 1...harness.storage.blocks.head {
      let block = try #require(try harness.storage.blocks.block(number))
      transactions += block.transactions.count
      if let line = told[number] { #expect(line == "\(number) \(block.hash) \(block.transactions.count)") }
    }
    // The state agrees with the blocks: every transfer moved one wei.
    let head = harness.storage.blocks.head
    #expect(try harness.chain.balance(Address(0xB0B), at: head) == UInt256(transactions))
    let nonce = try harness.pool.pendingNonce(for: TestChain.sender(0))
    let next = transfers(1, nonce: nonce)
    try harness.send(next)
    #expect(try harness.block(with: next[0].hash).number == head + 1)
    harness.stop()
  }
}
