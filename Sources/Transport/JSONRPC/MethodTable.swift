import JSON

/// The methods of a server by their names. It knows nothing of Ethereum.
public struct MethodTable: Sendable {
  /// Where a method runs.
  public enum Execution: Int, Comparable, Sendable {
    /// On the event loop: for what is in memory and takes microseconds.
    case inline
    /// On the worker pool: for what computes a little or may wait for the disk.
    case pooled
    /// On threads of its own: for what a client can make take long, so that it does not stand in the way of the rest.
    case heavy

    public static func < (a: Execution, b: Execution) -> Bool { a.rawValue < b.rawValue }
  }

  /// Takes its parameters and writes exactly one value. What it wrote before throwing is forgotten.
  public typealias Handler =
    @Sendable (inout Parameters, RPCContext, inout JSONWriter) throws(RPCError) -> Void

  /// Takes its parameters, and answers when it can.
  public typealias DeferredHandler =
    @Sendable (inout Parameters, RPCContext, DeferredReply) throws(RPCError) -> Void

  /// Answers on the event loop where all that it needs is in memory and writing it takes microseconds; false, and what it
  /// has written is forgotten, where not.
  public typealias ImmediateHandler =
    @Sendable (inout Parameters, RPCContext, inout JSONWriter) throws(RPCError) -> Bool

  struct Method: Sendable {
    let documentation: MethodDocumentation
    let handler: Handler
    /// How a call is made that stands alone, where that is another way.
    var deferred: DeferredHandler?
    /// How a call that stands alone is tried before it goes to a thread.
    var immediate: ImmediateHandler?
    /// Whether it is only for those who show a token.
    var isProtected = false

    var name: String { documentation.name }
    var execution: Execution { documentation.execution }
  }

  /// By a hash of the name, which saves building a string for each call; two names never share one, see `add`.
  private var methods: [UInt64: Method] = [:]
  /// What is said of any other method while not all of them can be served; `nil` once they are.
  private let absence: (@Sendable () -> RPCError)?

  public init() { absence = nil }

  /// The methods of a server that cannot serve most of them yet.
  ///
  /// - Parameter absence: what whoever calls another one is told.
  public init(otherwise absence: @escaping @Sendable () -> RPCError) { self.absence = absence }

  /// Whether methods may be missing that there will be.
  var isPartial: Bool { absence != nil }

  /// What is said of a method that is not in the table.
  func refusal(ofUnknown name: String) -> RPCError { absence?() ?? .methodNotFound(name) }

  /// Adds a method, in place of one of the same name, with what its documentation says.
  ///
  /// - Parameters:
  ///   - isWhole: whether its answers are given however long they are.
  ///   - immediate: how a call that stands alone is tried before it goes to a thread; it knows the errors of `handler` or
  ///     leaves them to it.
  public mutating func add(
    _ name: String, _ execution: Execution, _ summary: String = "",
    parameters: [MethodDocumentation.Parameter] = [], result: String = "",
    refusals: [MethodDocumentation.Refusal] = [], differences: String = "", isWhole: Bool = false,
    immediate: ImmediateHandler? = nil, _ handler: @escaping Handler
  ) {
    insert(
      Method(
        documentation: MethodDocumentation(
          name: name, execution: execution, summary: summary, parameters: parameters, result: result,
          refusals: refusals, differences: differences, isWhole: isWhole),
        handler: handler, immediate: immediate))
  }

  /// Adds a method under several names.
  public mutating func add(
    _ names: [String], _ execution: Execution, _ summary: String, parameters: [MethodDocumentation.Parameter] = [],
    result: String, refusals: [MethodDocumentation.Refusal] = [], _ handler: @escaping Handler
  ) {
    for name in names {
      add(name, execution, summary, parameters: parameters, result: result, refusals: refusals, handler)
    }
  }

  /// Adds a method that waits for something before it answers. In a batch, whose calls run one after the other, it is
  /// refused.
  ///
  /// - Parameter inBatch: how it is answered there all the same.
  public mutating func addDeferred(
    _ name: String, _ execution: Execution, _ summary: String = "",
    parameters: [MethodDocumentation.Parameter] = [], result: String = "",
    refusals: [MethodDocumentation.Refusal] = [], differences: String = "", inBatch: Handler? = nil,
    _ handler: @escaping DeferredHandler
  ) {
    let amongOthers: Handler
    if let inBatch {
      amongOthers = inBatch
    } else {
      amongOthers = { (_, _, _) throws(RPCError) in throw .invalidRequest("\(name) cannot be part of a batch") }
    }
    insert(
      Method(
        documentation: MethodDocumentation(
          name: name, execution: execution, summary: summary, parameters: parameters, result: result,
          refusals: refusals, differences: differences, isWhole: false),
        handler: amongOthers,
        deferred: handler))
  }

  /// Adds the methods of `other`, in place of those of the same name.
  public mutating func merge(_ other: MethodTable) {
    for method in other.methods.values { insert(method) }
  }

  /// Keeps only the methods that `isServed` wants, by their names.
  public mutating func keep(where isServed: (String) -> Bool) { methods = methods.filter { isServed($0.value.name) } }

  /// Has a token demanded of those who call the methods that `isProtected` wants it for, by their names.
  public mutating func protect(where isProtected: (String) -> Bool) {
    methods = methods.mapValues { method in
      var method = method
      method.isProtected = method.isProtected || isProtected(method.name)
      return method
    }
  }

  private mutating func insert(_ method: Method) {
    let key = Array(method.name.utf8).withUnsafeBufferPointer(Self.hash)
    precondition(methods[key].map { $0.name == method.name } ?? true, "two method names have the same hash")
    methods[key] = method
  }

  /// What is known of each method, sorted by name.
  public var documentation: [MethodDocumentation] {
    methods.values.map(\.documentation).sorted { $0.name < $1.name }
  }

  func method(named name: UnsafeBufferPointer<UInt8>) -> Method? {
    guard let method = methods[Self.hash(name)], method.name.utf8.elementsEqual(name) else { return nil }
    return method
  }

  /// FNV-1a. The table is fixed when the server starts, so nobody gains by finding collisions.
  private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}
