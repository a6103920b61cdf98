import Airbender
import ArgumentParser
import Files

/// `zkos guest disassemble`: the instructions of an image, for people who follow a report to its pc.
struct GuestDisassembleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disassemble", abstract: "Print instructions of a guest image.")

  @Option(help: "The guest's image.")
  var image: String

  @Option(help: "The machine that the guest is for: standard or recursion.")
  var machine = MachineKind.standard

  @Option(help: "Where to begin, in hexadecimal.")
  var from = "0"

  @Option(help: "Instructions to print.")
  var count = 32

  func run() throws {
    let digits = from.hasPrefix("0x") ? from.dropFirst(2) : from[...]
    guard let start = UInt32(digits, radix: 16), start % 4 == 0 else {
      throw ValidationError("--from is no address of an instruction")
    }
    let program = try Program(image: Files.read(image), machine: machine, engine: .interpreter)
    let first = Int(start / 4)
    for index in program.words.indices.dropFirst(first).prefix(max(0, count)) {
      let pc = UInt32(index * 4)
      print("\(String(pc, radix: 16))\t\(Disassembler.text(program.word(at: pc), at: pc, for: machine))")
    }
  }
}
