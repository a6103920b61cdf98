// The virtual machine: runs a message to its end over an explicit stack of frames.

import Primitives

/// The virtual machine of a rule set.
///
/// It owns what execution needs and nothing that outlives it: frames with their stacks, memories and return data. The
/// world (accounts, storage, logs, checkpoints) belongs to the ``Host``. A machine is for one thread at a time and meant to be
/// kept: a second execution finds everything allocated. Calls nest on an explicit stack, 1,024 deep, never on the
/// native one.
public final class VirtualMachine<Rules: RuleSet> {
  /// The rules under which code runs.
  public let rules: Rules
  @usableFromInline let pool = FramePool(truncatesShifts: Rules.metersNative)

  /// A machine without frames: they are made when executions need them.
  public init(rules: Rules) { self.rules = rules }

  /// What the environment instructions see; to be set before each transaction.
  public var environment: ExecutionEnvironment {
    get { pool.environment.pointee }
    set { pool.environment.pointee = newValue }
  }

  /// Runs `code` as the outermost frame, and all frames that it opens.
  ///
  /// The caller has done whatever comes before (validation, intrinsic gas, value transfer, a checkpoint) and does
  /// whatever comes after: it keeps or undoes its own checkpoint by the status and, for a constructor, deposits the
  /// output as code. `meter` holds what the frame left: nothing after a halt. After a *fatal* status
  /// (``FrameStatus/fatal``) checkpoints of inner frames may still be open; undoing the caller's own undoes them too.
  @inlinable
  public func execute<H: Host>(
    _ message: Message, code: Code, meter: inout Meter, host: inout H
  ) -> ExecutionResult {
    var tracer = NoTracer()
    return execute(message, code: code, meter: &meter, host: &host, tracer: &tracer)
  }

  /// Runs `code` under the eyes of a tracer. The outermost frame is *not* reported through ``Tracer/enter(_:world:)``:
  /// only the caller knows its whole story.
  @inlinable
  public func execute<H: Host, T: Tracer>(
    _ message: Message, code: Code, meter: inout Meter, host: inout H, tracer: inout T
  ) -> ExecutionResult {
    message.input.withUnsafeBytes { input in
      let frame = pool.frame(0)
      frame.pointee.begin(
        code, meter: meter, table: rules.table, input: input, memoryLimit: Rules.sharedMemory, depth: 0)
      frame.pointee.address = message.address
      frame.pointee.caller = message.caller
      frame.pointee.value = message.value
      frame.pointee.isStatic = message.isStatic
      frame.pointee.isConstructor = message.isConstructor
      var execution = Execution<Rules, H, T>(machine: self)
      return execution.run(meter: &meter, host: &host, tracer: &tracer)
    }
  }
}

/// One execution in progress: the open frames and what the host needs back when they end.
@usableFromInline
struct Execution<Rules: RuleSet, H: Host, T: Tracer> {
  @usableFromInline let rules: Rules
  @usableFromInline let pool: FramePool
  @usableFromInline var frame: UnsafeMutablePointer<Frame>
  /// The checkpoints of the frames below the outermost, innermost last.
  @usableFromInline var checkpoints: [H.Checkpoint] = []
  /// Gas given to each open frame; kept for tracers only.
  @usableFromInline var gasGiven: [Int64] = []
  @usableFromInline var deepest = 0
  /// See ``ExecutionResult/returnedBytes``.
  @usableFromInline var returnedBytes = 0

  @inlinable
  init(machine: VirtualMachine<Rules>) {
    rules = machine.rules
    pool = machine.pool
    frame = machine.pool.frame(0)
  }

  /// Runs until the outermost frame ends.
  @inlinable
  mutating func run(meter: inout Meter, host: inout H, tracer: inout T) -> ExecutionResult {
    var status = begin()
    while true {
      if status == nil { status = runFrame(&host, &tracer) }
      guard let ended = status else { continue }
      if frame.pointee.depth == 0 || ended.fatal != nil {
        return finish(ended, &meter, host, &tracer)
      }
      status = closeFrame(ended, &host, &tracer)
    }
  }

  /// Charges for the analysis of the code that the current frame is about to run.
  @inlinable
  mutating func begin() -> FrameStatus? {
    guard Rules.metersNative else { return nil }
    let native = rules.analysisNative(count: frame.pointee.codeCount, isConstructor: frame.pointee.isConstructor)
    do throws(Halt) {
      try frame.pointee.meter.charge(native: native)
      return nil
    } catch {
      return .halted(error)
    }
  }

  /// Runs the current frame until it ends (its status) or another has become current (`nil`).
  @inlinable
  mutating func runFrame(_ host: inout H, _ tracer: inout T) -> FrameStatus? {
    while true {
      if T.observesSteps {
        if tracer.stops { return .halted(.cancelled) }
        tracer.willStep(FrameView(frame), world: host)
      }
      let exit = T.observesSteps ? Rules.step(frame) : Rules.run(frame)
      if T.observesAccesses, let access = frame.pointee.access(at: exit) {
        if tracer.stops { return .halted(.cancelled) }
        tracer.willAccess(access, world: host)
      }
      switch exit {
      case .stopped, .returned, .reverted:
        if T.observesSteps { tracer.didStep(FrameView(frame), halt: nil, world: host) }
        return exit == .stopped ? .stopped : exit == .returned ? .returned : .reverted
      case .halted:
        if T.observesSteps { tracer.didStep(FrameView(frame), halt: frame.pointee.halt, world: host) }
        return .halted(frame.pointee.halt)
      case .stepped:
        if T.observesSteps { tracer.didStep(FrameView(frame), halt: nil, world: host) }
      case .call, .callCode, .delegateCall, .staticCall, .create, .create2:
        do throws(Halt) {
          let opened =
            exit == .create || exit == .create2
            ? try openCreate(salted: exit == .create2, &host, &tracer) : try openCall(CallKind(exit), &host, &tracer)
          if opened {
            if let failed = begin() { return failed }
          } else if T.observesSteps {
            tracer.didStep(FrameView(frame), halt: nil, world: host)
          }
        } catch {
          if T.observesSteps { tracer.didStep(FrameView(frame), halt: error, world: host) }
          return .halted(error)
        }
      case .selfDestruct:
        do throws(Halt) {
          try selfDestruct(&host, &tracer)
          if T.observesSteps { tracer.didStep(FrameView(frame), halt: nil, world: host) }
          return .selfDestructed
        } catch {
          if T.observesSteps { tracer.didStep(FrameView(frame), halt: error, world: host) }
          return .halted(error)
        }
      default:
        do throws(Halt) {
          try perform(exit, &host, &tracer)
          if T.observesSteps { tracer.didStep(FrameView(frame), halt: nil, world: host) }
        } catch {
          if T.observesSteps { tracer.didStep(FrameView(frame), halt: error, world: host) }
          return .halted(error)
        }
      }
    }
  }

  /// Ends the execution.
  @inlinable
  mutating func finish(
    _ status: FrameStatus, _ meter: inout Meter, _ host: H, _ tracer: inout T
  ) -> ExecutionResult {
    // After a fatal halt the frames above are open still.
    while frame.pointee.depth > 0 {
      if T.isActive { leave(status, UnsafeRawBufferPointer(start: nil, count: 0), frame, host, &tracer) }
      frame.pointee.end()
      frame = pool.frame(frame.pointee.depth - 1)
    }
    var output: [UInt8] = []
    switch status {
    case .returned, .reverted: output = Array(frame.pointee.operandBytes)
    case .halted: frame.pointee.meter.exhaustGas()
    case .stopped, .selfDestructed: break
    }
    meter = frame.pointee.meter
    frame.pointee.end()
    pool.trim(to: deepest)
    return ExecutionResult(status: status, output: output, returnedBytes: returnedBytes &+ output.count)
  }
}

extension CallKind {
  @inlinable init(_ exit: Exit) {
    switch exit {
    case .callCode: self = .callCode
    case .delegateCall: self = .delegateCall
    case .staticCall: self = .staticCall
    default: self = .call
    }
  }
}
