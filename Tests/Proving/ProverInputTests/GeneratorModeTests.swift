// Native, guest, both: with a guest of our own that asks what an empty block's proving run asks.

import Airbender
import GuestAssembler
import Primitives
import ProverInput
import StateTree
import Testing
import ZKsyncOS

@Suite("Prover input modes")
struct GeneratorModeTests {
  /// A guest that asks `ids` (no parameters), drains every answer, takes leave and returns 1 … 8.
  static func guest(asking ids: [UInt32] = [3, 0, 2], ending: (inout Assembler) -> Void = { $0.halt() }) -> [UInt8] {
    var code = Assembler()
    for id in ids { code.ask(id) }
    code.addi(.t0, .zero, 6)
    code.write(.t0)
    code.write(.t1)
    code.read(.t2)
    let results: [Register] = [.a0, .a1, .a2, .a3, .a4, .a5, .a6, .a7]
    for (index, register) in results.enumerated() { code.addi(register, .zero, Int32(index + 1)) }
    ending(&code)
    return code.words.flatMap { word in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) } }
  }

  static let publicInput = Bytes32(
    (1...8).flatMap { [UInt8($0), 0, 0, 0] as [UInt8] })

  static func request(_ temporary: TemporaryTree, publicInput: Bytes32? = publicInput) throws
    -> ProverInputGenerator.Request
  {
    let view = try temporary.tree.view(at: 0)
    return ProverInputGenerator.Request(
      block: ProvingBlock(
        context: Vector.empty(.v0_0_5).context(.v0_0_5), transactions: [], before: view.commitment),
      accesses: [], witness: try view.witness(reads: [], writes: []), tree: view, state: MemoryState(),
      publicInput: publicInput ?? .zero)
  }

  private func failure(_ image: [UInt8], _ mode: ProverInputMode = .both, publicInput: Bytes32? = publicInput) throws
    -> String
  {
    let temporary = try TemporaryTree([])
    let generator = try ProverInputGenerator(mode: mode, image: image)
    do {
      _ = try generator.generate(Self.request(temporary, publicInput: publicInput))
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test("all modes give the same words", arguments: ProverInputMode.allCases)
  func agreement(_ mode: ProverInputMode) throws {
    let temporary = try TemporaryTree([])
    let generator = try ProverInputGenerator(mode: mode, image: Self.guest())
    let input = try generator.generate(Self.request(temporary))
    #expect(input.words.count == 2122)
    #expect(streamHash(input.words) == Vector.empty(.v0_0_5).streamHash)
  }

  @Test("images are needed unless the mode is native")
  func images() throws {
    #expect(throws: Never.self) { try ProverInputGenerator(mode: .native) }
    for mode in [ProverInputMode.guest, .both] {
      do {
        _ = try ProverInputGenerator(mode: mode)
        Issue.record("accepted")
      } catch {
        #expect("\(error)" == "prover input mode \(mode.rawValue) needs a guest image")
      }
    }
    do {
      _ = try ProverInputGenerator(mode: .guest, image: [1, 2, 3])
      Issue.record("accepted")
    } catch {
      #expect("\(error)".hasPrefix("the guest image is unusable: "))
    }
  }

  @Test("the first difference is named: index, question, both words")
  func difference() throws {
    #expect(
      try failure(Self.guest(asking: [3, 2]))
        == "the native prover input differs from the guest's: word 2095, which is word 0 of the answer to query 1 "
        + "(initial state): native 00000002, guest 00000016")
    #expect(
      try failure(Self.guest(asking: [3, 0, 2, 2])).contains(
        "word 2121, which is word 0 of the answer to query 3 (initial state): native 00000000, guest 00000016"))
    #expect(try failure(Self.guest(asking: [3, 2]), .guest) == "accepted")
  }

  @Test("another public input is refused")
  func publicInput() throws {
    for mode in [ProverInputMode.guest, .both] {
      #expect(
        try failure(Self.guest(), mode, publicInput: nil).hasPrefix("the guest computed the public input 0x01000000"))
    }
    #expect(try failure(Self.guest(), .native, publicInput: nil) == "accepted")
  }

  @Test("a guest that fails says where and after which questions")
  func failures() throws {
    let aborted = try failure(Self.guest { $0.csrrw(.zero, CSR.abort, .zero) })
    #expect(aborted.hasPrefix("the guest failed: the guest aborted at pc 0x"))
    #expect(
      aborted.hasSuffix("last queries: block metadata; transaction size; initial state; disconnect"))
    let recursion = try failure(
      Self.guest { code in
        code.addi(.s2, .zero, 1)
        code.halt()
      })
    #expect(recursion.hasPrefix("the guest failed: halted"))
    #expect(
      try failure(Self.guest(asking: [3, 1])) == "the guest's query 1 makes no sense: no transaction was announced")
    #expect(try failure(Self.guest(asking: [4])) == "the guest's query 4 makes no sense: 0 parameters")
    #expect(try failure(Self.guest(asking: [77])) == "the guest asked an unknown query, 77")
  }
}
