import Dispatch
import Glibc
import Logging
import Node
import NodeOptions
import Telemetry

/// The node as a program: reads its configuration, runs until it is told to stop, and says in one line why it does not.
@main
struct Main {
  static func main() async {
    // Arguments are read there, and the threads of Dispatch count themselves there, or trap.
    guard access("/proc/self/task", R_OK) == 0 else {
      complain("there is no /proc: mount it")
      exit(2)
    }
    var arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.contains("--version") {
      print(Version.text)
      return
    }
    let configuration: NodeConfiguration
    let warnings: [EnvironmentWarning]
    do {
      if arguments.contains("--help") || arguments.contains("-h") {
        print(try NodeConfiguration.help())
        return
      }
      let prints = take("--print-config", from: &arguments)
      let onlyChanges = prints && take("--diff", from: &arguments)
      configuration = try NodeConfiguration.load(environment: environment, arguments: arguments)
      if prints { return print(configuration.printed(onlyChanges: onlyChanges)) }
      warnings = try EnvironmentWarning.all(in: environment)
    } catch {
      complain("\(error)")
      exit(2)
    }
    let terminal = terminal(configuration)
    startLogging(configuration, quiet: terminal != nil)
    let log = Logger(label: "node")
    for warning in warnings { log.warning("\(warning)") }
    do {
      let node = try await Node.start(configuration, log: log, terminal: terminal)
      let failure = await firstOf(stopSignal: StopSignal(), failureOf: node)
      let code: Int32 = failure == nil ? 0 : 1
      // Without the handlers of `exit`, which would wait for what does not end.
      await node.stop(within: configuration.operations.shutdownGrace) { _exit(code) }
      exit(code)
    } catch {
      complain("\(error)")
      exit(1)
    }
  }

  /// Whether a flag is among the arguments, which it then no longer is.
  private static func take(_ flag: String, from arguments: inout [String]) -> Bool {
    let count = arguments.count
    arguments.removeAll { $0 == flag }
    return arguments.count < count
  }

  /// Waits for Ctrl-C, SIGTERM, SIGHUP, or the failure of the node, whose reason it returns.
  private static func firstOf(stopSignal: StopSignal, failureOf node: Node) async -> String? {
    await withTaskGroup(of: String?.self) { group in
      group.addTask {
        await stopSignal.wait()
        return nil
      }
      group.addTask { await node.failure() }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
  }

  /// Whoever looks on, where the node is to speak to a person.
  private static func terminal(_ configuration: NodeConfiguration) -> Terminal? {
    switch configuration.operations.terminalOutput {
    case .never: nil
    case .always: Terminal()
    case .auto: TerminalStyle.isTerminal && configuration.operations.logFormat == .text ? Terminal() : nil
    }
  }

  /// - Parameter quiet: whether somebody looks on who is told of what happens in other words than those of the log.
  private static func startLogging(_ configuration: NodeConfiguration, quiet: Bool) {
    let level = configuration.operations.logLevel
    let filter = LogDirectives(
      directives: environment["RUST_LOG"] ?? (quiet && level == .info ? LogLevel.warning : level).rawValue)
    let format: LineLogHandler.Format = configuration.operations.logFormat == .json ? .json : .text
    let style = TerminalStyle.standardOutput
    if format == .text { LiveLine.standardOutput.turnOn() }
    LoggingSystem.bootstrap { filter.makeHandler(label: $0, format: format, style: style) }
  }

  private static func complain(_ text: String) {
    let line = Array("sequencer: \(text)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  private static var environment: [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let pointer = entry.pointee {
      let parts = String(cString: pointer).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return variables
  }
}

/// SIGINT, SIGTERM and SIGHUP as something to wait for. The sources are only kept alive here, never touched again.
final class StopSignal: @unchecked Sendable {
  private let stream: AsyncStream<Void>
  private let sources: [any DispatchSourceSignal]

  init() {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    self.stream = stream
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield() }
      source.resume()
      return source
    }
  }

  func wait() async {
    for await _ in stream { return }
  }
}
