import ArgumentParser
import Files
import Primitives
import ZKsyncAPI

/// `zkos proof`: checks what a node says about the state, and what provers say about batches, without a node.
struct ProofCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proof", abstract: "Check proofs about the state and about batches.",
    subcommands: [ProofVerifyCommand.self, FRIProofCommand.self])
}

/// `zkos proof verify`: an answer of `zks_getProof` against the commitment that it leads to.
struct ProofVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check an answer of zks_getProof offline.",
    discussion: """
      Follows every path and prints the root, the slots, and the two commitments that the answer leads to: that of batches \
      up to protocol version 0.0.5 (root and leaf count) and that of later ones (the whole preimage). An answer is worth \
      no more than the commitment it is compared with, so give the one that you trust. Exits with 1 if the answer does \
      not hold or leads to another commitment.
      """)

  @Argument(help: "The answer, or the response around it; - reads standard input.")
  var file: String

  @Option(help: "The commitment to the state that the answer must lead to, in either form.")
  var commitment: String?

  func run() throws {
    var expected: Bytes32?
    if let commitment {
      expected = Bytes32(hex: commitment)
      guard expected != nil else { throw ValidationError("--commitment must be 32 hexadecimal bytes") }
    }
    let findings: AccountProof.Findings
    let proof: AccountProof
    do {
      proof = try AccountProof(parsing: try Files.read(file == "-" ? "/dev/stdin" : file))
      findings = try proof.verify()
    } catch {
      print("invalid: \(error)")
      throw ExitCode.failure
    }
    let batch = findings.state.hash, chain = proof.preimage.hash(root: findings.state.root)
    print("account           \(proof.address)")
    print("block             \(proof.preimage.blockNumber)")
    print("root              \(findings.state.root)")
    print("leaves            \(findings.state.leafCount)")
    print("state commitment  \(batch)")
    print("chain commitment  \(chain)")
    for (slot, value) in zip(proof.slots, findings.values) {
      print("slot \(slot.key)  \(value.map { "\($0)" } ?? "never written")")
    }
    guard let expected else { return print("sound, compared with no commitment") }
    guard expected == batch || expected == chain else {
      print("invalid: leads to another commitment than \(expected)")
      throw ExitCode.failure
    }
    print("sound: leads to the given commitment")
  }
}
