import Primitives

/// What a simulation sees differently from a block, beside its context and its state.
public struct SimulatedWorld: Sendable, Equatable {
  /// Wei per gas that BASEFEE gives, where the call itself pays by the context's: a call that names no price pays none, and
  /// may be curious all the same.
  public var shownBaseFee: UInt256?
  /// Addresses that do what a precompile or system contract does, and which; that one then does nothing.
  public var movedPrecompiles: [Address: Address] = [:]
  /// Wei per blob gas that BLOBBASEFEE gives; `nil` for what it gives in blocks.
  public var blobBaseFee: UInt256?

  public init() {}

  /// Whether something special answers at an address.
  public static func hasPrecompile(at address: Address) -> Bool {
    SpecialAddress(address, hasSystemContracts: true) != nil
  }
}
