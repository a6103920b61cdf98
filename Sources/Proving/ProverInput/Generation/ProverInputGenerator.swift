import Airbender
import Primitives
import StateTree
import ZKsyncOS

/// Where prover inputs come from.
public enum ProverInputMode: String, Sendable, CaseIterable {
  /// From what execution recorded; no guest is needed.
  case native
  /// From a run of the guest.
  case guest
  /// From what execution recorded, after the guest has read the same words.
  case both
}

/// The words that prove a block.
public struct ProverInput: Equatable, Sendable {
  public var words: [UInt32]

  public init(words: [UInt32]) { self.words = words }

  /// The words as little-endian bytes: the form that the prover API hands out.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: words.count * 4) { buffer, count in
      for (index, word) in words.enumerated() {
        UnsafeMutableRawBufferPointer(buffer).storeBytes(
          of: word.littleEndian, toByteOffset: index * 4, as: UInt32.self)
      }
      count = words.count * 4
    }
  }

  /// Reads ``bytes``; `nil` if their count is no multiple of four.
  public init?(bytes: [UInt8]) {
    guard bytes.count % 4 == 0 else { return nil }
    words = bytes.withUnsafeBytes { buffer in
      stride(from: 0, to: buffer.count, by: 4).map {
        UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
      }
    }
  }
}

/// Makes the prover input of executed blocks. Safe to use from many threads.
public struct ProverInputGenerator: Sendable {
  /// An executed block with what its input is made of.
  public struct Request {
    public var block: ProvingBlock
    /// `BlockOutput.accesses`.
    public var accesses: [Access]
    /// From `StateTree.apply(version:writes:witnessing:)` or `TreeView.witness(reads:writes:)`.
    public var witness: BlockWitness
    /// The tree before the block; asked only when the guest runs.
    public var tree: TreeView
    public var state: any StateView
    /// The public input that the block's commitments lead to.
    public var publicInput: Bytes32

    public init(
      block: ProvingBlock, accesses: [Access], witness: BlockWitness, tree: TreeView, state: any StateView,
      publicInput: Bytes32
    ) {
      self.block = block
      self.accesses = accesses
      self.witness = witness
      self.tree = tree
      self.state = state
      self.publicInput = publicInput
    }
  }

  public let mode: ProverInputMode
  private let program: Program?

  /// - Parameter image: the guest's image; may be absent in mode `native`.
  public init(mode: ProverInputMode, image: [UInt8]? = nil) throws(ProverInputError) {
    self.mode = mode
    guard let image else {
      guard mode == .native else { throw .noImage(mode) }
      program = nil
      return
    }
    do { program = try Program(image: image) } catch { throw .image(error) }
  }

  /// - Throws: ``ProverInputError/difference(_:)`` in mode `both` at the first differing word;
  ///   ``ProverInputError/publicInput(expected:guest:)`` when the guest ran and came to another result.
  public func generate(_ request: Request) throws(ProverInputError) -> ProverInput {
    guard mode != .native, let program else { return ProverInput(words: try Self.nativeWords(request)) }
    let machine: Machine
    do { machine = try Machine(program) } catch { throw .image(error) }
    let run =
      mode == .both
      ? try Self.compare(request, on: machine) : try Self.guestRun(request, on: machine)
    return ProverInput(words: run.words)
  }

  /// Runs the guest and expects it to read the native words and to compute the expected public input.
  public static func compare(
    _ request: Request, on machine: Machine, cycleLimit: Int = GuestRun.cycleLimit
  ) throws(ProverInputError) -> GuestRun {
    let words = try nativeWords(request)
    let run = try GuestRun.run(
      machine, request.block, tree: request.tree, state: request.state, cycleLimit: cycleLimit)
    if let difference = StreamDifference.first(native: words, guest: run.words, asked: run.asked) {
      throw .difference(difference)
    }
    return try checked(run, request)
  }

  private static func nativeWords(_ request: Request) throws(ProverInputError) -> [UInt32] {
    try NativeGenerator.words(
      request.block, accesses: request.accesses, witness: request.witness, state: request.state)
  }

  private static func guestRun(_ request: Request, on machine: Machine) throws(ProverInputError) -> GuestRun {
    try checked(try GuestRun.run(machine, request.block, tree: request.tree, state: request.state), request)
  }

  private static func checked(_ run: GuestRun, _ request: Request) throws(ProverInputError) -> GuestRun {
    guard run.publicInput == request.publicInput else {
      throw .publicInput(expected: request.publicInput, guest: run.publicInput)
    }
    return run
  }
}
