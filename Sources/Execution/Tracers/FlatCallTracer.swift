// flatCallTracer: the tree of calls as a list, in the form that Parity began.

import EVM
import JSON
import Primitives

/// Collects geth's `flatCallTracer` result: each call with the path that leads to it (`traceAddress`), callers first.
/// Calls of precompiles are left out, as in Parity's traces.
public struct FlatCallTracer: Tracer {
  /// geth's options, with the same meaning.
  public struct Options: Sendable, Equatable {
    /// Tell errors in Parity's words.
    public var convertParityErrors: Bool
    /// List calls of precompiles too.
    public var includePrecompiles: Bool

    public init(convertParityErrors: Bool = false, includePrecompiles: Bool = false) {
      self.convertParityErrors = convertParityErrors
      self.includePrecompiles = includePrecompiles
    }
  }

  private let options: Options
  private let isPrecompile: @Sendable (Address) -> Bool
  private var tree: CallTree

  /// - Parameters:
  ///   - isPrecompile: whether there is a precompile at an address.
  ///   - byteLimit: bytes that may be collected; what comes after that many is left out, and ``isTooLarge`` says so.
  public init(
    _ options: Options = Options(), isPrecompile: @escaping @Sendable (Address) -> Bool, byteLimit: Int = .max
  ) {
    self.options = options
    self.isPrecompile = isPrecompile
    tree = CallTree(onlyOutermost: false, byteLimit: byteLimit)
  }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { false }

  /// Whether something is left out because of the limit.
  public var isTooLarge: Bool { tree.isTooLarge }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {}
  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}
  public mutating func enter(_ event: FrameEvent, world: some WorldReader) { tree.enter(event) }

  public mutating func leave(_ end: FrameEnd, world: some WorldReader) {
    tree.leave(end) { call in
      !options.includePrecompiles && (call.kind == .call || call.kind == .staticCall) && isPrecompile(call.to)
    }
  }

  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}

  /// Tells what became of the transaction as a whole.
  public mutating func finish(_ transaction: TracedTransaction) { tree.finish(transaction) }

  /// Writes the JSON array of the calls.
  ///
  /// - Parameter place: of the transaction; a call that is in no block has none, and nulls in its stead.
  public func write(_ place: TracedTransaction.Place?, to text: TraceText) {
    var path: [Int] = []
    text.json.beginArray()
    for call in tree.calls {
      // Where the call before it stood, the next one of its siblings stands.
      if call.depth > 0 {
        if call.depth > path.count {
          path.append(0)
        } else {
          path.removeLast(path.count - call.depth)
          path[call.depth - 1] += 1
        }
      }
      write(call, path, place, &text.json)
      text.pass()
    }
    text.json.endArray()
  }

  private func write(
    _ call: CallTree.Call, _ path: [Int], _ place: TracedTransaction.Place?, _ json: inout JSONWriter
  ) {
    let error = call.status?.gethMessage
    json.beginObject()
    json.key("action")
    writeAction(call, &json)
    json.key("blockHash")
    if let place { json.data(place.blockHash) } else { json.null() }
    json.key("blockNumber")
    json.number(place?.blockNumber ?? 0)
    if let error {
      json.key("error")
      json.string(options.convertParityErrors ? call.status?.parityMessage ?? error : error)
    }
    if call.kind != .selfDestruct, error == nil || call.status == .reverted {
      json.key("result")
      writeResult(call, &json)
    }
    json.key("subtraces")
    json.number(call.children)
    json.key("traceAddress")
    json.beginArray()
    for step in path { json.number(step) }
    json.endArray()
    json.key("transactionHash")
    if let place { json.data(place.hash) } else { json.null() }
    json.key("transactionPosition")
    json.number(place?.index ?? 0)
    json.key("type")
    json.string(call.kind == .selfDestruct ? "suicide" : call.creates ? "create" : "call")
    json.endObject()
  }

  private func writeAction(_ call: CallTree.Call, _ json: inout JSONWriter) {
    json.beginObject()
    if call.kind == .selfDestruct {
      json.key("address")
      json.data(call.from)
      json.key("balance")
      json.quantity(call.value ?? .zero)
      json.key("refundAddress")
      json.data(call.to)
    } else {
      if call.creates {
        json.key("creationMethod")
      } else {
        json.key("callType")
      }
      json.string(call.kind.rawValue.lowercased())
      json.key("from")
      json.data(call.from)
      json.key("gas")
      json.quantity(UInt64(max(0, call.gas)))
      if call.creates {
        json.key("init")
      } else {
        json.key("input")
      }
      tree.write(call.input, to: &json)
      if !call.creates {
        json.key("to")
        json.data(call.to)
      }
      json.key("value")
      json.quantity(call.value ?? .zero)
    }
    json.endObject()
  }

  private func writeResult(_ call: CallTree.Call, _ json: inout JSONWriter) {
    json.beginObject()
    if call.creates {
      if call.status?.succeeded == true {
        json.key("address")
        json.data(call.to)
      }
      json.key("code")
      tree.write(call.output, to: &json)
    }
    json.key("gasUsed")
    json.quantity(UInt64(max(0, call.gasUsed)))
    if !call.creates {
      json.key("output")
      tree.write(call.output, to: &json)
    }
    json.endObject()
  }
}

extension FrameStatus {
  /// Parity's word for a failure, where it has one of its own.
  fileprivate var parityMessage: String? {
    guard case .halted(let halt) = self else { return self == .reverted ? "Reverted" : nil }
    return switch halt {
    case .outOfGas, .memoryLimit, .operandTooLarge, .codeDepositOutOfGas, .codeTooLarge: "Out of gas"
    case .invalidJump: "Bad jump destination"
    case .returnDataOutOfBounds: "Out of bounds"
    case .stackOverflow: "Out of stack"
    case .stackUnderflow: "Stack underflow"
    case .undefinedOpcode, .invalidOpcode: "Bad instruction"
    case .precompileFailure: "Built-in failed"
    default: nil
    }
  }
}
