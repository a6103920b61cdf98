// The tracers that a client asked for, together as one.

import Concurrency
import EVM
import JSON
import Primitives

/// How closely a ``TracerSet`` looks.
public protocol TraceDetail: Sendable {
  static var observesSteps: Bool { get }
}

/// Sees calls, logs and what is reached in the state: code runs as fast as it does untraced.
public enum CallsOnly: TraceDetail {
  public static var observesSteps: Bool { false }
}

/// Sees every instruction.
public enum EveryStep: TraceDetail {
  public static var observesSteps: Bool { true }
}

/// The tracers that a ``TraceKind`` names, over one execution.
///
/// `Detail` must see what the kind needs (``TraceKind/observesSteps``). A set that has collected more than it may, or for
/// which nobody waits any more, ends the execution within a few instructions where it sees those, and at the next that
/// reaches into the state where it does not.
public struct TracerSet<Detail: TraceDetail>: Tracer {
  private let kind: TraceKind
  private let byteLimit: Int
  private let cancellation: Cancellation?
  private let text: TraceText
  private var steps: StructLogger?
  private var calls: CallTracer?
  private var flatCalls: FlatCallTracer?
  private var prestate: PrestateTracer?
  private var fourBytes: FourByteTracer?
  private let changedByCall: @Sendable (FrameEvent) -> Address?
  /// What was found when it was looked last whether the execution is to end, and the steps before that is done again.
  private var hasStopped = false
  private var stepsToLook = 0

  private static var lookEvery: Int { 32 }

  /// - Parameters:
  ///   - byteLimit: bytes that each of the tracers may collect.
  ///   - firstLog: logs that are before the transaction in its block.
  ///   - text: gets one JSON value, at the end or, where it is long, from the beginning on.
  ///   - isPrecompile: whether there is a precompile at an address.
  ///   - changedByCall: an account that a call changes without an instruction or a transfer, as calls of system contracts do.
  public init(
    _ kind: TraceKind, byteLimit: Int, firstLog: Int = 0, into text: TraceText, cancellation: Cancellation?,
    isPrecompile: @escaping @Sendable (Address) -> Bool,
    changedByCall: @escaping @Sendable (FrameEvent) -> Address? = { _ in nil }
  ) {
    self.kind = kind
    self.changedByCall = changedByCall
    self.byteLimit = byteLimit
    self.cancellation = cancellation
    self.text = text
    add(kind, firstLog, isPrecompile)
  }

  private mutating func add(
    _ kind: TraceKind, _ firstLog: Int, _ isPrecompile: @escaping @Sendable (Address) -> Bool
  ) {
    switch kind {
    case .structLogs(var options):
      options.byteLimit = min(options.byteLimit, byteLimit)
      steps = StructLogger(options: options, into: text)
    case .calls(let options): calls = CallTracer(options, byteLimit: byteLimit, firstLog: firstLog)
    case .flatCalls(let options):
      flatCalls = FlatCallTracer(options, isPrecompile: isPrecompile, byteLimit: byteLimit)
    case .prestate(let options): prestate = PrestateTracer(options, byteLimit: byteLimit)
    case .fourByte: fourBytes = FourByteTracer(isPrecompile: isPrecompile)
    case .nothing: break
    case .several(let kinds): for kind in kinds { add(kind, firstLog, isPrecompile) }
    }
  }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { Detail.observesSteps }
  public static var observesAccesses: Bool { true }

  /// Whether something is left out because of the limit.
  public var isTooLarge: Bool {
    steps?.isTruncatedByBytes == true || calls?.isTooLarge == true || flatCalls?.isTooLarge == true
      || prestate?.isTooLarge == true
  }

  public var stops: Bool { Detail.observesSteps ? hasStopped : isCutShort }

  /// Whether the execution ends, or has ended, before its time.
  public var isCutShort: Bool { text.isCut || isTooLarge || cancellation?.isCancelled == true }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {
    stepsToLook &-= 1
    if stepsToLook < 0 {
      stepsToLook = Self.lookEvery
      hasStopped = isCutShort
    }
    steps?.willStep(frame, world: world)
  }

  public mutating func willAccess(_ access: StateAccess, world: some WorldReader) {
    prestate?.willAccess(access, world: world)
  }

  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {
    steps?.didStep(frame, halt: halt, world: world)
  }

  public mutating func enter(_ event: FrameEvent, world: some WorldReader) {
    steps?.enter(event, world: world)
    calls?.enter(event, world: world)
    flatCalls?.enter(event, world: world)
    prestate?.enter(event, world: world)
    if prestate != nil, let address = changedByCall(event) { prestate?.touch(address, world: world) }
    fourBytes?.enter(event, world: world)
  }

  public mutating func leave(_ end: FrameEnd, world: some WorldReader) {
    calls?.leave(end, world: world)
    flatCalls?.leave(end, world: world)
  }

  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {
    calls?.log(address, topics: topics, data: data)
  }

  /// Notes the accounts that the transaction touches outside of its calls, before it does.
  public mutating func touch(_ addresses: [Address], world: some WorldReader) {
    for address in addresses { prestate?.touch(address, world: world) }
  }

  /// Ends the JSON value, once the transaction is over.
  ///
  /// - Parameter world: the state after it.
  public mutating func finish(_ transaction: TracedTransaction, world: some WorldReader) {
    calls?.finish(transaction)
    flatCalls?.finish(transaction)
    write(kind, transaction, world)
  }

  private mutating func write(_ kind: TraceKind, _ transaction: TracedTransaction, _ world: some WorldReader) {
    switch kind {
    case .structLogs:
      steps?.end(gasUsed: transaction.gasUsed, failed: !transaction.succeeded, output: transaction.output)
    case .calls: calls?.write(to: text)
    case .flatCalls: flatCalls?.write(transaction.place, to: text)
    case .prestate: if let prestate { text.json.raw(prestate.result(after: world)) }
    case .fourByte: if let fourBytes { text.json.raw(fourBytes.result) }
    case .nothing:
      text.json.beginObject()
      text.json.endObject()
    case .several(let kinds):
      text.json.beginObject()
      for kind in kinds {
        guard let name = kind.name else { continue }
        text.json.key(name)
        write(kind, transaction, world)
      }
      text.json.endObject()
    }
  }
}
