// Pages with generated code are executable or writable, never both, as the system itself reports it.

import Airbender
import Glibc
import GuestAssembler
import Testing

@Suite("Generated code", .serialized)
struct GeneratedCodeTests {
  /// One line of /proc/self/maps.
  struct Mapping {
    let range: Range<UInt>
    let permissions: String
    let isAnonymous: Bool

    init?(_ line: Substring) {
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      guard fields.count >= 5 else { return nil }
      let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard bounds.count == 2, bounds[0] < bounds[1] else { return nil }
      range = bounds[0]..<bounds[1]
      permissions = String(fields[1])
      isAnonymous = fields.count == 5
    }
  }

  static func mappings() throws -> [Mapping] {
    let file = try #require(fopen("/proc/self/maps", "r"))
    defer { fclose(file) }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      text += chunk[..<count]
    }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Mapping($0) }
  }

  /// Anonymous memory that can be executed: nothing but generated code is.
  static func generatedCode() throws -> [Mapping] {
    try mappings().filter { $0.isAnonymous && $0.permissions.contains("x") }
  }

  /// A program that fills the ROM with the instructions whose translation is longest: its code is recognized by its size,
  /// whatever other tests run beside this one.
  static let program: [UInt32] = {
    var code = Assembler()
    code.li(.s0, ram)
    while code.pc < AddressSpace.romSize - 8 { code.sw(.s0, 8, .s0) }
    code.addi(.a0, .zero, 7)
    code.halt()
    return code.words
  }()

  static func largeCode() throws -> [Mapping] { try generatedCode().filter { $0.range.count > 12 << 20 } }

  #if arch(x86_64)
    @Test("a translated program's code can be executed and not be written; nothing in the process can be both")
    func writeXorExecute() throws {
      #expect(try Self.largeCode().isEmpty)
      do {
        let program = try Program(words: Self.program, engine: .translator)
        #expect(try Self.largeCode().map(\.permissions) == ["r-xp"])
        let machine = try Machine(program)
        var host = ScriptedHost([])
        #expect(machine.run(&host).registers[10] == 7)
        #expect(try Self.mappings().allSatisfy { !($0.permissions.contains("w") && $0.permissions.contains("x")) })
      }
      // The pages go with the program.
      #expect(try Self.largeCode().isEmpty)
    }
  #endif

  @Test("the interpreter generates no code")
  func interpreter() throws {
    let program = try Program(words: Self.program, engine: .interpreter)
    #expect(try Self.largeCode().isEmpty)
    var host = ScriptedHost([])
    #expect(try Machine(program).run(&host).registers[10] == 7)
  }
}
