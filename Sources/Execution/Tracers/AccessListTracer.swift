// What eth_createAccessList looks for: accounts and slots that instructions touch.

import EVM
import Primitives
import Transactions

/// Collects the accounts and slots that the instructions of a transaction touch, as an EIP-2930 list could name them.
/// What the beginning of the transaction touches alone (sender, recipient, coinbase) is not in it, nor are precompiles.
public struct AccessListTracer: Tracer {
  private let isPrecompile: (Address) -> Bool
  private var slots: [Address: Set<UInt256>] = [:]

  /// - Parameter isPrecompile: whether there is a precompile at an address: those are always warm.
  public init(isPrecompile: @escaping (Address) -> Bool) { self.isPrecompile = isPrecompile }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { false }
  public static var observesAccesses: Bool { true }

  /// Each account once, in the order of the addresses, with its slots in the order of their numbers.
  public var accesses: AccessList {
    AccessList(
      slots.sorted { $0.key < $1.key }.map { address, keys in
        AccessList.Item(address: address, storageKeys: keys.sorted().map { Bytes32($0) })
      })
  }

  public mutating func willAccess(_ access: StateAccess, world: some WorldReader) {
    switch access {
    case .slot(let address, let key): slots[address, default: []].insert(key)
    case .account(let address): touch(address)
    }
  }

  private mutating func touch(_ address: Address) {
    if slots[address] == nil, !isPrecompile(address) { slots[address] = [] }
  }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {}
  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}

  public mutating func enter(_ event: FrameEvent, world: some WorldReader) {
    // The outermost creation is of the beginning.
    if event.depth > 0, event.kind == .create || event.kind == .create2 { touch(event.to) }
  }

  public mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}
}
