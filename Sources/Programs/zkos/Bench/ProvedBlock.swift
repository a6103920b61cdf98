import ArgumentParser
import GuestCheck
import ProverInput
import ZKsyncOS

/// The block on which proving is measured: the one with the longest input of a random chain of large blocks.
struct ProvedBlock {
  let request: ProverInputGenerator.Request
  let words: [UInt32]
  let transactions: Int

  init(_ version: ProtocolVersion, seed: UInt64, transactions: Int) throws {
    var options = RandomChain.Options()
    options.transactionsPerBlock = transactions
    let generator = try ProverInputGenerator(mode: .native)
    var longest: (request: ProverInputGenerator.Request, words: [UInt32])?
    try RandomChain(version, seed: seed, options: options).forEachBlock { block in
      let words = try generator.generate(block.request).words
      if words.count > longest?.words.count ?? 0 { longest = (block.request, words) }
    }
    guard let longest else { throw ValidationError("seed \(seed) makes no block") }
    request = longest.request
    words = longest.words
    self.transactions = longest.request.block.transactions.count
  }
}

/// What names a block to measure on.
struct ProvedBlockOptions: ParsableArguments {
  @Option(help: "The guest's image.")
  var image: String

  @Option(help: "The image's protocol version: v0_0_4 or v0_0_5.")
  var version = "v0_0_5"

  @Option(help: "The seed of the random blocks; the largest is measured.")
  var seed: UInt64 = 1

  @Option(help: "The most transactions offered to a block.")
  var transactions = 60

  @Flag(help: "Print one JSON object for each case.")
  var json = false

  func validate() throws {
    guard ProtocolVersion(name: version) != nil else { throw ValidationError("unknown version \(version)") }
    guard transactions > 0 else { throw ValidationError("--transactions must be at least 1") }
  }

  func makeBlock() throws -> ProvedBlock {
    guard let version = ProtocolVersion(name: version) else { throw ExitCode.validationFailure }
    return try ProvedBlock(version, seed: seed, transactions: transactions)
  }
}
