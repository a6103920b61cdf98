import ArgumentParser
import Files
import ProverInput
import Settlement
import ZKsyncOS

/// `zkos guest verify`: what a prover input proves, without a guest.
struct GuestVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Execute the words of a prover input without a guest and print the public input that they prove.")

  @Option(help: "The words: a file of little-endian bytes.")
  var input: String

  @Option(help: "The protocol version: v0_0_4 or v0_0_5.")
  var version = "v0_0_5"

  func run() throws {
    guard let version = ProtocolVersion(name: version) else { throw ValidationError("unknown version \(version)") }
    guard let words = ProverInput(bytes: try Files.read(input))?.words else {
      throw ValidationError("the input is no multiple of four bytes")
    }
    let result = try StreamVerifier.run(words, version: version)
    print("block \(result.context.number) with hash \(result.blockHash)")
    print("state \(result.before) to \(result.after)")
    print("public input \(result.publicInput)")
  }
}
