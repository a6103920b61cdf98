import Concurrency
import Primitives
import RandomTesting
import Testing
import Transactions
import ZKsyncOS

@Suite("Simulations")
struct SimulationTests {
  static func request(
    from: Address = Fixture.sender, to: Address? = .filled(0x77), gas: UInt64 = 10_000_000, value: UInt256 = 0,
    data: [UInt8] = []
  ) -> VMTransaction {
    VMTransaction(
      type: 2, from: from, to: to ?? .zero, gasLimit: gas, gasPerPubdataLimit: 0, maxFeePerGas: 0,
      maxPriorityFeePerGas: 0, nonce: 0, value: value, reserved: [.zero, to == nil ? .one : .zero, .zero, .zero],
      data: data)
  }

  /// The block in which gas costs nothing.
  static func free(_ context: BlockContext) -> BlockContext {
    var context = context
    context.baseFee = 0
    return context
  }

  @Test("a call returns its data without signature, nonce or fee")
  func call() throws {
    var fixture = Fixture()
    fixture.state.setCode(
      .filled(0x05), [0x60, 42, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3], fixture.context.protocolVersion)
    let result = try Simulation.call(
      Self.request(from: .filled(0x99), to: .filled(0x05)), context: Self.free(fixture.context), state: fixture.state,
      engine: ExecutionEngine())
    #expect(result.succeeded)
    #expect(result.output == UInt256(42).bytes)
    #expect(result.gasUsed > 21_000)
  }

  @Test("value that the sender does not have is refused, not crashed on")
  func value() throws {
    let fixture = Fixture()
    #expect(throws: SimulationFailure.rejected(.hazard(.valueBeyondBalance))) {
      try Simulation.call(
        Self.request(from: .filled(0x99), value: 1), context: Self.free(fixture.context), state: fixture.state,
        engine: ExecutionEngine())
    }
  }

  @Test("gas limits and storage failures are errors")
  func failures() throws {
    var fixture = Fixture()
    #expect(throws: SimulationFailure.rejected(.invalid(.callerGasLimitMoreThanBlock))) {
      try Simulation.call(
        Self.request(gas: 100_000_001), context: Self.free(fixture.context), state: fixture.state,
        engine: ExecutionEngine())
    }
    #expect(throws: SimulationFailure.rejected(.invalid(.outOfGasDuringValidation))) {
      try Simulation.call(
        Self.request(gas: 20_999), context: Self.free(fixture.context), state: fixture.state,
        engine: ExecutionEngine())
    }
    fixture.state.failure = StateReadError("gone")
    #expect(throws: SimulationFailure.failed(.storage(StateReadError("gone")))) {
      try Simulation.call(
        Self.request(), context: Self.free(fixture.context), state: fixture.state,
        engine: ExecutionEngine())
    }
  }

  @Test("gas and outcome are those of the same transaction in a block", arguments: [0, 1, 2, 3])
  func likeABlock(kind: Int) throws {
    var fixture = Fixture()
    let version = fixture.context.protocolVersion
    // Returns the gas it sees, after writing a slot; calls that with all gas and returns what came back.
    fixture.state.setCode(.filled(0x05), [0x60, 1, 0x60, 9, 0x55, 0x5a, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3], version)
    fixture.state.setCode(
      .filled(0x06),
      [0x60, 32, 0x5f, 0x5f, 0x5f, 0x5f, 0x73] + Address.filled(0x05).bytes + [0x5a, 0xf1, 0x60, 32, 0x5f, 0xf3],
      version)
    let targets: [(Address?, [UInt8])] = [
      (.filled(0x77), []), (.filled(0x05), []), (.filled(0x06), []), (nil, Assembly.deployer(of: [0x5b, 0x00])),
    ]
    let (to, data) = targets[kind]
    for gas in [80_000, 300_000] as [UInt64] {
      let simulated = try Simulation.call(
        Self.request(to: to, gas: gas, data: data), context: Self.free(fixture.context), state: fixture.state,
        engine: ExecutionEngine())
      var executor = try fixture.executor()
      let real = try #require(try executor.execute(try Fixture.signed(gas: gas, to: to, data: data)).result)
      #expect(simulated.succeeded == real.succeeded)
      #expect(simulated.gasUsed == real.gasUsed)
      // Of a creation only a simulation tells what the constructor returned.
      #expect(simulated.output == (to == nil ? [0x5b, 0x00] : real.output))
      #expect(to != nil || real.output.isEmpty)
      #expect(simulated.createdAddress == real.createdAddress)
    }
  }

  @Test("random code never traps", arguments: 0..<40)
  func randomCode(seed: Int) throws {
    var fixture = Fixture()
    var random = SplitMix64(seed: UInt64(seed))
    let code = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
    // Random bytes fail early; a prefix of pushes lets them get further.
    let pushes = (0..<40).flatMap { _ in Assembly.push(UInt64.random(in: 0..<64, using: &random)) }
    fixture.state.setCode(.filled(0x05), pushes + code, fixture.context.protocolVersion)
    for to in [Address.filled(0x05), nil] {
      let data = to == nil ? pushes + code : code
      _ = try? Simulation.call(
        Self.request(to: to, gas: 3_000_000, data: data), context: Self.free(fixture.context), state: fixture.state,
        engine: ExecutionEngine())
    }
  }

  @Test("a cancelled call ends with an error, whether it computes in precompiles, creates, reads, or hashes")
  func cancellation() throws {
    let cancellation = Cancellation()
    cancellation.cancel(.timeLimit)
    let loops: [[UInt8]] = [
      // staticcall(gas, 8, 0, 192, 0, 0) again and again: a pairing each time.
      [0x5b, 0x5f, 0x5f, 0x60, 192, 0x5f, 0x60, 8, 0x5a, 0xfa, 0x50, 0x5f, 0x56],
      // create(0, 0, 0)
      [0x5b, 0x5f, 0x5f, 0x5f, 0xf0, 0x50, 0x5f, 0x56],
      // sload(gas)
      [0x5b, 0x5a, 0x54, 0x50, 0x5f, 0x56],
      // keccak256(0, 0), with the fast interpreter and before it is chosen
      [0x5b, 0x5f, 0x5f, 0x20, 0x50, 0x5f, 0x56],
    ]
    for code in loops {
      var fixture = Fixture()
      fixture.context.gasLimit = 1 << 50
      fixture.state.setCode(.filled(0x05), code, fixture.context.protocolVersion)
      #expect(throws: SimulationFailure.failed(.cancelled)) {
        try Simulation.call(
          Self.request(to: .filled(0x05), gas: 1 << 50), context: Self.free(fixture.context), state: fixture.state,
          engine: ExecutionEngine(), cancellation: cancellation)
      }
    }
  }

  @Test("an engine works on after a call that was cancelled")
  func afterCancellation() throws {
    let cancellation = Cancellation()
    cancellation.cancel(.clientGone)
    var fixture = Fixture()
    fixture.state.setCode(
      .filled(0x05), [0x60, 42, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3], fixture.context.protocolVersion)
    fixture.state.setCode(
      .filled(0x06), [0x5b, 0x5a, 0x54, 0x50, 0x5f, 0x56], fixture.context.protocolVersion)
    let engine = ExecutionEngine()
    #expect(throws: SimulationFailure.failed(.cancelled)) {
      try Simulation.call(
        Self.request(to: .filled(0x06)), context: Self.free(fixture.context), state: fixture.state, engine: engine,
        cancellation: cancellation)
    }
    let result = try Simulation.call(
      Self.request(to: .filled(0x05)), context: Self.free(fixture.context), state: fixture.state, engine: engine)
    #expect(result.output == UInt256(42).bytes)
  }

  @Test("memory is bounded by gas, return data by what the virtual machine holds")
  func memoryLimit() throws {
    var fixture = Fixture()
    // mstore(2^32 - 64, 1): five hundred million words would cost 10^15 gas and more.
    fixture.state.setCode(
      .filled(0x05), [0x60, 1, 0x63, 0xff, 0xff, 0xff, 0xc0, 0x52], fixture.context.protocolVersion)
    let result = try Simulation.call(
      Self.request(to: .filled(0x05), gas: 100_000_000), context: Self.free(fixture.context), state: fixture.state,
      engine: ExecutionEngine())
    #expect(!result.succeeded && result.gasUsed == 100_000_000)
    let returning: [UInt8] = [
      0x5b, 0x62, 0x01, 0x00, 0x00, 0x5f, 0x62, 0x01, 0x00, 0x00, 0x5f, 0x60, 4, 0x5a, 0xfa, 0x50, 0x5f, 0x56,
    ]
    fixture.state.setCode(.filled(0x06), returning, fixture.context.protocolVersion)
    #expect(throws: SimulationFailure.rejected(.hazard(.returnDataLimit))) {
      try Simulation.call(
        Self.request(to: .filled(0x06), gas: 100_000_000), context: Self.free(fixture.context), state: fixture.state,
        engine: ExecutionEngine())
    }
  }
}
