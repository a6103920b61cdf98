import Primitives

// Instructions that touch neither state nor other code.

extension Shape {
  private static let operands: [(String, UInt256, UInt256)] = [
    ("ones", .max, .max), ("ones by 3", .max, UInt256(3)), ("ones by 2^128 + 1", .max, (UInt256.one << 128) &+ .one),
    ("top bit by 2^192 − 1", UInt256.one << 255, (UInt256.one << 192) &- .one), ("small", UInt256(200), UInt256(7)),
    ("7 by ones", UInt256(7), .max), ("31 by mixed", UInt256(31), mixed),
    ("mixed by 2^64 + 1", mixed, (UInt256.one << 64) &+ .one),
  ]

  private static let mixed = UInt256(
    l0: 0x9e37_79b9_7f4a_7c15, l1: 0xbf58_476d_1ce4_e5b9, l2: 0x94d0_49bb_1331_11eb, l3: 0xd6e8_feb8_6659_fd93)

  static var instructions: [Shape] { binary + ternary + unary + pushed + jumps + hashing }

  private static var binary: [Shape] {
    let opcodes: [(String, UInt8)] = [
      ("add", 1), ("mul", 2), ("sub", 3), ("div", 4), ("sdiv", 5), ("mod", 6), ("smod", 7), ("exp", 0x0a),
      ("signextend", 0x0b), ("lt", 0x10), ("gt", 0x11), ("slt", 0x12), ("sgt", 0x13), ("eq", 0x14), ("and", 0x16),
      ("or", 0x17), ("xor", 0x18), ("byte", 0x1a), ("shl", 0x1b), ("shr", 0x1c), ("sar", 0x1d),
    ]
    return opcodes.flatMap { opcode in
      operands.map { operand in
        Shape("\(opcode.0), \(operand.0)") { world in
          try world.run(
            ShapeCode.loop(
              setup: ShapeCode.push(operand.2) + ShapeCode.push(operand.1), [0x81, 0x81, opcode.1, 0x50], times: 40))
        }
      }
    }
  }

  private static var ternary: [Shape] {
    let cases: [(String, UInt8, [UInt256])] = [
      ("addmod", 0x08, [.max, .max, .max &- UInt256(1)]), ("addmod by 3", 0x08, [.max, .max, UInt256(3)]),
      ("addmod by 2^128 + 1", 0x08, [.max, .max, (UInt256.one << 128) &+ .one]),
      ("mulmod", 0x09, [.max, .max, .max &- UInt256(1)]), ("mulmod by 3", 0x09, [.max, .max, UInt256(3)]),
      ("mulmod by 2^128 + 1", 0x09, [.max, .max, (UInt256.one << 128) &+ .one]),
      ("mulmod mixed", 0x09, [mixed, .max, mixed]),
      ("mulmod by 2^192 − 1", 0x09, [mixed, .max, (UInt256.one << 192) &- .one]),
    ]
    return cases.map { name, opcode, values in
      Shape(name) { world in
        try world.run(
          ShapeCode.loop(
            setup: values.reversed().flatMap { ShapeCode.push($0) }, [0x82, 0x82, 0x82, opcode, 0x50], times: 40))
      }
    }
  }

  private static var unary: [Shape] {
    let environment: [(String, UInt8)] = [
      ("address", 0x30), ("origin", 0x32), ("caller", 0x33), ("callvalue", 0x34), ("calldatasize", 0x36),
      ("codesize", 0x38), ("gasprice", 0x3a), ("returndatasize", 0x3d), ("coinbase", 0x41), ("timestamp", 0x42),
      ("number", 0x43), ("prevrandao", 0x44), ("gaslimit", 0x45), ("chainid", 0x46), ("selfbalance", 0x47),
      ("basefee", 0x48), ("blobbasefee", 0x4a), ("pc", 0x58), ("msize", 0x59), ("gas", 0x5a), ("push0", 0x5f),
    ]
    let operations: [(String, UInt8, UInt256)] = [
      ("iszero", 0x15, .zero), ("not", 0x19, .max), ("calldataload", 0x35, .zero), ("calldataload beyond", 0x35, .max),
      ("blockhash", 0x40, UInt256(900)), ("blockhash beyond", 0x40, .max), ("blobhash", 0x49, .zero),
      ("mload", 0x51, .zero), ("mload unaligned", 0x51, UInt256(13)),
    ]
    return environment.map { name, opcode in
      Shape(name) { world in try world.run(ShapeCode.loop([opcode, 0x50], times: 100)) }
    }
      + operations.map { name, opcode, operand in
        Shape(name) { world in
          try world.run(
            ShapeCode.loop(setup: ShapeCode.push(operand), [0x80, opcode, 0x50], times: 80),
            [UInt8](repeating: 0xab, count: 64))
        }
      }
  }

  private static var pushed: [Shape] {
    (1...32).map { size in
      Shape("push\(size)") { world in
        try world.run(
          ShapeCode.loop([UInt8(0x5f + size)] + [UInt8](repeating: 0xff, count: size) + [0x50], times: 100))
      }
    }
      + [1, 8, 16].flatMap { depth in
        [
          Shape("dup\(depth)") { world in
            try world.run(
              ShapeCode.loop(
                setup: [UInt8](repeating: 0x30, count: 17), [UInt8(0x7f + depth), 0x50], times: 100))
          },
          Shape("swap\(depth)") { world in
            try world.run(
              ShapeCode.loop(setup: [UInt8](repeating: 0x30, count: 17), [UInt8(0x8f + depth)], times: 100))
          },
        ]
      }
  }

  private static var jumps: [Shape] {
    [
      Shape("jumpdest") { world in try world.run(ShapeCode.loop([0x5b], times: 400)) },
      Shape("jump") { world in
        // PUSH2 next JUMP JUMPDEST, in a row.
        var code: [UInt8] = [0x5b]
        for _ in 0..<200 {
          let next = code.count + 4
          code += [0x61, UInt8(next >> 8), UInt8(next & 0xff), 0x56, 0x5b]
        }
        try world.run(code + [0x5f, 0x56])
      },
      Shape("jumpi taken") { world in
        var code: [UInt8] = [0x5b]
        for _ in 0..<200 {
          let next = code.count + 5
          code += [0x30, 0x61, UInt8(next >> 8), UInt8(next & 0xff), 0x57, 0x5b]
        }
        try world.run(code + [0x5f, 0x56])
      },
      Shape("jumpi not taken") { world in try world.run(ShapeCode.loop([0x5f, 0x5f, 0x57], times: 200)) },
      Shape("jump to and fro") { world in try world.run([0x5b, 0x5f, 0x56]) },
      Shape("invalid instruction, much gas") { world in try world.run([0xfe], gas: 50_000_000) },
      Shape("stack overflow") { world in try world.run(ShapeCode.loop([0x30], times: 2_000)) },
    ]
  }

  private static var hashing: [Shape] {
    [0, 1, 32, 64, 135, 136, 137, 272, 1_024, 4_096, 32_768].map { size in
      Shape("keccak256 of \(size) B") { world in
        try world.run(
          ShapeCode.loop(
            setup: ShapeCode.push(0) + ShapeCode.push(size) + [0x52] + ShapeCode.push(size),
            [0x80, 0x5f, 0x20, 0x50], times: size > 2_000 ? 2 : 40, gas: 60_000))
      }
    }
  }
}
