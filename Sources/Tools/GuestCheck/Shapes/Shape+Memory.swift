import Primitives

// Instructions that move bytes.

extension Shape {
  static var memory: [Shape] { stores + copies + growth }

  private static var stores: [Shape] {
    [
      Shape("mstore") { world in try world.run(ShapeCode.loop(setup: [0x19], [0x80, 0x5f, 0x52], times: 80)) },
      Shape("mstore unaligned") { world in
        try world.run(ShapeCode.loop(setup: [0x19], [0x80, 0x60, 0x0d, 0x52], times: 80))
      },
      Shape("mstore8") { world in try world.run(ShapeCode.loop(setup: [0x19], [0x80, 0x5f, 0x53], times: 80)) },
    ]
  }

  private static var copies: [Shape] {
    var shapes: [Shape] = []
    for size in [0, 32, 33, 1_024, 20_000] {
      for (name, opcode) in [("calldatacopy", 0x37), ("codecopy", 0x39), ("mcopy", 0x5e)] as [(String, UInt8)] {
        for offset in [0, 7] { shapes.append(copy(name, opcode, size, to: offset)) }
      }
      shapes.append(codeCopy(size))
      shapes.append(returnDataCopy(size))
      shapes.append(copyBeyond(size))
    }
    return shapes
  }

  private static func copy(_ name: String, _ opcode: UInt8, _ size: Int, to offset: Int) -> Shape {
    Shape("\(name) of \(size) B to \(offset)") { world in
      let body: [UInt8] = [0x80, 0x5f] + ShapeCode.push(offset) + [opcode]
      try world.run(
        ShapeCode.loop(setup: ShapeCode.push(size), body, times: 40, gas: 60_000),
        [UInt8](repeating: 0xcd, count: size))
    }
  }

  private static func codeCopy(_ size: Int) -> Shape {
    Shape("extcodecopy of \(size) B") { world in
      let other = world.contract([UInt8](repeating: 0x5b, count: 24_000))
      let setup: [UInt8] = ShapeCode.push(size) + ShapeCode.push(UInt256(other))
      try world.run(ShapeCode.loop(setup: setup, [0x81, 0x5f, 0x60, 0x03, 0x83, 0x3c], times: 40, gas: 60_000))
    }
  }

  private static func returnDataCopy(_ size: Int) -> Shape {
    Shape("returndatacopy of \(size) B") { world in
      let other = world.contract(ShapeCode.push(size) + [0x5f, 0xf3])
      let setup: [UInt8] = ShapeCode.call(other) + ShapeCode.push(size)
      try world.run(ShapeCode.loop(setup: setup, [0x80, 0x5f, 0x60, 0x03, 0x3e], times: 40, gas: 60_000))
    }
  }

  private static func copyBeyond(_ size: Int) -> Shape {
    Shape("calldatacopy of \(size) B beyond the end") { world in
      let body: [UInt8] = [0x80] + ShapeCode.push(1_000_000) + [0x5f, 0x37]
      try world.run(ShapeCode.loop(setup: ShapeCode.push(size), body, times: 40, gas: 60_000))
    }
  }

  private static var growth: [Shape] {
    [
      Shape("memory grows word by word") { world in
        try world.run(ShapeCode.loop([0x5f, 0x59, 0x52], times: 80), gas: 3_000_000)
      },
      Shape("memory grows at once") { world in
        try world.run(ShapeCode.push(0) + ShapeCode.push(2_000_000) + [0x52, 0x00], gas: 12_000_000)
      },
      Shape("memory grows in many frames") { world in
        let other = world.contract(ShapeCode.push(0) + ShapeCode.push(20_000) + [0x52, 0x00])
        try world.run(ShapeCode.loop(ShapeCode.call(other), times: 20), gas: 3_000_000)
      },
    ]
  }
}
