import Primitives

// Calls and creations.

extension Shape {
  static var calls: [Shape] { plainCalls + creations }

  private static var plainCalls: [Shape] {
    let operations: [(String, UInt8)] = [
      ("call", 0xf1), ("callcode", 0xf2), ("delegatecall", 0xf4), ("staticcall", 0xfa),
    ]
    return operations.flatMap { name, operation in
      [
        Shape("\(name) of nobody") { world in
          try world.run(ShapeCode.loop(ShapeCode.call(Address(0xdead), by: operation, gas: 0), times: 20))
        },
        Shape("\(name) of a stop") { world in
          let other = world.contract([0x00])
          try world.run(ShapeCode.loop(ShapeCode.call(other, by: operation, gas: 100), times: 20))
        },
        Shape("\(name) of a large code") { world in
          let other = world.contract([0x00] + [UInt8](repeating: 0x5b, count: 24_500))
          try world.run(ShapeCode.loop(ShapeCode.call(other, by: operation, gas: 100), times: 20))
        },
      ]
    } + [
      Shape("call of a code that fails") { world in
        let other = world.contract([0xfe])
        try world.run(ShapeCode.loop(ShapeCode.call(other, gas: 100), times: 20))
      },
      Shape("call that returns 4 KiB") { world in
        let other = world.contract(ShapeCode.push(4_096) + [0x5f, 0xf3])
        try world.run(ShapeCode.loop(ShapeCode.call(other, output: (0, 4_096)), times: 20), gas: 1_500_000)
      },
      Shape("call that reverts with 4 KiB") { world in
        let other = world.contract(ShapeCode.push(4_096) + [0x5f, 0xfd])
        try world.run(ShapeCode.loop(ShapeCode.call(other), times: 20), gas: 1_500_000)
      },
      Shape("call with 4 KiB of input") { world in
        let other = world.contract([0x00])
        try world.run(ShapeCode.loop(ShapeCode.call(other, input: (0, 4_096)), times: 20), gas: 1_500_000)
      },
      Shape("call with value") { world in
        let other = world.contract([0x00])
        try world.run(ShapeCode.loop(ShapeCode.call(other, gas: 0, value: 1), times: 10), gas: 2_000_000)
      },
      Shape("call with value beyond the balance") { world in
        let other = world.contract([0x00])
        try world.run(ShapeCode.loop(ShapeCode.call(other, gas: 0, value: 1_000_000_000), times: 10), gas: 2_000_000)
      },
      Shape("calls nested as deep as the gas allows") { world in
        // call(self) with all gas, nothing after it.
        try world.run([0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf1, 0x00], gas: 5_000_000)
      },
    ]
  }

  private static var creations: [Shape] {
    let sizes = [0, 32, 1_000, 20_000]
    return [(0xf0 as UInt8, "create"), (0xf5, "create2")].flatMap { operation, name in
      // The init code is a row of JUMPDESTs; the salt is what gas is left.
      sizes.map { size in
        Shape("\(name) with \(size) B of init code") { world in
          let salt: [UInt8] = operation == 0xf5 ? [0x5a] : []
          try world.run(
            ShapeCode.loop(
              setup: ShapeCode.loadCalldata, salt + [0x36, 0x5f, 0x5f, operation, 0x50], gas: 200_000),
            gas: 2_000_000, [UInt8](repeating: 0x5b, count: size))
        }
      }
    }
      + [32, 1_000, 8_000].map { size in
        Shape("create of \(size) B of code") { world in
          try world.run(
            ShapeCode.loop(
              setup: ShapeCode.loadCalldata, [0x36, 0x5f, 0x5f, 0xf0, 0x50], gas: 100_000 + 230 * size),
            gas: 6_000_000, ShapeCode.deploying([UInt8](repeating: 0x5b, count: size)))
        }
      } + [
        Shape("create with 40,000 B of init code that stops at once") { world in
          // The memory is zeros.
          try world.run(
            ShapeCode.loop(ShapeCode.push(40_000) + [0x5f, 0x5f, 0xf0, 0x50], gas: 100_000), gas: 1_000_000)
        },
        Shape("create of code that is then reverted") { world in
          let other = world.contract(
            ShapeCode.loadCalldata + [0x36, 0x5f, 0x5f, 0xf0, 0x5f, 0x5f, 0xfd])
          try world.run(
            ShapeCode.loop(
              setup: ShapeCode.loadCalldata,
              [0x5f, 0x5f, 0x36, 0x5f, 0x5f] + ShapeCode.push(UInt256(other))
                + [0x5a, 0xf1, 0x50], gas: 2_000_000), gas: 8_000_000,
            ShapeCode.deploying([UInt8](repeating: 0x5b, count: 8_000)))
        },
        Shape("create2 that collides") { world in
          try world.run(
            ShapeCode.loop(
              setup: ShapeCode.loadCalldata, [0x5f, 0x36, 0x5f, 0x5f, 0xf5, 0x50], gas: 400_000), gas: 4_000_000, [0x00]
          )
        },
        Shape("create whose constructor reverts") { world in
          try world.run(
            ShapeCode.loop(
              setup: ShapeCode.loadCalldata, [0x36, 0x5f, 0x5f, 0xf0, 0x50], gas: 400_000), gas: 3_000_000,
            ShapeCode.push(4_096) + [0x5f, 0xfd])
        },
      ]
  }
}
