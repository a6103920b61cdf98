import Primitives
import Testing
import Transactions

@Suite("Requests from L1")
struct L1RequestTests {
  let request = L1Request(
    kind: .priority, from: Address(0x11), to: Address(0x22), gasLimit: 100_000, gasPerPubdataLimit: 800,
    maxFeePerGas: 1_000, nonce: 7, value: 5, toMint: 100_000_005, refundRecipient: Address(0x33), input: [1, 2, 3],
    factoryDeps: [Bytes32(9 as UInt256)])

  @Test("The form of the L1 contracts is read back", arguments: [L1Request.Kind.priority, .upgrade])
  func roundTrip(kind: L1Request.Kind) throws {
    var request = request
    request.kind = kind
    let decoded = try VMTransaction(decoding: VMTransaction(request).encoded)
    #expect(try L1Request(decoded) == request)
    #expect(try Transaction(envelope: Transaction.request(request).envelope) == .request(request))
    #expect(try RecoveredTransaction(.request(request)).sender == request.from)
    #expect(try RecoveredTransaction(.request(request)).nonce == 7)
  }

  @Test("What a request never has is refused by its name")
  func refusals() {
    func expect(_ error: TransactionError, _ change: (inout VMTransaction) -> Void) {
      var transaction = VMTransaction(request)
      change(&transaction)
      #expect(throws: error) { try L1Request(transaction) }
    }
    expect(.unsupportedType(2)) { $0.type = 2 }
    expect(.invalidField("maxPriorityFeePerGas")) { $0.maxPriorityFeePerGas = 1 }
    expect(.invalidField("paymaster")) { $0.paymaster = Address(1) }
    expect(.invalidField("reserved[1]")) { $0.reserved[1] = .one << 160 }
    expect(.invalidField("reserved[2]")) { $0.reserved[2] = 1 }
    expect(.invalidField("reserved[3]")) { $0.reserved[3] = 1 }
    expect(.invalidField("signature")) { $0.signature = [1] }
    expect(.invalidField("paymasterInput")) { $0.paymasterInput = [1] }
    expect(.invalidField("reservedDynamic")) { $0.reservedDynamic = [1] }
    expect(.invalidField("nonce")) { $0.nonce = .one << 64 }
  }

  @Test("Every field changes the hash")
  func hashCoversEveryField() {
    var hashes: Set<Bytes32> = [request.hash]
    let changes: [(inout L1Request) -> Void] = [
      { $0.kind = .upgrade }, { $0.from = .zero }, { $0.to = .zero }, { $0.gasLimit += 1 },
      { $0.gasPerPubdataLimit += 1 }, { $0.maxFeePerGas += 1 }, { $0.maxPriorityFeePerGas += 1 }, { $0.nonce += 1 },
      { $0.value = 6 }, { $0.toMint = 6 }, { $0.refundRecipient = .zero }, { $0.input = [] }, { $0.factoryDeps = [] },
    ]
    for change in changes {
      var other = request
      change(&other)
      hashes.insert(other.hash)
    }
    #expect(hashes.count == changes.count + 1)
  }

  @Test("Strict prefixes, trailing bytes and mutations of an envelope are refused and never trap")
  func hostileEnvelopes() {
    let valid = request.envelope
    for count in 0..<valid.count {
      #expect(throws: TransactionError.self) { try Transaction(envelope: valid[..<count]) }
    }
    #expect(throws: TransactionError.malformed(.trailingBytes)) { try Transaction(envelope: valid + [0]) }
    var state: UInt64 = 23
    for _ in 0..<10_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var bytes = valid
      let index = Int(state >> 33) % bytes.count
      bytes[index] ^= UInt8(truncatingIfNeeded: state >> 40) | 1
      // The hash inside of the envelope covers every field, and the type byte.
      #expect(throws: TransactionError.self, "byte \(index)") { try Transaction(envelope: bytes) }
    }
  }
}
