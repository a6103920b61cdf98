// CSR 0x7C0 in all its forms, markers, aborts, traces and text.

import Airbender
import GuestAssembler
import Testing

@Suite("Host and CSRs")
struct HostTests {
  @Test("words in both directions, in order")
  func words() throws {
    let (report, host, _) = try run([10, 20, 30]) { code in
      code.read(.a0)
      code.write(.a0)
      code.read(.a1)
      code.read(.a2)
      code.add(.a3, .a1, .a2)
      code.write(.a3)
      code.halt()
    }
    #expect(report.stop == .halted)
    #expect(host.received == [10, 50])
    #expect(report.wordsRead == 3 && report.wordsWritten == 2 && report.cycles == 7)
  }

  @Test("read and write in one instruction: the host gets what the register held before")
  func exchange() throws {
    let (report, host, _) = try run([7, 8]) { code in
      code.addi(.t0, .zero, 99)
      code.csrrw(.a0, CSR.nonDeterminism, .t0)
      code.csrrw(.t0, CSR.nonDeterminism, .t0)
      code.halt()
    }
    #expect(host.received == [99, 99])
    #expect(report.registers[10] == 7 && report.registers[5] == 8)
  }

  @Test("neither read nor write: nothing happens")
  func neither() throws {
    let (report, host, _) = try run { code in
      code.csrrw(.zero, CSR.nonDeterminism, .zero)
      code.halt()
    }
    #expect(report.stop == .halted && report.wordsRead == 0 && host.received.isEmpty)
  }

  @Test("no more input")
  func exhausted() throws {
    let (report, _, _) = try run([1]) { code in
      code.read(.a0)
      code.read(.a0)
      code.halt()
    }
    #expect(report.stop == .inputExhausted)
    #expect(report.pc == 4 && report.wordsRead == 1)
  }

  @Test("abort, and registers that do not exist")
  func unknown() throws {
    #expect(try run { $0.csrrw(.zero, CSR.abort, .zero) }.report.stop == .guestAbort)
    #expect(try run { $0.csrrw(.a0, 0x300, .zero) }.report.stop == .unknownCSR(0x300))
    #expect(try run { $0.csrrw(.zero, 0x7C1, .a0) }.report.stop == .unknownCSR(0x7C1))
  }

  @Test("markers clear rd and are otherwise ignored")
  func marker() throws {
    let (report, _, _) = try run { code in
      code.addi(.a0, .zero, 5)
      code.addi(.a1, .zero, 6)
      code.csrrw(.a0, CSR.marker, .a1)
      code.halt()
    }
    #expect(report.stop == .halted && report.registers[10] == 0 && report.registers[11] == 6)
  }

  @Test("a queue of words reports what is left")
  func queue() throws {
    var code = Assembler()
    code.read(.a0)
    code.write(.a0)
    code.halt()
    var queue = WordQueue([3, 4, 5])
    let report = try Machine(Program(words: code.words)).run(&queue)
    #expect(report.registers[10] == 3)
    #expect(queue.remaining == 2 && queue.position == 1)
  }

  @Test("a trace sees every instruction before it executes")
  func trace() throws {
    var code = Assembler()
    code.addi(.t0, .zero, 2)
    code.addi(.t0, .t0, -1)
    code.branch(1, .t0, .zero, distance: -4)
    code.read(.a0)
    code.halt()
    var steps: [String] = []
    var values: [UInt32] = []
    var host = ScriptedHost([9])
    let machine = try Machine(Program(words: code.words))
    let traced = machine.run(&host) { step in
      #expect(step.cycle == steps.count)
      steps.append(Disassembler.text(step.word, at: step.pc))
      values.append(step.registers[5])
    }
    #expect(
      steps == [
        "addi t0, zero, 2", "addi t0, t0, -1", "bne t0, zero, 0x4", "addi t0, t0, -1", "bne t0, zero, 0x4",
        "csrrw a0, 0x7c0, zero", "jal zero, 0x10",
      ])
    #expect(values == [0, 2, 1, 1, 0, 0, 0])
    var again = ScriptedHost([9])
    #expect(machine.run(&again) == traced)
  }

  @Test("reports read well")
  func descriptions() throws {
    let (report, _, _) = try run { code in
      code.li(.t0, 0x8000_0000)
      code.lw(.t0, 4, .t0)
    }
    #expect(
      report.description
        == "load at 0x80000004 out of range at pc 0x00000008 after 3 cycles, 0 BLAKE2s rounds, "
        + "0 256-bit operations, 0 words read, 0 written")
    #expect(StopReason.guestAbort.description == "the guest aborted")
    #expect(StopReason.unknownCSR(0x7C1).description == "unknown CSR 0x7c1")
    #expect(StopReason.badInstruction(0x73).description == "bad instruction 0x00000073")
  }

  @Test(
    "disassembly",
    arguments: [
      (0x0000_0037, "lui zero, 0x0"), (0xDEAD_B537, "lui a0, 0xdeadb"), (0x0000_1297, "auipc t0, 0x1"),
      (0x0040_006F, "jal zero, 0x104"), (0xFFDF_F0EF, "jal ra, 0xfc"), (0x0000_8067, "jalr zero, 0(ra)"),
      (0x00B5_0463, "beq a0, a1, 0x108"), (0xFEB5_1EE3, "bne a0, a1, 0xfc"), (0x0005_0063, "beq a0, zero, 0x100"),
      (0x00D2_A503, "lw a0, 13(t0)"), (0xFE11_2E23, "sw ra, -4(sp)"), (0x00A5_8023, "sb a0, 0(a1)"),
      (0xFFF5_0513, "addi a0, a0, -1"), (0x4035_5513, "srai a0, a0, 3"), (0x40B5_0533, "sub a0, a0, a1"),
      (0x02B5_2533, "mulhsu a0, a0, a1"), (0x02B5_7533, "remu a0, a0, a1"), (0x7C00_1573, "csrrw a0, 0x7c0, zero"),
      (0xC000_1073, "csrrw zero, 0xc00, zero"), (0x7CA0_1073, "csrrw zero, 0x7ca, zero"),
    ] as [(UInt32, String)])
  func disassembly(_ word: UInt32, _ text: String) {
    #expect(Disassembler.text(word, at: 0x100) == text)
  }

  @Test("disassembly for the recursion machine, which has other instructions")
  func recursionDisassembly() {
    let words: [UInt32] = [0x82C5_C573, 0x86C5_C573, 0x8AC5_C573, 0x02B5_2533, 0x00A5_8023]
    #expect(
      words.map { Disassembler.text($0, at: 0, for: .recursion) }
        == ["fadd31 a0, a1, a2", "fsub31 a0, a1, a2", "fmul31 a0, a1, a2", ".word 0x02b52533", ".word 0x00a58023"])
    #expect(
      words.map { Disassembler.text($0, at: 0) }
        == [".word 0x82c5c573", ".word 0x86c5c573", ".word 0x8ac5c573", "mulhsu a0, a0, a1", "sb a0, 0(a1)"])
  }
}
