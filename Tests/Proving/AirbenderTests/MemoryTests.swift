// Loads and stores: widths, signs, byte order, and every way an address can be wrong.

import Airbender
import GuestAssembler
import Testing

@Suite("Memory")
struct MemoryTests {
  @Test("widths, signs and byte order")
  func widths() throws {
    let (report, host, machine) = try run { code in
      code.li(.s1, ram + 64)
      code.li(.t0, 0x8182_C3F4)
      code.sw(.t0, 0, .s1)
      for (function3, offset) in [
        (0, 0), (0, 1), (0, 2), (0, 3), (4, 0), (4, 3), (1, 0), (1, 2), (5, 0), (5, 2), (2, 0),
      ]
        as [(UInt32, Int32)]
      {
        code.i(0x03, function3, .t1, .s1, offset)
        code.write(.t1)
      }
      code.s(0, .t0, 7, .s1)
      code.s(1, .t0, 10, .s1)
      code.sw(.t0, -4, .s1)
      code.halt()
    }
    #expect(report.stop == .halted)
    #expect(
      host.received == [
        0xFFFF_FFF4, 0xFFFF_FFC3, 0xFFFF_FF82, 0xFFFF_FF81, 0xF4, 0x81, 0xFFFF_C3F4, 0xFFFF_8182, 0xC3F4, 0x8182,
        0x8182_C3F4,
      ])
    #expect(
      machine.bytes(at: ram + 60, count: 16)
        == [0xF4, 0xC3, 0x82, 0x81, 0xF4, 0xC3, 0x82, 0x81, 0, 0, 0, 0xF4, 0, 0, 0xF4, 0xC3])
  }

  @Test("constants in the image are readable")
  func readOnlyData() throws {
    let (report, _, _) = try run { code in
      code.lw(.a0, 12, .zero)
      code.i(0x03, 4, .a1, .zero, 13)
      code.halt()
      code.raw(0xCAFE_F00D)
    }
    #expect(report.registers[10] == 0xCAFE_F00D)
    #expect(report.registers[11] == 0xF0)
  }

  @Test("the last word of the address space")
  func lastWord() throws {
    let (report, _, machine) = try run { code in
      code.li(.t0, AddressSpace.size - 4)
      code.li(.t1, 0x0102_0304)
      code.sw(.t1, 0, .t0)
      code.lw(.a0, 0, .t0)
      code.halt()
    }
    #expect(report.registers[10] == 0x0102_0304)
    #expect(machine.bytes(at: AddressSpace.size - 4, count: 4) == [4, 3, 2, 1])
    #expect(machine.bytes(at: AddressSpace.size - 4, count: 5).isEmpty)
  }

  struct Fault: Sendable {
    let isStore: Bool
    let function3: UInt32
    let address: UInt32
    let reason: AccessFault
  }

  static let faults: [Fault] = [
    Fault(isStore: false, function3: 2, address: ram + 1, reason: .misaligned),
    Fault(isStore: false, function3: 2, address: ram + 2, reason: .misaligned),
    Fault(isStore: false, function3: 1, address: ram + 1, reason: .misaligned),
    Fault(isStore: false, function3: 5, address: ram + 3, reason: .misaligned),
    Fault(isStore: true, function3: 2, address: ram + 2, reason: .misaligned),
    Fault(isStore: true, function3: 1, address: ram + 1, reason: .misaligned),
    Fault(isStore: false, function3: 0, address: AddressSpace.size, reason: .outOfRange),
    Fault(isStore: false, function3: 4, address: .max, reason: .outOfRange),
    Fault(isStore: false, function3: 1, address: AddressSpace.size, reason: .outOfRange),
    Fault(isStore: false, function3: 5, address: 0xFFFF_FFFE, reason: .outOfRange),
    Fault(isStore: false, function3: 2, address: 0x8000_0000, reason: .outOfRange),
    Fault(isStore: true, function3: 0, address: AddressSpace.size, reason: .outOfRange),
    Fault(isStore: true, function3: 1, address: AddressSpace.size, reason: .outOfRange),
    Fault(isStore: true, function3: 2, address: 0xFFFF_FFFC, reason: .outOfRange),
    Fault(isStore: true, function3: 0, address: 0, reason: .readOnly),
    Fault(isStore: true, function3: 1, address: 0x100, reason: .readOnly),
    Fault(isStore: true, function3: 2, address: ram - 4, reason: .readOnly),
  ]

  @Test("bad addresses end the run and are named", arguments: faults)
  func badAddress(_ fault: Fault) throws {
    let (report, _, _) = try run { code in
      code.li(.t0, fault.address)
      if fault.isStore { code.s(fault.function3, .t1, 0, .t0) } else { code.i(0x03, fault.function3, .t1, .t0, 0) }
      code.halt()
    }
    #expect(report.stop == .badAccess(fault.isStore ? .store : .load, address: fault.address, reason: fault.reason))
    #expect(report.pc == 8)
    #expect(report.cycles == 3)
  }

  @Test("a load into x0 is still performed, so its address must be good")
  func loadIntoZero() throws {
    let (report, _, _) = try run { code in
      code.li(.t0, ram + 1)
      code.lw(.zero, 0, .t0)
    }
    #expect(report.stop == .badAccess(.load, address: ram + 1, reason: .misaligned))
  }

  @Test("memory and registers are zero again at every start")
  func freshStart() throws {
    var code = Assembler()
    code.li(.t0, ram + 4096)
    code.lw(.a0, 0, .t0)
    code.addi(.s11, .s11, 1)
    code.sw(.s11, 0, .t0)
    code.halt()
    let machine = try Machine(Program(words: code.words))
    for _ in 0..<3 {
      var host = ScriptedHost()
      let report = machine.run(&host)
      #expect(report.registers[10] == 0)
      #expect(report.registers[27] == 1)
    }
  }
}
