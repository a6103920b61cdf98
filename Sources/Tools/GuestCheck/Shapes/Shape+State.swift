import Primitives
import Transactions
import ZKsyncOS

// Storage, accounts, logs, messages.

extension Shape {
  static var state: [Shape] { slots + accounts + logs + messages }

  static let numbers: [(UInt256, UInt256)] = (0..<3_000).map { (UInt256(UInt64($0)), UInt256(UInt64($0 + 1))) }

  /// A loop whose counter lies on the stack: `body` finds it on top and leaves it there.
  private static func counted(_ body: [UInt8], times: Int = 1) -> [UInt8] {
    ShapeCode.loop(setup: [0x5f], body + [0x60, 0x01, 0x01], times: times)
  }

  private static var slots: [Shape] {
    [
      Shape("tload of very many") { world in try world.run(counted([0x80, 0x5c, 0x50]), gas: 8_000_000) },
      Shape("tstore of very many") { world in try world.run(counted([0x80, 0x80, 0x5d]), gas: 8_000_000) },
      Shape("sload of very many") { world in try world.run(counted([0x80, 0x54, 0x50]), gas: 40_000_000) },
      Shape("sload of very many, far apart") { world in
        try world.run(counted([0x80, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0x20, 0x54, 0x50]), gas: 40_000_000)
      },
      Shape("sstore of very many, far apart") { world in
        try world.run(counted([0x80, 0x80, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0x20, 0x55]), gas: 80_000_000)
      },
      Shape("sload warm") { world in try world.run(ShapeCode.loop([0x5f, 0x54, 0x50], times: 80)) },
      Shape("sload cold, existing") { world in
        try world.run(counted([0x80, 0x54, 0x50]), gas: 2_000_000, storage: numbers)
      },
      Shape("sload cold, new") { world in try world.run(counted([0x80, 0x54, 0x50]), gas: 2_000_000) },
      Shape("sload cold again in another transaction") { world in
        let contract = world.contract(counted([0x80, 0x54, 0x50]), storage: numbers)
        for _ in 0..<4 { try world.send(to: contract, gas: 1_000_000) }
      },
      Shape("sload cold, existing, reverted") { world in
        try world.run(counted([0x80, 0x54, 0x50]).dropLast() + [0xfe], gas: 2_000_000, storage: numbers)
      },
      Shape("sload cold in frames that revert") { world in
        let other = world.contract(
          [0x5f, 0x54, 0x60, 0x01, 0x54, 0x60, 0x02, 0x54, 0x5f, 0x5f, 0xfd], storage: numbers)
        try world.run(ShapeCode.loop(ShapeCode.call(other), times: 10), gas: 2_000_000)
      },
      Shape("sstore, existing") { world in
        try world.run(counted([0x5a, 0x81, 0x55]), gas: 2_000_000, storage: numbers)
      },
      Shape("sstore, to zero") { world in
        try world.run(counted([0x5f, 0x81, 0x55]), gas: 2_000_000, storage: numbers)
      },
      Shape("sstore, the same value") { world in
        try world.run(counted([0x80, 0x60, 0x01, 0x01, 0x81, 0x55]), gas: 2_000_000, storage: numbers)
      },
      Shape("sstore, new") { world in try world.run(counted([0x5a, 0x81, 0x55]), gas: 6_000_000) },
      Shape("sstore, new and restored") { world in
        try world.run(counted([0x5a, 0x81, 0x55, 0x5f, 0x81, 0x55]), gas: 6_000_000)
      },
      Shape("sstore, warm") { world in try world.run(ShapeCode.loop([0x5a, 0x5f, 0x55], times: 40), gas: 1_000_000) },
      Shape("sstore in frames that revert") { world in
        let other = world.contract([0x5a, 0x5f, 0x55, 0x5a, 0x60, 0x01, 0x55, 0x5f, 0x5f, 0xfd])
        try world.run(ShapeCode.loop(ShapeCode.call(other, gas: 60_000)), gas: 2_000_000)
      },
      Shape("sstore of ten slots in many frames") { world in
        let other = world.contract((0..<10).flatMap { [0x5a, 0x60, UInt8($0), 0x55] } + [0x00])
        try world.run(ShapeCode.loop(ShapeCode.call(other), times: 4), gas: 3_000_000)
      },
      Shape("sstore of ten slots in nested frames") { world in
        // sstore(i, gas) for ten i, then call(self).
        let stores: [UInt8] = (0..<10).flatMap { [0x5a, 0x60, UInt8($0), 0x55] as [UInt8] }
        try world.run(stores + [0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf1, 0x00], gas: 4_000_000)
      },
      Shape("sstore of ten slots in nested frames, all reverted") { world in
        let stores: [UInt8] = (0..<10).flatMap { [0x5a, 0x60, UInt8($0), 0x55] as [UInt8] }
        let nested = world.contract(stores + [0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf1, 0x00])
        try world.run(ShapeCode.call(nested) + [0xfe], gas: 4_000_000)
      },
      Shape("balances moved in many frames") { world in
        let other = world.contract([0x00])
        try world.run(ShapeCode.loop(ShapeCode.call(other, gas: 0, value: 1), times: 10), gas: 10_000_000)
      },
      Shape("a slot of many frames") { world in
        let other = world.contract([0x5a, 0x5f, 0x55, 0x00])
        try world.run(ShapeCode.loop(ShapeCode.call(other), times: 10), gas: 9_000_000)
      },
      Shape("ten slots between calls of nobody") { world in
        let stores: [UInt8] = (0..<10).flatMap { [0x5a, 0x60, UInt8($0), 0x55] as [UInt8] }
        try world.run(ShapeCode.loop(ShapeCode.call(Address(0xdead), gas: 0) + stores, times: 4), gas: 8_000_000)
      },
      Shape("sixty slots in nested frames") { world in
        let looped: [UInt8] = [0x60, 60, 0x5b, 0x5a, 0x81, 0x55, 0x60, 1, 0x90, 0x03, 0x80, 0x60, 2, 0x57]
        try world.run(looped + [0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf1, 0x00], gas: 10_000_000)
      },
      Shape("sstore, all reverted") { world in
        try world.run(counted([0x5a, 0x81, 0x55]).dropLast() + [0xfe], gas: 6_000_000)
      },
      Shape("tload") { world in try world.run(ShapeCode.loop([0x5f, 0x5c, 0x50], times: 80)) },
      Shape("tload of many") { world in try world.run(counted([0x80, 0x5c, 0x50])) },
      Shape("tstore") { world in try world.run(ShapeCode.loop([0x5a, 0x5f, 0x5d], times: 80)) },
      Shape("tstore of many") { world in try world.run(counted([0x80, 0x80, 0x5d])) },
      Shape("storage of an access list") { world in
        let keys = (0..<200).map { Bytes32(UInt256(UInt64($0))) }
        let contract = world.contract([0x00], storage: numbers)
        try world.send(
          to: contract, gas: 2_000_000,
          accessList: AccessList([AccessList.Item(address: contract, storageKeys: keys)]))
        try world.send(
          to: contract, gas: 2_000_000,
          accessList: AccessList([AccessList.Item(address: Address(0xdead), storageKeys: keys)]))
      },
    ]
  }

  private static var accounts: [Shape] {
    let opcodes: [(String, UInt8)] = [("balance", 0x31), ("extcodesize", 0x3b), ("extcodehash", 0x3f)]
    return opcodes.flatMap { name, opcode in
      [
        Shape("\(name), warm") { world in try world.run(ShapeCode.loop([0x30, opcode, 0x50], times: 80)) },
        Shape("\(name), cold, absent") { world in
          try world.run(
            ShapeCode.loop(setup: ShapeCode.push(UInt256.one << 100), [0x80, opcode, 0x50, 0x60, 1, 1]), gas: 2_000_000)
        },
        Shape("\(name), cold, existing") { world in
          world.strangers((0..<800).map { Address(0x77_0000_0000 + UInt64($0)) })
          try world.run(
            ShapeCode.loop(setup: ShapeCode.push(0x77_0000_0000), [0x80, opcode, 0x50, 0x60, 1, 1]), gas: 2_000_000)
        },
      ]
    } + [
      Shape("extcodesize of large codes") { world in
        var code: [UInt8] = []
        for index in 0..<40 {
          let other = world.contract([UInt8](repeating: 0x5b, count: 24_570) + [UInt8(index), 0])
          code += ShapeCode.push(UInt256(other)) + [0x3b, 0x50]
        }
        try world.run(code)
      },
      Shape("selfdestruct of many") { world in
        var code: [UInt8] = []
        for _ in 0..<40 {
          code += ShapeCode.call(world.contract(ShapeCode.push(0xdead) + [0xff], balance: 5))
        }
        try world.run(code, gas: 2_000_000)
      },
    ]
  }

  private static var logs: [Shape] {
    [0, 1, 4].flatMap { topics in
      [0, 32, 1_024, 16_384].map { size in
        Shape("log\(topics) of \(size) B") { world in
          let words = [UInt8](repeating: 0x30, count: topics)
          try world.run(
            ShapeCode.loop(
              setup: ShapeCode.push(0) + ShapeCode.push(size) + [0x52],
              words + ShapeCode.push(size) + [0x5f, UInt8(0xa0 + topics)], times: 10, gas: 200_000), gas: 1_500_000)
        }
      }
    }
  }

  /// The calldata of sendToL1(bytes).
  static func sendToL1(_ message: [UInt8]) -> [UInt8] {
    [0x62, 0xf8, 0x4b, 0x24] + UInt256(32).bytes + UInt256(UInt64(message.count)).bytes + message
      + [UInt8](repeating: 0, count: (32 - message.count % 32) % 32)
  }

  private static var messages: [Shape] {
    [0, 32, 136, 1_000, 100_000].map { size in
      Shape("messages of \(size) B") { world in
        let input = sendToL1([UInt8](repeating: 0xee, count: size))
        try world.run(
          ShapeCode.loop(
            setup: ShapeCode.loadCalldata, ShapeCode.call(Address(0x8008), input: (0, input.count)),
            gas: 40_000 + 20 * size), gas: 600_000 + UInt64(60 * size), input)
      }
    } + [
      Shape("messages in frames that revert") { world in
        let input = sendToL1([UInt8](repeating: 0xee, count: 2_000))
        let other = world.contract(
          ShapeCode.loadCalldata + ShapeCode.call(Address(0x8008), input: (0, input.count)) + [0x5f, 0x5f, 0xfd])
        try world.run(
          ShapeCode.loop(
            setup: ShapeCode.loadCalldata, ShapeCode.call(other, input: (0, input.count)), gas: 100_000),
          gas: 1_000_000, input)
      },
      Shape("withdrawals") { world in
        let input: [UInt8] = [0x51, 0xcf, 0xf8, 0xd9] + UInt256(0xdead).bytes
        try world.run(
          ShapeCode.loop(
            setup: ShapeCode.loadCalldata, ShapeCode.call(Address(0x800a), value: 1, input: (0, 36))),
          gas: 1_000_000, input)
      },
      Shape("withdrawals with a message") { world in
        let message = [UInt8](repeating: 0x5a, count: 1_000)
        let input: [UInt8] =
          [0x84, 0xbc, 0x3e, 0xb0] + UInt256(0xdead).bytes + UInt256(64).bytes + UInt256(1_000).bytes + message
        try world.run(
          ShapeCode.loop(
            setup: ShapeCode.loadCalldata, ShapeCode.call(Address(0x800a), value: 1, input: (0, input.count))),
          gas: 1_000_000, input + [UInt8](repeating: 0, count: 24))
      },
    ]
  }
}
