// Plain Ethereum, Frontier to Prague.

/// The rules of an Ethereum hard fork.
@frozen public struct EthereumRules: RuleSet, @unchecked Sendable {
  /// The hard fork.
  public let revision: Revision
  public let table: UnsafePointer<InstructionTable>

  /// The rules of a hard fork.
  ///
  /// - Parameter limitsInitCode: whether CREATE and CREATE2 refuse init code that is too long (EIP-3860); development
  ///   chains can do without.
  public init(_ revision: Revision, limitsInitCode: Bool = true) {
    self.revision = revision
    table = (limitsInitCode ? EthereumRules.tables : EthereumRules.unlimitedTables)[Int(revision.rawValue)]
  }

  @inlinable public static var metersNative: Bool { false }
  @inlinable public static var sharedMemory: Int { 1 << 32 }

  @inlinable public func analysisNative(count: Int, isConstructor: Bool) -> UInt64 { 0 }

  public static func run(_ frame: UnsafeMutablePointer<Frame>) -> Exit {
    Tiers<EthereumRules>.run(frame)
  }

  public static func step(_ frame: UnsafeMutablePointer<Frame>) -> Exit {
    Interpreter<EthereumRules>.step(frame)
  }

  /// One table per revision.
  @usableFromInline nonisolated(unsafe) static let tables: [UnsafePointer<InstructionTable>] = Revision.allCases.map {
    makeTable($0).immortal()
  }

  /// The same with init code of any length.
  @usableFromInline nonisolated(unsafe) static let unlimitedTables: [UnsafePointer<InstructionTable>] =
    Revision.allCases.map {
      var table = makeTable($0)
      table.initCodeLimit = .max
      return table.immortal()
    }

  /// The facts that exist in `revision`, with the constant prices of state access that the revision has. From Berlin on
  /// (EIP-2929) those depend on what was accessed before, and the host charges them.
  static func makeTable(_ revision: Revision) -> InstructionTable {
    var table = InstructionTable()
    for fact in InstructionFact.all where fact.since <= revision {
      table[fact.opcode] = fact.entry
    }
    if revision < .berlin {
      for (opcode, gas) in stateAccessGas(revision) where table[opcode].handler == opcode { table[opcode].gas = gas }
    } else {
      table[.selfdestruct].gas = 5000
    }
    table.exponentByteGas = revision >= .spuriousDragon ? 50 : 10
    table.storesNeedStipend = revision >= .istanbul
    table.initCodeWordGas = revision >= .shanghai ? 2 : 0
    table.initCodeLimit = revision >= .shanghai ? 49_152 : .max
    return table
  }

  /// Constant prices before EIP-2929: the original ones, those of EIP-150, and those of EIP-1884.
  private static func stateAccessGas(_ revision: Revision) -> [(Opcode, Int64)] {
    let tangerine = revision >= .tangerineWhistle
    let istanbul = revision >= .istanbul
    let call: Int64 = tangerine ? 700 : 40
    return [
      (.balance, istanbul ? 700 : tangerine ? 400 : 20),
      (.extcodesize, tangerine ? 700 : 20),
      (.extcodecopy, tangerine ? 700 : 20),
      (.extcodehash, istanbul ? 700 : 400),
      (.sload, istanbul ? 800 : tangerine ? 200 : 50),
      (.call, call), (.callcode, call), (.delegatecall, call), (.staticcall, call),
      (.selfdestruct, tangerine ? 5000 : 0),
    ]
  }
}
