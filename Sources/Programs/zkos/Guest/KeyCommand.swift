import Airbender
import ArgumentParser
import FRIProofs
import Files
import Glibc
import JSON
import Primitives
import VerificationKeys

/// `zkos guest key`: what a program is known by in proofs.
struct GuestKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Compute the verification key of an image.",
    discussion: """
      The key is the commitment to the image and to the circuit of its machine that Airbender's tools call the end \
      parameters of a program, or params in a vk.json. With the image of a recursion program also the hash is printed \
      that an honest proof shows in x18 … x25: that of the chain of both programs, which makes a node take proofs of a \
      guest that it does not know (prover_api_allowed_programs). Takes 260 MB and some seconds for each image.
      """)

  @Option(help: "The program's image.")
  var image: String

  @Option(help: "The machine that the program is for: standard for guests, recursion for verifiers of proofs.")
  var machine = MachineKind.standard

  @Option(help: "The image of the recursion program that proofs end with, universal.bin of zksync-airbender.")
  var recursionImage: String?

  @Option(help: "How many threads compute.")
  var jobs = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard jobs > 0 else { throw ValidationError("--jobs must be at least 1") }
    guard recursionImage == nil || machine == .standard else {
      throw ValidationError("a chain begins with a guest: --recursion-image goes with --machine standard")
    }
  }

  func run() throws {
    let key = try key(of: image, on: machine)
    guard let recursionImage else { return print(key, chain: nil) }
    let recursion = try self.key(of: recursionImage, on: .recursion)
    let guest = ProgramChain.extend(.zero, with: key.digest)
    print(key, chain: (recursion, ProgramChain.extend(guest, with: recursion.digest)))
  }

  private func key(of file: String, on machine: MachineKind) throws -> VerificationKey {
    let image = try Files.read(file)
    let isWatched = isatty(STDERR_FILENO) == 1
    if isWatched { Self.tell("computing the key of \(file) …") }
    // Whatever comes of it, the line is free again.
    defer { if isWatched { Self.tell("\r\u{1b}[K") } }
    do {
      return try VerificationKey(image: image, machine: machine, threads: jobs)
    } catch {
      throw KeyFailure(file: file, error: error)
    }
  }

  private static func tell(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  private typealias Chain = (recursion: VerificationKey, hash: Bytes32)

  private func print(_ key: VerificationKey, chain: Chain?) {
    guard !json else { return printObject(key, chain: chain) }
    Swift.print("final pc         0x\(String(key.finalPC, radix: 16))")
    Swift.print("key              \(key.digest)")
    Swift.print("                 \(Self.words(key.digest))")
    guard let chain else { return }
    Swift.print("recursion key    \(chain.recursion.digest)")
    Swift.print("                 \(Self.words(chain.recursion.digest))")
    Swift.print("chain of proofs  \(chain.hash)")
    Swift.print("                 \(Self.words(chain.hash))")
    Swift.print(
      "                 \(ProgramChain.known(hash: chain.hash).map { "\($0)" } ?? "known to no node by itself")")
  }

  private func printObject(_ key: VerificationKey, chain: Chain?) {
    var object = JSONWriter()
    object.beginObject()
    object.key("machine")
    object.string(machine.rawValue)
    object.key("finalPC")
    object.number(key.finalPC)
    object.key("key")
    object.data(key.digest)
    if let chain {
      object.key("recursionKey")
      object.data(chain.recursion.digest)
      object.key("chain")
      object.data(chain.hash)
    }
    object.endObject()
    Swift.print(String(decoding: object.bytes, as: UTF8.self))
  }

  /// The eight words of a hash, as the tools of the proving system print them.
  private static func words(_ hash: Bytes32) -> String {
    hash.withUnsafeBytes { bytes in
      (0..<8).map { "\(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))" }
        .joined(separator: " ")
    }
  }
}

/// An image without a key, and why.
private struct KeyFailure: Error, CustomStringConvertible {
  let file: String
  let error: VerificationKeyError

  var description: String { "\(file): \(error)" }
}
