import EVM

/// What a transaction, or a block, makes its proving run do: amounts of each kind of work that decides how many cycles
/// the run takes. ``CycleModel`` has the price of each.
public struct ProvingWork: Hashable, Sendable {
  /// A kind of work. Raw values are positions in ``amounts``.
  public enum Kind: Int, Sendable, CaseIterable {
    /// One for a block: metadata, header, commitments.
    case block
    case transaction
    /// Transactions whose signature is checked.
    case signature
    /// Bytes of transactions in the virtual machine's encoding.
    case encodedByte
    /// Native of everything that no other kind counts, the interpreter above all.
    case native
    /// Permutations of Keccak-256.
    case keccakBlock
    /// Bytes that MCOPY moved.
    case movedByte
    /// Bytes of code in which jump destinations were looked for.
    case analysedByte
    /// Accesses of slots and accounts, those of transient slots, and writes of slots.
    case access, transientAccess, storageWrite
    /// First accesses of a transaction to a slot or account; again if the frame of the first one reverted.
    case coldAccess
    /// First changes of slots and accounts after a frame opened: the guest goes through them all when a transaction ends.
    case record
    /// Slots asked of the tree, by whether the tree has them.
    case existingSlot, newSlot
    /// Slots that the block changes in the tree, and those that it adds.
    case update, insertion
    /// Accounts whose record the block writes.
    case changedAccount
    /// Bytes that L1 is told besides the diffs of slots and accounts: new code, messages.
    case publishedByte
    /// Bytes of account records and code that were read.
    case preimageByte
    /// Bytes of code that constructors returned and deployments prepared, whether they survived or not.
    case deployedByte
    /// One for a block that has any of the following: the root of their tree.
    case logTree
    /// Messages to L1 and results of what L1 requested.
    case l2ToL1Log
    /// Native charged by each precompile; its price need not have to do with its work.
    case ecrecover, sha256, ripemd160, identity, modexp, bn254Add, bn254Multiply, bn254Pairing

    /// What the native of a precompile counts as; nil for those that charge none.
    init?(_ precompile: Precompile) {
      switch precompile {
      case .ecrecover: self = .ecrecover
      case .sha256: self = .sha256
      case .ripemd160: self = .ripemd160
      case .identity: self = .identity
      case .modexp: self = .modexp
      case .bn254Add: self = .bn254Add
      case .bn254Multiply: self = .bn254Multiply
      case .bn254Pairing: self = .bn254Pairing
      case .blake2f, .pointEvaluation: return nil
      // ZKsync OS does not have them.
      case .bls12381AddG1, .bls12381MultiplyG1, .bls12381AddG2, .bls12381MultiplyG2, .bls12381Pairing,
        .bls12381MapToG1, .bls12381MapToG2:
        return nil
      }
    }
  }

  /// How much there is of each kind; what lies beyond the last kind is zero.
  public private(set) var amounts = SIMD32<UInt64>.zero

  public init() {}

  public subscript(kind: Kind) -> UInt64 {
    get { amounts[kind.rawValue] }
    set { amounts[kind.rawValue] = newValue }
  }

  static func + (a: ProvingWork, b: ProvingWork) -> ProvingWork {
    var sum = a
    sum += b
    return sum
  }

  public static func += (a: inout ProvingWork, b: ProvingWork) { a.amounts &+= b.amounts }
}
