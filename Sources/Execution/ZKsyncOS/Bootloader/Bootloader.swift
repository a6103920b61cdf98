import Concurrency
import Cryptography
import EVM
import Primitives
import Transactions

/// The program around the virtual machine: it validates transactions, takes fees, runs them, and settles.
///
/// It owns the state of one block. Source: zksync-os `basic_bootloader/src/bootloader/mod.rs`.
final class Bootloader {
  let context: BlockContext
  let state: UnsafeMutablePointer<BlockState>
  let engine: ExecutionEngine
  let machine: VirtualMachine<ZKsyncRules>
  let features: BlockFeatures
  let isSimulation: Bool
  /// Ends a simulation, or a trace, early; blocks take the time that they need.
  var cancellation: Cancellation? {
    didSet { state.pointee.cancellation = cancellation }
  }
  /// Nothing unless it is a simulation.
  var world = SimulatedWorld()
  /// Whether a simulation counts the sender's nonce and takes the fee, for others that are to come after it.
  var isStep = false
  /// Whether no transaction was included yet: an upgrade must be the first.
  var isFirst = true
  /// Native that the transaction being processed may compute with, beside the guest's own limit.
  var allowedNative = UInt64.max

  init(
    context: BlockContext, view: any StateView, engine: ExecutionEngine, features: BlockFeatures, isSimulation: Bool,
    cancellation: Cancellation? = nil
  ) {
    self.context = context
    self.engine = engine
    self.features = features
    self.isSimulation = isSimulation
    self.cancellation = cancellation
    machine = engine.machine(for: context.protocolVersion)
    state = .allocate(capacity: 1)
    state.initialize(to: BlockState(view: view, version: context.protocolVersion, cancellation: cancellation))
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// What a processed transaction left behind, before the block counts it.
  struct Processed {
    var hash: Bytes32
    var run: RunResult
    var gasUsed: UInt64
    var gasPrice: UInt256
    var nativeUsed: UInt64
    var pubdataUsed: UInt64
  }

  /// Runs a transaction from beginning to end. What it did is in the state; the caller keeps or abandons it.
  func process<T: Tracer>(
    _ transaction: VMTransaction, senderIsKnown: Bool, tracer: inout T
  ) throws(TransactionStop) -> Processed {
    state.pointee.beginTransaction()
    try atNoCost { (state, meter) throws(Halt) in
      _ = try state.readAccount(context.coinbase, .system, &meter)
    }
    let processed: Processed
    do throws(TransactionStop) {
      switch transaction.type {
      case 0xfe, 0xff: processed = try processL1(transaction, tracer: &tracer)
      default: processed = try processL2(transaction, senderIsKnown: senderIsKnown, tracer: &tracer)
      }
    } catch {
      // How far it came is not known; it had time enough for much.
      if case .failed(.cancelled) = error { cancellation?.count(transaction.gasLimit) }
      throw error
    }
    cancellation?.count(processed.gasUsed)
    if state.pointee.fault != nil { throw stop(.internalFailure) }
    return processed
  }

  /// Ends an included transaction: wipes destroyed accounts and gives the collected fee to the coinbase.
  func finish() throws(TransactionStop) {
    state.pointee.finishTransaction()
    let bootloader = SystemAddress.bootloader
    try atNoCost { (state, meter) throws(Halt) in
      let (position, _) = try state.readAccount(bootloader, .system, &meter)
      let balance = state.accounts[position].current.balance
      if !balance.isZero {
        try state.transfer(from: bootloader, to: context.coinbase, balance, .system, .ordinary, &meter)
      }
    }
    if state.pointee.fault != nil { throw stop(.internalFailure) }
    isFirst = false
  }

  /// Undoes a transaction that is not to be in the block.
  func abandon() {
    state.pointee.abandonTransaction()
    state.pointee.fault = nil
  }

  // MARK: Shared by the flows

  /// Work of the bootloader that intrinsic costs cover.
  func atNoCost<R>(
    _ body: (inout BlockState, inout Meter) throws(Halt) -> R
  ) throws(TransactionStop) -> R {
    var meter = Meter(gas: .max, native: .max)
    do throws(Halt) {
      let result = try body(&state.pointee, &meter)
      state.pointee.effort.unmetered(.max - meter.native)
      return result
    } catch {
      throw stop(error)
    }
  }

  /// Work that costs native only, during validation.
  func withoutGas<R>(
    _ meter: inout Meter, _ body: (inout BlockState, inout Meter) throws(Halt) -> R
  ) throws(TransactionStop) -> R {
    do throws(Halt) { return try state.pointee.withoutGas(&meter, body) } catch { throw stop(error) }
  }

  /// Work at full cost, during validation.
  func validating<R>(
    _ meter: inout Meter, _ body: (inout BlockState, inout Meter) throws(Halt) -> R
  ) throws(TransactionStop) -> R {
    do throws(Halt) { return try body(&state.pointee, &meter) } catch { throw stop(error) }
  }

  func rejecting<R>(_ body: () throws(Rejection) -> R) throws(TransactionStop) -> R {
    do throws(Rejection) { return try body() } catch { throw .rejected(error) }
  }

  /// What a halt outside of execution means.
  func stop(_ halt: Halt) -> TransactionStop {
    switch halt {
    case .outOfGas: return .invalid(.outOfGasDuringValidation)
    case .outOfNative:
      return allowedNative == .max ? .invalid(.outOfNativeResourcesDuringValidation) : .exceeded(.native)
    case .insufficientBalance: return .rejected(.hazard(.balanceOverflow))
    case .cancelled: return .failed(.cancelled)
    default:
      switch state.pointee.fault {
      case .hazard(let hazard): return .rejected(.hazard(hazard))
      case let fault?: return .failed(fault)
      case nil: return .failed(.invariant("the machine stopped for no known reason"))
      }
    }
  }

  func setEnvironment(origin: Address, gasPrice: UInt256) {
    machine.environment = ExecutionEnvironment(
      coinbase: context.coinbase, number: context.number, timestamp: context.timestamp, gasLimit: context.gasLimit,
      prevRandao: context.protocolVersion.fixesRandomnessToOne ? .one : context.mixHash, chainID: context.chainID,
      baseFee: world.shownBaseFee ?? context.baseFee, blobBaseFee: world.blobBaseFee ?? .one, origin: origin,
      gasPrice: gasPrice,
      blobHashes: [],
      cancellation: cancellation)
  }

  func runner<T: Tracer>(_ tracer: T) -> Runner<T> {
    Runner(
      machine: machine,
      host: SystemHost(
        state: state, context: context, codes: engine.codes, hasSystemContracts: features.hasSystemContracts,
        movedPrecompiles: world.movedPrecompiles),
      tracer: tracer, isSimulation: isSimulation)
  }
}

/// Switches that are not protocol versions.
public struct BlockFeatures: Hashable, Sendable {
  /// Whether 0x8006, 0x8008 and 0x800a answer. Off in the image that replays Ethereum blocks.
  public var hasSystemContracts: Bool

  public init(hasSystemContracts: Bool = true) { self.hasSystemContracts = hasSystemContracts }
}

/// Why a transaction was not processed.
enum TransactionStop: Error {
  case rejected(Rejection)
  case exceeded(BlockResource)
  case failed(BlockError)

  static func invalid(_ reason: InvalidTransaction) -> TransactionStop { .rejected(.invalid(reason)) }
  static func hazard(_ hazard: Hazard) -> TransactionStop { .rejected(.hazard(hazard)) }
}
