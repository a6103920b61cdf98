import Glibc
import HTTP
import JSON
import JSONRPC
import Logging
import NIOPosix
import SocketTesting
import Synchronization
import Telemetry

let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

/// A small table of methods: cheap ones, slow ones, failing ones.
func testMethods(_ hub: Hub = Hub()) -> MethodTable {
  var table = MethodTable()
  table.add("echo", .inline) { (parameters, _, writer) throws(RPCError) in
    writer.value(try parameters.required("value", as: JSONValue.self))
  }
  table.add("slowEcho", .pooled) { (parameters, _, writer) throws(RPCError) in
    writer.value(try parameters.required("value", as: JSONValue.self))
  }
  // Answers at once what is even and refuses nine; the rest is for a thread.
  table.add(
    "half", .pooled,
    immediate: { (parameters, _, writer) throws(RPCError) in
      let number = try parameters.required("number", as: UInt64.self)
      writer.beginArray()
      if number == 9 { throw .refused("nine") }
      guard number % 2 == 0 else { return false }
      writer.quantity(number / 2)
      writer.endArray()
      return true
    }
  ) { (parameters, _, writer) throws(RPCError) in
    writer.number(try parameters.required("number", as: UInt64.self))
  }
  table.add("sum", .inline) { (parameters, _, writer) throws(RPCError) in
    let first = try parameters.required("firstTerm", as: UInt64.self)
    writer.quantity(first + (try parameters.optional("secondTerm", as: UInt64.self) ?? 0))
  }
  table.add("fail", .inline) { (_, _, writer) throws(RPCError) in
    writer.beginObject()
    writer.key("half")
    throw RPCError(code: 3, message: "execution \"reverted\"", data: .bytes([1, 2]))
  }
  table.add("count", .pooled) { (_, _, writer) in writer.number(hub.count()) }
  table.add("big", .inline) { (parameters, _, writer) throws(RPCError) in
    writer.string(String(repeating: "x", count: Int(try parameters.required("size", as: UInt64.self))))
  }
  // Numbers as they come, until there are `count`, and then perhaps an error in the middle of an object.
  table.add("flood", .heavy) { (parameters, context, writer) throws(RPCError) in
    let count = try parameters.required("count", as: UInt64.self)
    let fails = try parameters.optional("fails", as: Bool.self) ?? false
    hub.spinning.add(1, ordering: .relaxed)
    defer { hub.spinning.subtract(1, ordering: .relaxed) }
    writer.beginObject()
    writer.key("numbers")
    writer.beginArray()
    for number in 0..<count {
      writer.number(number)
      try context.flow(&writer)
    }
    if fails {
      writer.beginObject()
      writer.key("next")
      throw .refused("enough")
    }
    writer.endArray()
    writer.endObject()
  }
  table.add("whole", .pooled, isWhole: true) { (parameters, _, writer) throws(RPCError) in
    writer.string(String(repeating: "x", count: Int(try parameters.required("size", as: UInt64.self))))
  }
  table.add("bulky", .pooled) { (parameters, _, writer) throws(RPCError) in
    writer.string(String(repeating: "x", count: Int(try parameters.required("size", as: UInt64.self))))
  }
  table.add("burn", .pooled) { (parameters, context, writer) throws(RPCError) in
    context.cancellation.count(try parameters.required("gas"))
    writer.boolean(true)
  }
  table.addDeferred("later", .pooled) { (_, _, reply) in reply.complete { $0.boolean(true) } }
  table.add("sleep", .pooled) { (_, _, writer) in
    usleep(700_000)
    writer.boolean(true)
  }
  // Works until it is cancelled or the hub lets it end; what it does is bounded all the same, by more than the time for
  // which a loaded machine may keep a test from its next step.
  table.add("spin", .heavy) { (_, context, writer) throws(RPCError) in
    hub.spinning.add(1, ordering: .relaxed)
    defer { hub.spinning.subtract(1, ordering: .relaxed) }
    for _ in 0..<240_000 where !hub.isReleased.load(ordering: .relaxed) {
      try context.checkCancellation()
      usleep(500)
    }
    writer.boolean(true)
  }
  table.add("heavyCount", .heavy) { (_, _, writer) in writer.number(hub.count()) }
  table.add("subscribe", .inline) { (_, context, writer) throws(RPCError) in
    guard let session = context.session else { throw .refused("notifications not supported") }
    let subscription = try session.subscribe(notifying: "news")
    hub.add(subscription)
    // On the event loop and before the reply: the reply must come first all the same.
    var notifications = Notifications()
    notifications.add(NotificationItem(json: Array("0".utf8)), to: subscription)
    notifications.send()
    writer.string(subscription.id)
  }
  table.add("unsubscribe", .inline) { (parameters, context, writer) throws(RPCError) in
    guard let session = context.session else { throw .refused("notifications not supported") }
    writer.boolean(session.unsubscribe(try parameters.required("id")))
  }
  return table
}

/// Counts calls and keeps subscriptions.
final class Hub: Sendable {
  private let state = Mutex((calls: 0, subscriptions: [Subscription]()))
  /// Calls of `spin` that run, and whether they may end.
  let spinning = Atomic<Int>(0)
  let isReleased = Atomic<Bool>(false)

  var calls: Int { state.withLock { $0.calls } }

  func count() -> Int {
    state.withLock {
      $0.calls += 1
      return $0.calls
    }
  }

  func add(_ subscription: Subscription) { state.withLock { $0.subscriptions.append(subscription) } }

  var open: [Subscription] { state.withLock { $0.subscriptions.filter(\.isOpen) } }

  /// Notifies all subscribers of the items, each written once.
  func publish(_ texts: String...) {
    var notifications = Notifications()
    for text in texts {
      let item = NotificationItem(json: Array(text.utf8))
      for subscription in open { notifications.add(item, to: subscription) }
    }
    notifications.send()
  }
}

/// The reply of a dispatcher to `message`, as text; `nil` for none.
func reply(
  _ message: String, to dispatcher: RPCDispatcher
) async -> String? {
  await withCheckedContinuation { continuation in
    dispatcher.handle(Array(message.utf8)) { reply in
      continuation.resume(returning: reply.map { String(buffer: $0.text) })
    }
  }
}

/// A server and what it says of itself.
struct TestServer: Sendable {
  let server: HTTPServer
  let dispatcher: RPCDispatcher
  let registry: MetricsRegistry

  var port: Int { server.port }
  var connectionCount: Int { server.connectionCount }

  /// The value of a metric with its labels, as they are exposed.
  func metric(_ name: String) -> Double? {
    registry.exposition.split(separator: "\n").first { $0.hasPrefix(name + " ") }
      .flatMap { Double($0.dropFirst(name.count + 1)) }
  }
}

/// Runs `body` against a server of its own.
func withRPCServer<R>(
  hub: Hub = Hub(), subscriptionLimit: Int = 1_024, poolLimit: Int = 100, heavyLimit: Int = 100,
  authorization: RPCAuthorization? = nil, protected: Set<String> = [], budgets: RPCBudgets? = nil,
  starting: MethodTable? = nil,
  _ adjust: (inout HTTPServer.Limits, inout RPCDispatcher.Limits) -> Void = { _, _ in },
  _ body: (TestServer) async throws -> R
) async throws -> R {
  var limits = HTTPServer.Limits()
  var dispatcherLimits = RPCDispatcher.Limits()
  // Those that are about the time set their own: on a loaded machine the others take as long as they take.
  dispatcherLimits.heavyTime = .minutes(2)
  adjust(&limits, &dispatcherLimits)
  let pool = WorkerPool(threads: 2, limit: poolLimit), heavyPool = WorkerPool(threads: 1, limit: heavyLimit)
  let registry = MetricsRegistry()
  let metrics = RPCMetrics(registry)
  var methods = starting ?? testMethods(hub)
  methods.protect { protected.contains($0) }
  let dispatcher = RPCDispatcher(
    methods: methods, pool: pool, heavyPool: heavyPool, limits: dispatcherLimits, metrics: metrics)
  let server = try await HTTPServer.start(
    RPCService(
      dispatcher, subscriptionLimit: subscriptionLimit, authorization: authorization, budgets: budgets,
      log: Logger(label: "test")), host: "127.0.0.1", port: 0, limits: limits, access: HTTPAccess(origins: .any),
    on: group)
  metrics.observe(server, dispatcher)
  let result: Result<R, any Error>
  do { result = .success(try await body(TestServer(server: server, dispatcher: dispatcher, registry: registry))) } catch
  {
    result = .failure(error)
  }
  await server.shutdown(grace: .milliseconds(50))
  await pool.shutdown()
  await heavyPool.shutdown()
  return try result.get()
}

func eventually(_ condition: () -> Bool) async -> Bool {
  for _ in 0..<4_000 {
    if condition() { return true }
    try? await Task.sleep(for: .milliseconds(5))
  }
  return condition()
}
