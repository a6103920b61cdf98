import EVM
import Ethereum
import Primitives

extension Workload {
  /// Our own workloads: each stresses one thing that contracts do.
  public static func own() throws(EVMBenchmarkError) -> [Workload] {
    [
      loopWorkload("loop", count: 100_000) { $0.emit(.dup1, .dup1, .add, .dup2, .lt, .pop) },
      loopWorkload("memory", count: 50_000) { code in
        code.emit(.dup1)
        code.push(0x3e0)
        code.emit(.and, .dup1, .mload, .dup3, .add, .swap1, .mstore)
      },
      loopWorkload("keccak256_64", count: 10_000) { code in
        code.push(64)
        code.push(0)
        code.emit(.keccak256)
        code.push(0)
        code.emit(.mstore)
      },
      loopWorkload("keccak256_1024", count: 2_000) { code in
        code.push(1_024)
        code.push(0)
        code.emit(.keccak256)
        code.push(0)
        code.emit(.mstore)
      },
      chain("add_sub", count: 30_000) { $0.emit(.dup1, .dup4, .add, .dup5, .swap1, .sub, .xor) },
      chain("mul", count: 30_000) { $0.emit(.dup1, .mul, .dup3, .add) },
      chain("div_mod", count: 10_000) { code in
        code.emit(.dup1)
        code.push(96)
        code.emit(.shr, .dup4, .div, .dup2, .dup5, .mod, .add, .dup4, .add, .mul, .not)
      },
      chain("mulmod_addmod", count: 10_000) { code in
        code.emit(.dup3, .dup2, .dup3, .mulmod, .dup4, .swap1, .dup3, .addmod, .add)
      },
      chain("exp", count: 300) { code in
        code.emit(.dup3, .dup2, .exp, .add)
      },
      chain("shift", count: 30_000) { code in
        code.emit(.dup1)
        code.push(13)
        code.emit(.shl, .dup2)
        code.push(51)
        code.emit(.shr, .or, .xor)
      },
      try transfers(),
    ]
  }

  /// A loop with nothing on the stack but its counter.
  private static func loopWorkload(_ name: String, count: UInt64, body: (inout Assembly) -> Void) -> Workload {
    var assembly = Assembly()
    assembly.loop(count, body: body)
    return Workload(name: name, code: assembly.code)
  }

  /// A loop in which each step turns the top of the stack into another 256-bit number. Two constants lie below it.
  private static func chain(_ name: String, count: UInt64, step: (inout Assembly) -> Void) -> Workload {
    var assembly = Assembly()
    assembly.push(0xf0e1_d2c3_b4a5_9687_7869_5a4b_3c2d_1e0f_0123_4567_89ab_cdef)
    assembly.push(0x1032_5476_98ba_dcfe_efcd_ab89_6745_2301_f0e1_d2c3_b4a5_9687_7869_5a4b_3c2d_1e0f)
    assembly.push(0xfedc_ba98_7654_3210_0f1e_2d3c_4b5a_6978_8796_a5b4_c3d2_e1f0_fedc_ba98_7654_3211)
    assembly.loop(count) { body in
      body.emit(.swap1)
      step(&body)
      body.emit(.swap1)
    }
    // The result goes out, so that implementations can be compared.
    assembly.push(0)
    assembly.emit(.mstore)
    assembly.push(32)
    assembly.push(0)
    assembly.emit(.return)
    return Workload(name: name, code: assembly.code)
  }

  /// A hundred transfers of a Vyper token, each to an account that had none of it.
  private static func transfers() throws(EVMBenchmarkError) -> Workload {
    guard let initCode = Hex.decode(TokenArtifact.initCode) else { throw .workload("the token's code is malformed") }
    let holder = Address(0xa11ce)
    let machine = VirtualMachine(rules: EthereumRules(.cancun))
    var host = EthereumHost(revision: .cancun, state: WorldState())
    guard let checkpoint = host.beginCreate(contract, from: holder, value: .zero) else {
      throw .workload("the token's address is taken")
    }
    var meter = Meter(gas: 10_000_000)
    let result = machine.execute(
      Message(address: contract, caller: holder, isConstructor: true), code: Code(initCode), meter: &meter, host: &host)
    let completion = result.output.withUnsafeBytes { output in
      host.finishCreate(checkpoint, address: contract, status: result.status, output: output, meter: &meter)
    }
    guard completion == .deployed else { throw .workload("the token's constructor ended with \(result.status)") }
    _ = host.state.finishTransaction(clearsEmptyAccounts: true)
    let executions = (0..<100 as Range<UInt64>).map { index in
      Execution(
        message: Message(
          address: contract, caller: holder,
          input: TokenArtifact.transfer(to: Address(0xb0b_0000 + index), amount: UInt256(1 + index))),
        code: result.output, gas: 100_000)
    }
    return Workload(
      name: "erc20_transfer", revision: .cancun, environment: ExecutionEnvironment(origin: holder), world: host.state,
      executions: executions)
  }
}
