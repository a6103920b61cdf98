extension Assembler {
  /// Asks the oracle for `id`, a query without parameters, and drains the answer. Changes t0 to t3.
  package mutating func ask(_ id: UInt32) {
    li(.t0, id)
    write(.t0)
    // Zero is sent from a register other than x0: the bare form writes nothing.
    addi(.t1, .zero, 0)
    write(.t1)
    read(.t2)
    let next = label(), done = label()
    place(next)
    branch(0, .t2, .zero, done)
    read(.t3)
    addi(.t2, .t2, -1)
    jal(.zero, next)
    place(done)
  }
}
