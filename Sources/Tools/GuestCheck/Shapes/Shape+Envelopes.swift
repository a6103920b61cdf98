import Cryptography
import Primitives
import Transactions

// What surrounds execution: many transactions, large ones, requests of L1.

extension Shape {
  static var envelopes: [Shape] {
    [
      Shape("nothing") { _ in },
      Shape("one transfer") { world in try world.send(to: Address(0xb0b), gas: 30_000, value: 1) },
      Shape("1,000 transfers of one account to accounts that exist") { world in
        let receivers = (0..<1_000).map { Address(0xb0b_0000 + UInt64($0)) }
        world.strangers(receivers)
        for receiver in receivers { try world.send(to: receiver, gas: 30_000, value: 1) }
      },
      Shape("1,000 transfers between accounts that are new") { world in
        for index in 0..<1_000 {
          try world.send(from: try world.account(), to: Address(0xb0b_0000 + UInt64(index)), gas: 30_000, value: 1)
        }
      },
      Shape("100 transfers to one account") { world in
        for _ in 0..<100 { try world.send(to: Address(0xb0b), gas: 30_000, value: 1) }
      },
      Shape("300 token transfers") { world in
        // balances in a mapping: keccak256(account ‖ 0), twice read, twice written, one event.
        let hash: [UInt8] = [0x5f, 0x52, 0x60, 0x40, 0x5f, 0x20]
        let token = world.contract(
          [0x33] + hash + [0x80, 0x54, 0x60, 0x24, 0x35, 0x90, 0x03, 0x90, 0x55, 0x60, 0x04, 0x35] + hash
            + [0x80, 0x54, 0x60, 0x24, 0x35, 0x01, 0x90, 0x55, 0x60, 0x24, 0x35, 0x5f, 0x52, 0x60, 0x04, 0x35, 0x33]
            + [0x7f] + [UInt8](repeating: 0xdd, count: 32) + [0x60, 0x20, 0x5f, 0xa3, 0x00])
        for index in 0..<300 {
          try world.send(
            to: token, gas: 120_000,
            [0xa9, 0x05, 0x9c, 0xbb] + UInt256(UInt64(0xb0b_0000 + index)).bytes + UInt256.one.bytes)
        }
      },
      Shape("100 swaps, which transfer and look at many slots") { world in
        var code: [UInt8] = []
        let token = world.contract(
          ShapeCode.loop(setup: [0x5f], [0x80, 0x54, 0x50], times: 6, gas: 1_000_000_000) + [0x5a, 0x5a, 0x55, 0x00],
          storage: numbers)
        for slot in 0..<6 {
          code += ShapeCode.call(token) + [0x60, UInt8(slot), 0x54, 0x60, UInt8(slot), 0x54, 0x01, 0x60, 7, 0x02]
          code += [0x60, UInt8(slot), 0x55, 0x5f, 0x52, 0x60, 0x40, 0x5f, 0x20, 0x54, 0x60, 0x20, 0x5f, 0xa1]
        }
        let pair = world.contract(code + [0x00], storage: numbers)
        for _ in 0..<100 { try world.send(to: pair, gas: 1_000_000, world.random.bytes(260)) }
      },
      Shape("calldata of 100 kB, zeros") { world in
        try world.send(to: Address(0xb0b), gas: 3_000_000, [UInt8](repeating: 0, count: 100_000))
      },
      Shape("calldata of 100 kB") { world in
        try world.send(to: Address(0xb0b), gas: 3_000_000, world.random.bytes(100_000))
      },
      Shape("calldata of 100 kB, ten times") { world in
        for _ in 0..<10 { try world.send(to: Address(0xb0b), gas: 3_000_000, [UInt8](repeating: 9, count: 100_000)) }
      },
      Shape("typed data of 100 kB") { world in
        try world.sendTyped(to: Address(0xb0b), gas: 3_000_000, [UInt8](repeating: 9, count: 100_000))
      },
      Shape("50 typed data") { world in
        for _ in 0..<50 { try world.sendTyped(to: Address(0xb0b), gas: 100_000) }
      },
      Shape("an access list of 300 accounts") { world in
        try world.send(
          to: Address(0xb0b), gas: 3_000_000,
          accessList: AccessList(
            (0..<300).map { AccessList.Item(address: Address(0x1234_0000 + UInt64($0)), storageKeys: []) }))
      },
      Shape("100 requests of L1") { world in
        for index in 0..<100 {
          world.request(from: Address(0xa11_ce00 + UInt64(index)), to: Address(0xb0b), gas: 200_000, value: 5)
        }
      },
      Shape("a request of L1 with 100 kB") { world in
        world.request(
          from: Address(0xa11_ce00), to: Address(0xb0b), gas: 3_000_000, [UInt8](repeating: 3, count: 100_000))
      },
      Shape("a deployment of 24,576 B") { world in
        try world.send(to: nil, gas: 8_000_000, ShapeCode.deploying([UInt8](repeating: 0x5b, count: 24_576)))
      },
      Shape("5 deployments of 20,000 B") { world in
        for index in 0..<5 {
          try world.send(
            to: nil, gas: 8_000_000,
            ShapeCode.deploying([UInt8](repeating: 0x5b, count: 19_999) + [UInt8(index)]))
        }
      },
      Shape("a deployment without the gas for it") { world in
        try world.send(to: nil, gas: 40_000, ShapeCode.deploying([0x00]))
      },
      Shape("a modexp that runs out of native") { world in
        let size = UInt256(1_000).bytes
        try world.run(
          ShapeCode.loadCalldata + ShapeCode.call(Address(5), by: 0xfa, input: (0, 3_096)), gas: 60_000_000,
          size + size + size + [UInt8](repeating: 0xff, count: 3_000))
      },
      Shape("a thousand hashes, and a modexp that runs out of native") { world in
        let size = UInt256(1_000).bytes
        let hashes = [[UInt8]](repeating: [0x60, 0x20, 0x5f, 0x20, 0x50], count: 1_000).flatMap { $0 }
        try world.run(
          ShapeCode.loadCalldata + hashes + ShapeCode.call(Address(5), by: 0xfa, input: (0, 3_096)), gas: 60_000_000,
          size + size + size + [UInt8](repeating: 0xff, count: 3_000))
      },
      Shape("a forced deployment") { world in
        let code = [UInt8](repeating: 0x5b, count: 20_000)
        let hash = world.preimage(code)
        world.request(
          .upgrade, from: Address(0x800f), to: Address(0x8006), gas: 5_000_000,
          [0xf6, 0xec, 0xa0, 0xb0] + UInt256(0xfeed).bytes + hash.bytes + UInt256(20_000).bytes
            + Keccak256.hash(code).bytes)
      },
    ]
  }
}
