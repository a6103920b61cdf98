import Primitives
import Transactions
import ZKsyncOS

// One thing at its limit, and one beyond it.

extension Shape {
  /// Blocks at the limits of the virtual machine, on both sides of them.
  public static var limits: [Shape] { returnData + deployments + depths + blockHashes + crowds + withdrawals }

  /// What all return data of a transaction may amount to.
  private static let returnDataLimit = 1 << 27

  /// Code that has exactly `bytes` handed back, and leaves nothing on the stack.
  private static func filling(_ bytes: Int, _ world: inout ShapeWorld) -> [UInt8] {
    // The identity counts twice: as what it wrote and as what was copied.
    let piece = 1 << 16
    var code: [UInt8] = []
    let (whole, rest) = (bytes / (2 * piece), bytes % (2 * piece))
    if whole > 0 {
      code =
        [0x61, UInt8(whole >> 8), UInt8(whole & 0xff), 0x5b] + ShapeCode.call(Address(4), by: 0xfa, input: (0, piece))
      code += [0x60, 1, 0x90, 0x03, 0x80, 0x60, 3, 0x57, 0x50]
    }
    let other = world.contract(ShapeCode.push(rest) + [0x5f, 0xf3])
    return code + ShapeCode.call(other, by: 0xfa)
  }

  private static func returning(
    _ name: String, _ bytes: Int, then code: [UInt8], input: [UInt8] = []
  ) -> Shape {
    Shape("return data of 2^27 \(name)") { world in
      world.context.gasLimit = 1_000_000_000
      try world.run(filling(bytes, &world) + code, gas: 1_000_000_000, input)
    }
  }

  private static var returnData: [Shape] {
    let limit = returnDataLimit
    // Runs the calldata as a constructor.
    let creating: [UInt8] = ShapeCode.loadCalldata + [0x36, 0x5f, 0x5f, 0xf0, 0x50, 0x00]
    let reverting = ShapeCode.push(1_000) + [0x5f, 0xfd] as [UInt8]
    let deploying = ShapeCode.deploying([UInt8](repeating: 0x5b, count: 1_000))
    let tooLarge = ShapeCode.push(24_577) + [0x5f, 0xf3] as [UInt8]
    let invalid: [UInt8] = [0x60, 0xef, 0x5f, 0x53] + ShapeCode.push(1_000) + [0x5f, 0xf3]
    // Forwards little gas to the creation: the code cannot be paid for.
    let poor: [UInt8] = ShapeCode.loadCalldata + [0x36, 0x5f, 0x5f, 0xf0, 0x50, 0x00]
    return [
      returning("B exactly", limit, then: [0x00]),
      returning("+ 1 B", limit + 1, then: [0x00]),
      returning("B, and a byte of the transaction itself", limit, then: [0x60, 1, 0x5f, 0xf3]),
      returning("B, the last byte by the transaction itself", limit - 1, then: [0x60, 1, 0x5f, 0xf3]),
      returning("B, the last byte by a revert of the transaction", limit - 1, then: [0x60, 1, 0x5f, 0xfd]),
      returning("+ 1 B in a transaction that reverts", limit + 1, then: [0x5f, 0x5f, 0xfd]),
      returning("B, the last by a creation that reverts", limit - 1_000, then: creating, input: reverting),
      returning("+ 1 B, the last by a creation that reverts", limit - 999, then: creating, input: reverting),
      returning("B before a creation", limit, then: creating, input: deploying),
      returning("B, the last by a creation of too much code", limit - 24_577, then: creating, input: tooLarge),
      returning("+ 1 B, the last by a creation of too much code", limit - 24_576, then: creating, input: tooLarge),
      returning("B, the last by a creation of 0xEF", limit - 1_000, then: creating, input: invalid),
      returning("+ 1 B, the last by a creation of 0xEF", limit - 999, then: creating, input: invalid),
      Shape("return data of 2^27 B before a creation that cannot pay for its code") { world in
        world.context.gasLimit = 1_000_000_000
        let other = world.contract(poor)
        let fill = filling(returnDataLimit, &world)
        try world.run(
          fill + ShapeCode.loadCalldata + ShapeCode.call(other, gas: 120_000, input: (0, deploying.count)) + [0x00],
          gas: 1_000_000_000, deploying)
      },
      Shape("return data of 2^27 B, the last of the messenger's 64") { world in
        world.context.gasLimit = 1_000_000_000
        let fill = filling(returnDataLimit - 64, &world)
        let input = sendToL1([1, 2, 3])
        try world.run(
          fill + ShapeCode.loadCalldata + ShapeCode.call(Address(0x8008), input: (0, input.count)) + [0x00],
          gas: 1_000_000_000, input)
      },
      Shape("return data of 2^27 + 1 B, the last of the messenger's 64") { world in
        world.context.gasLimit = 1_000_000_000
        let fill = filling(returnDataLimit - 63, &world)
        let input = sendToL1([1, 2, 3])
        try world.run(
          fill + ShapeCode.loadCalldata + ShapeCode.call(Address(0x8008), input: (0, input.count)) + [0x00],
          gas: 1_000_000_000, input)
      },
    ]
  }

  private static var deployments: [Shape] {
    var shapes: [Shape] = []
    for size in [0, 1, 24_575, 24_576, 24_577] {
      shapes.append(
        Shape("a deployment of \(size) B of code") { world in
          try world.send(to: nil, gas: 20_000_000, ShapeCode.deploying([UInt8](repeating: 0x5b, count: size)))
        })
    }
    for first in [0xee, 0xef, 0xf0] as [UInt8] {
      for size in [1, 2, 300] {
        shapes.append(
          Shape("a deployment of \(size) B from \(first)") { world in
            let code = [first] + [UInt8](repeating: 0, count: size - 1)
            try world.send(to: nil, gas: 2_000_000, ShapeCode.deploying(code))
            try world.run(
              ShapeCode.loadCalldata + [0x36, 0x5f, 0x5f, 0xf0, 0x5f, 0x55, 0x3d, 0x60, 1, 0x55, 0x00], gas: 2_000_000,
              ShapeCode.deploying(code))
          })
      }
    }
    for size in [49_151, 49_152, 49_153] {
      shapes.append(
        Shape("\(size) B of init code") { world in
          let code = [0x00] + [UInt8](repeating: 0x5b, count: size - 1)
          try world.send(to: nil, gas: 3_000_000, code)
        })
      for (name, operation, salt) in [("create", 0xf0, []), ("create2", 0xf5, [0x5f])] as [(String, UInt8, [UInt8])] {
        shapes.append(
          Shape("\(name) with \(size) B of init code") { world in
            // The memory is zeros: a STOP.
            try world.run(
              salt + ShapeCode.push(size) + [0x5f, 0x5f, operation, 0x5f, 0x55, 0x5a, 0x60, 1, 0x55, 0x00],
              gas: 3_000_000)
          })
      }
    }
    return shapes
  }

  private static var depths: [Shape] {
    // Writes how deep it is, calls itself with what gas there is, and adds what came of it.
    let descending: [UInt8] =
      [0x5f, 0x54, 0x60, 1, 0x01, 0x5f, 0x55] + [0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf1]
      + [0x60, 1, 0x54, 0x01, 0x60, 1, 0x55, 0x00]
    // create(0, 0, the init code itself), which does the same.
    let creating: [UInt8] = [0x38, 0x5f, 0x5f, 0x39, 0x38, 0x5f, 0x5f, 0xf0, 0x50, 0x00]
    return [
      Shape("calls 1,024 deep") { world in
        world.context.gasLimit = 4_000_000_000_000
        try world.run(descending, gas: 4_000_000_000_000)
      },
      Shape("delegated calls 1,024 deep") { world in
        world.context.gasLimit = 4_000_000_000_000
        let delegated: [UInt8] =
          [0x5f, 0x54, 0x60, 1, 0x01, 0x5f, 0x55] + [0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf4] + [0x60, 1, 0x55, 0x00]
        try world.run(delegated, gas: 4_000_000_000_000)
      },
      Shape("creations 1,024 deep") { world in
        world.context.gasLimit = 40_000_000_000_000
        try world.send(to: nil, gas: 40_000_000_000_000, creating)
      },
      Shape("a precompile 1,024 deep") { world in
        world.context.gasLimit = 4_000_000_000_000
        let code: [UInt8] =
          ShapeCode.call(Address(4), input: (0, 32), output: (0, 32)) + [0x3d, 0x5f, 0x55]
          + [0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf1, 0x60, 1, 0x55, 0x00]
        try world.run(code, gas: 4_000_000_000_000)
      },
    ]
  }

  private static var blockHashes: [Shape] {
    [0, 1, 5, 255, 256, 257, 1_000, 1 << 40].map { number in
      Shape("hashes of blocks before \(number)") { world in
        world.context.number = UInt64(number)
        // sstore(i, blockhash(number − i)) for i = 0 … 259.
        try world.run(
          [0x5f, 0x5b, 0x80, 0x43, 0x03, 0x40, 0x81, 0x55, 0x60, 1, 0x01, 0x80, 0x61, 1, 4, 0x11, 0x60, 1, 0x57, 0x00],
          gas: 20_000_000)
      }
    }
  }

  private static var crowds: [Shape] {
    var shapes = [1, 255, 1 << 32, (1 << 53) + 1].map { chainID in
      Shape("chain \(chainID)") { world in
        world.context.chainID = UInt64(chainID)
        try world.run([0x46, 0x5f, 0x55, 0x00])
        try world.send(to: Address(0xb0b), gas: 30_000, value: 1)
        try world.sendTyped(to: Address(0xb0b), gas: 60_000)
        world.request(from: Address(0xa11_ce00), to: Address(0xb0b))
        try world.send(
          to: Address(0xb0b), gas: 60_000,
          accessList: AccessList([AccessList.Item(address: Address(5), storageKeys: [.zero])]))
      }
    }
    shapes.append(
      Shape("1,000 transactions of all kinds") { world in
        let contract = world.contract([0x5a, 0x33, 0x55, 0x60, 0x20, 0x5f, 0xa0, 0x00])
        for _ in 0..<5 { _ = try world.account() }
        for index in 0..<1_000 {
          switch index % 5 {
          case 0: world.request(from: Address(0xa11_ce00 + UInt64(index)), to: contract)
          case 1: try world.sendTyped(from: index % 6, to: contract, gas: 200_000)
          case 2: try world.send(from: index % 6, to: nil, gas: 300_000, ShapeCode.deploying([0x00]))
          default: try world.send(from: index % 6, to: contract, gas: 200_000, value: .zero, world.random.bytes(50))
          }
        }
      })
    return shapes
  }

  private static var withdrawals: [Shape] {
    @Sendable func withdrawal(_ message: [UInt8], offset: Int = 64, to: UInt256 = UInt256(0xdead)) -> [UInt8] {
      [0x84, 0xbc, 0x3e, 0xb0] + to.bytes + UInt256(UInt64(offset)).bytes + UInt256(UInt64(message.count)).bytes
        + message + [UInt8](repeating: 0, count: (32 - message.count % 32) % 32)
    }
    var shapes = [0, 1, 31, 32, 33, 1_000, 100_000].map { size in
      Shape("a withdrawal with a message of \(size) B") { world in
        let input = withdrawal(world.random.bytes(size))
        try world.send(to: Address(0x800a), gas: 5_000_000, value: 7, input)
        try world.run(
          ShapeCode.loadCalldata + ShapeCode.call(Address(0x800a), value: 3, input: (0, input.count)) + [0x00],
          gas: 6_000_000, input)
      }
    }
    for (name, input) in [
      ("a wrong offset", withdrawal([1, 2, 3], offset: 65)), ("an offset beyond the end", withdrawal([1], offset: 400)),
      ("a recipient that is no address", withdrawal([1], to: .max)), ("too little", Array(withdrawal([1]).prefix(60))),
    ] {
      shapes.append(
        Shape("a withdrawal with \(name)") { world in
          try world.send(to: Address(0x800a), gas: 1_000_000, value: 7, input)
        })
    }
    for size in [0, 33, 100_000] {
      shapes.append(
        Shape("messages of \(size) B, some in frames that revert") { world in
          let input = sendToL1(world.random.bytes(size))
          let call = ShapeCode.loadCalldata + ShapeCode.call(Address(0x8008), input: (0, input.count))
          let kept = world.contract(call + [0x00])
          let undone = world.contract(call + [0x5f, 0x5f, 0xfd])
          let failed = world.contract(call + [0xfe])
          var code = ShapeCode.loadCalldata
          for other in [kept, undone, failed, kept] {
            code += ShapeCode.call(other, gas: 3_000_000, input: (0, input.count))
          }
          try world.run(code + [0x00], gas: 20_000_000, input)
          try world.run(code + [0xfe], gas: 20_000_000, input)
        })
    }
    return shapes
  }
}
