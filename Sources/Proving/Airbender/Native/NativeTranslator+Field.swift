#if arch(x86_64)
  /// The field operations of the recursion machine as machine code; see ``Mersenne31`` for why folding is enough.
  extension NativeTranslator {
    mutating func fieldAdd(_ i: Instruction) {
      loadOperands(i)
      buffer.emit(0x48, 0x01, 0xC8)  // add rax, rcx
      canonical()
      store(.eax, i.rd)
    }

    mutating func fieldSubtract(_ i: Instruction) {
      loadOperands(i)
      buffer.emit(0x48, 0x29, 0xC8)  // sub rax, rcx
      buffer.emit(0x48, 0xB9)  // mov rcx, 3p
      let multiple = 3 * Int64(Mersenne31.modulus)
      buffer.emit32(Int32(truncatingIfNeeded: multiple))
      buffer.emit32(Int32(truncatingIfNeeded: multiple >> 32))
      buffer.emit(0x48, 0x01, 0xC8)  // add rax, rcx
      canonical()
      store(.eax, i.rd)
    }

    mutating func fieldMultiply(_ i: Instruction) {
      loadOperands(i)
      buffer.emit(0x48, 0x0F, 0xAF, 0xC1)  // imul rax, rcx
      fold()
      canonical()
      store(.eax, i.rd)
    }

    /// Both operands, with zeros above them.
    private mutating func loadOperands(_ i: Instruction) {
      load(.eax, i.rs1)
      load(.ecx, i.rs2)
    }

    /// rax := its low 31 bits plus the bits above.
    private mutating func fold() {
      buffer.emit(0x48, 0x89, 0xC1)  // mov rcx, rax
      buffer.emit(0x48, 0xC1, 0xE9, 31)  // shr rcx, 31
      buffer.emit(0x25)  // and eax, p
      buffer.emit32(Int32(Mersenne31.modulus))
      buffer.emit(0x48, 0x01, 0xC8)  // add rax, rcx
    }

    /// Folds, and takes p away if what is left is not smaller.
    private mutating func canonical() {
      fold()
      buffer.emit(0x89, 0xC1)  // mov ecx, eax
      buffer.emit(0x81, 0xE9)  // sub ecx, p
      buffer.emit32(Int32(Mersenne31.modulus))
      buffer.emit(0x0F, 0x43, 0xC1)  // cmovae eax, ecx
    }
  }
#endif
