import L1Contracts
import Primitives

/// Where the contracts of a chain are on L1, as found from the bridgehub's address alone.
public struct L1Chain: Sendable, Equatable {
  public let l1ChainID: UInt64
  public let l2ChainID: UInt64
  public let bridgehub: Address
  /// What batches and requests are kept in: the diamond of the reference.
  public let contract: Address
  public let chainTypeManager: Address
  /// Where operators commit, prove and execute.
  public let validatorTimelock: Address

  /// What a node knows before it has asked.
  public struct Key: Sendable, Equatable {
    public var l2ChainID: UInt64
    public var bridgehub: Address
    /// The hash of the batch before the first, `StoredBatchInfo.hash` of the chain's genesis.
    public var storedBatchZero: Bytes32

    public init(l2ChainID: UInt64, bridgehub: Address, storedBatchZero: Bytes32) {
      self.l2ChainID = l2ChainID
      self.bridgehub = bridgehub
      self.storedBatchZero = storedBatchZero
    }
  }

  /// Asks L1 for the contracts, and checks that they are those of this chain.
  public static func discover(_ key: Key, on client: L1Client) async throws(L1DiscoveryError) -> L1Chain {
    func asked<R>(_ body: () async throws(L1Error) -> R) async throws(L1DiscoveryError) -> R {
      do throws(L1Error) { return try await body() } catch { throw .l1(error) }
    }
    async let chainIDAnswer = answer { () throws(L1Error) in try await client.chainID() }
    async let codeAnswer = answer { () throws(L1Error) in try await client.code(at: key.bridgehub) }
    async let contractAnswer = answer { () throws(L1Error) in
      try await client.read(BridgehubCall.getZKChain(key.l2ChainID), at: key.bridgehub)
    }
    async let managerAnswer = answer { () throws(L1Error) in
      try await client.read(BridgehubCall.chainTypeManager(key.l2ChainID), at: key.bridgehub)
    }
    let first = await (id: chainIDAnswer, code: codeAnswer, contract: contractAnswer, manager: managerAnswer)
    let l1ChainID = try await asked { () throws(L1Error) in try first.id.get() }
    let code = try await asked { () throws(L1Error) in try first.code.get() }
    guard !code.isEmpty else { throw .noBridgehub(key.bridgehub, l1ChainID: l1ChainID) }
    let contract = try await asked { () throws(L1Error) in try first.contract.get() }
    guard !contract.isZero else { throw .unknownChain(key.l2ChainID, bridgehub: key.bridgehub) }
    let manager = try await asked { () throws(L1Error) in try first.manager.get() }

    async let timelockAnswer = answer { () throws(L1Error) in
      try await client.read(ChainTypeManagerCall.validatorTimelock, at: manager)
    }
    async let zeroAnswer = answer { () throws(L1Error) in
      try await client.read(ChainCall.storedBatchHash(0), at: contract)
    }
    async let modeAnswer = answer { () throws(L1Error) in
      try await client.read(ChainCall.getPubdataPricingMode, at: contract)
    }
    let second = await (timelock: timelockAnswer, zero: zeroAnswer, mode: modeAnswer)
    let timelock = try await asked { () throws(L1Error) in try second.timelock.get() }
    let zero = try await asked { () throws(L1Error) in try second.zero.get() }
    guard zero == key.storedBatchZero else { throw .foreignGenesis(zero, expected: key.storedBatchZero) }
    let mode = try await asked { () throws(L1Error) in try second.mode.get() }
    guard mode == 0 else { throw .notARollup(mode: mode) }
    return L1Chain(
      l1ChainID: l1ChainID, l2ChainID: key.l2ChainID, bridgehub: key.bridgehub, contract: contract,
      chainTypeManager: manager, validatorTimelock: timelock)
  }
}

/// Why a chain has no contracts on L1 that a node could work with. The texts are for operators.
public enum L1DiscoveryError: Error, Sendable, Equatable {
  case l1(L1Error)
  /// Nothing is at the bridgehub's address.
  case noBridgehub(Address, l1ChainID: UInt64)
  /// The bridgehub does not know the chain.
  case unknownChain(UInt64, bridgehub: Address)
  /// The contracts were made for a chain with another beginning.
  case foreignGenesis(Bytes32, expected: Bytes32)
  /// The contracts do not want the pubdata on L1.
  case notARollup(mode: UInt64)

  /// Whether it is a matter of reaching L1, not of what is there.
  public var isAbsence: Bool {
    if case .l1(let error) = self { error.isPassing } else { false }
  }
}

extension L1DiscoveryError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .l1(let error): error.description
    case .noBridgehub(let address, let chainID):
      "there is no contract at \(address), where the bridgehub should be, on the L1 with chain id \(chainID)"
    case .unknownChain(let id, let bridgehub): "the bridgehub \(bridgehub) knows no chain \(id)"
    case .foreignGenesis(let hash, let expected):
      "the contracts on L1 are those of another chain: their batch 0 is \(hash), ours \(expected)"
    case .notARollup(let mode):
      "the contracts on L1 are not those of a rollup (pubdata pricing mode \(mode)): batches carry their pubdata to L1"
    }
  }
}
