#if arch(x86_64)
  /// The 256-bit operations as machine code: blocks with signatures execute them by the hundred thousand, and leaving the
  /// generated code for each cost more than the operation.
  ///
  /// One routine serves every site. It returns with the carry clear after the operation; with the carry set, and nothing
  /// changed, where ``BigIntegerDelegation`` would refuse: the caller then leaves, and the interpreter names the reason.
  ///
  /// rax = address of a, rcx = of b, edx = control; rsi, rdi, r8, r9 = the limbs of b; r10, r11 and what is saved are
  /// scratch.
  extension NativeTranslator {
    /// Registers of the guest: addresses of a and b, control.
    private static let a: UInt8 = 10 * 4, b: UInt8 = 11 * 4, control: UInt8 = 12 * 4
    private static let add: Int32 = 1, subtract: Int32 = 2, negatedSubtract: Int32 = 4, multiplyLow: Int32 = 8
    private static let multiplyHigh: Int32 = 16, equal: Int32 = 32, copy: Int32 = 128

    /// Opcodes of `op [memory], register`; plus 2 for `op register, [memory]`.
    private enum Opcode {
      static let adc: UInt8 = 0x11, sbb: UInt8 = 0x19, xor: UInt8 = 0x31, mov: UInt8 = 0x89
    }

    /// Writes the routine and returns its place.
    mutating func writeBigInteger() -> Int {
      let start = buffer.count
      var refusals: [Int] = []
      buffer.emit(0x8B, 0x43, Self.a)  // mov eax, [rbx + a]
      buffer.emit(0x8B, 0x4B, Self.b)  // mov ecx, [rbx + b]
      for register in [0, 1] as [UInt8] {
        // Rotated by five, an unaligned address is as large as one out of range: one comparison finds both.
        buffer.emit(0x8D, 0x90 | register)  // lea edx, [address − ROM size]
        buffer.emit32(-Int32(AddressSpace.romSize))
        buffer.emit(0xC1, 0xCA, 5)  // ror edx, 5
        buffer.emit(0x81, 0xFA)  // cmp edx, (RAM size) / 32
        buffer.emit32(Int32((AddressSpace.size - AddressSpace.romSize) / 32))
        refusals.append(jump(0x83))  // jae
      }
      buffer.emit(0x39, 0xC8)  // cmp eax, ecx
      refusals.append(jump(0x84))  // je
      buffer.emit(0x4C, 0x01, 0xE0)  // add rax, r12
      buffer.emit(0x4C, 0x01, 0xE1)  // add rcx, r12
      limbs(Opcode.mov + 2, of: 1)
      buffer.emit(0x8B, 0x53, Self.control)  // mov edx, [rbx + control]
      buffer.emit(0x41, 0x89, 0xD2)  // mov r10d, edx
      buffer.emit(0x83, 0xE2, 0xBF)  // and edx, ~64
      var ends: [Int] = []
      for (operation, body) in operations {
        buffer.emit(0x81, 0xFA)  // cmp edx, operation
        buffer.emit32(operation)
        let other = jump(0x85)  // jne
        body(&self)
        ends.append(jump())
        patch(other)
      }
      refusals.forEach { patch($0) }
      buffer.emit(0xF9, 0xC3)  // stc; ret
      ends.forEach { patch($0) }
      buffer.emit(0x0F, 0xB6, 0xD2)  // movzx edx, dl
      buffer.emit(0x89, 0x53, Self.control)  // mov [rbx + control], edx
      buffer.emit(0x48, 0x83, 0x45, NativeCode.Frame.bigIntegerOffset)  // add qword [rbp + …], 1
      buffer.emit(1, 0xC3)  // ret, with the carry clear
      return start
    }

    /// What each operation does, the most frequent first; all leave the flag in dl.
    private var operations: [(Int32, (inout NativeTranslator) -> Void)] {
      [
        (
          Self.add,
          {
            $0.loadCarry()
            $0.limbs(Opcode.adc, of: 0)
            $0.set(0x92)
          }
        ),
        (Self.multiplyLow, { $0.multiply(isHigh: false) }),
        (
          Self.copy,
          {
            $0.loadCarry()
            for (prefix, register) in [(0x48, 0xD6), (0x48, 0xD7), (0x49, 0xD0), (0x49, 0xD1)] as [(UInt8, UInt8)] {
              $0.buffer.emit(prefix, 0x83, register, 0)  // adc limb of b, 0
            }
            $0.limbs(Opcode.mov, of: 0)
            $0.set(0x92)
          }
        ),
        (Self.multiplyHigh, { $0.multiply(isHigh: true) }),
        (
          Self.subtract,
          {
            $0.loadCarry()
            $0.limbs(Opcode.sbb, of: 0)
            $0.set(0x92)
          }
        ),
        (
          Self.equal,
          {
            $0.limbs(Opcode.xor + 2, of: 0)
            $0.buffer.emit(0x48, 0x09, 0xFE)  // or rsi, rdi
            $0.buffer.emit(0x4C, 0x09, 0xC6)  // or rsi, r8
            $0.buffer.emit(0x4C, 0x09, 0xCE)  // or rsi, r9
            $0.set(0x94)
          }
        ),
        (
          Self.negatedSubtract,
          {
            $0.loadCarry()
            $0.limbs(Opcode.sbb + 2, of: 0)
            $0.limbs(Opcode.mov, of: 0)
            $0.set(0x92)
          }
        ),
      ]
    }

    /// The product by columns, in r10, r11, r13 from the least significant limb. Its low half waits on the stack until
    /// a is read; its high half replaces limbs that no later column needs.
    private mutating func multiply(isHigh: Bool) {
      buffer.emit(0x41, 0x55)  // push r13
      buffer.emit(0x41, 0x56)  // push r14
      buffer.emit(0x48, 0x89, 0xC1)  // mov rcx, rax
      buffer.emit(0x45, 0x31, 0xD2)  // xor r10d, r10d
      buffer.emit(0x45, 0x31, 0xDB)  // xor r11d, r11d
      buffer.emit(0x45, 0x31, 0xED)  // xor r13d, r13d
      buffer.emit(0x45, 0x31, 0xF6)  // xor r14d, r14d
      for column in 0..<8 {
        for i in 0..<4 where (0..<4).contains(column - i) {
          buffer.emit(0x48, 0x8B, 0x41, UInt8(8 * i))  // mov rax, [rcx + 8i]
          let limb = column - i
          buffer.emit(limb < 2 ? 0x48 : 0x49, 0xF7, 0xE0 | [6, 7, 0, 1][limb])  // mul limb of b
          buffer.emit(0x49, 0x01, 0xC2)  // add r10, rax
          buffer.emit(0x49, 0x11, 0xD3)  // adc r11, rdx
          buffer.emit(0x49, 0x83, 0xD5, 0)  // adc r13, 0
        }
        switch (column < 4, isHigh) {
        case (true, true): break
        case (true, false): buffer.emit(0x41, 0x52)  // push r10
        case (false, true): buffer.emit(0x4C, 0x89, 0x51, UInt8(8 * (column - 4)))  // mov [rcx + …], r10
        case (false, false): buffer.emit(0x4D, 0x09, 0xD6)  // or r14, r10
        }
        buffer.emit(0x4D, 0x89, 0xDA)  // mov r10, r11
        buffer.emit(0x4D, 0x89, 0xEB)  // mov r11, r13
        buffer.emit(0x45, 0x31, 0xED)  // xor r13d, r13d
      }
      if !isHigh {
        for limb in (0..<4).reversed() { buffer.emit(0x8F, 0x41, UInt8(8 * limb)) }  // pop [rcx + 8·limb]
      }
      buffer.emit(0x4D, 0x85, 0xF6)  // test r14, r14
      set(0x95)
      buffer.emit(0x41, 0x5E)  // pop r14
      buffer.emit(0x41, 0x5D)  // pop r13
    }

    /// `opcode` between rsi, rdi, r8, r9 and the four limbs at rax or rcx.
    private mutating func limbs(_ opcode: UInt8, of base: UInt8) {
      buffer.emit(0x48, opcode, 0x70 | base, 0)
      buffer.emit(0x48, opcode, 0x78 | base, 8)
      buffer.emit(0x4C, opcode, 0x40 | base, 16)
      buffer.emit(0x4C, opcode, 0x48 | base, 24)
    }

    /// Carry := bit 6 of the control.
    private mutating func loadCarry() {
      buffer.emit(0x41, 0x0F, 0xBA, 0xE2)  // bt r10d, 6
      buffer.emit(6)
    }

    /// dl := a condition.
    private mutating func set(_ condition: UInt8) { buffer.emit(0x0F, condition, 0xC2) }

    /// A jump whose distance is filled in by ``patch(_:)``.
    private mutating func jump(_ condition: UInt8? = nil) -> Int {
      if let condition { buffer.emit(0x0F, condition) } else { buffer.emit(0xE9) }
      buffer.emit32(0)
      return buffer.count - 4
    }

    private func patch(_ place: Int) { buffer.patch(place, to: buffer.count) }
  }
#endif
