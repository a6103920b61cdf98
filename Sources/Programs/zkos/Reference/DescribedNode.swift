import Files
import Glibc
import Logging
import Node
import NodeOptions

/// A node in a temporary folder, with every part switched on, that is asked what it offers and then ended. What the pages
/// say of methods and metrics is therefore what a node has, not what somebody remembered to list.
enum DescribedNode {
  static func with<R: Sendable>(_ body: (Node) throws -> R) async throws -> R {
    var template = Array("/tmp/zkos-reference-XXXXXX".utf8CString)
    let path = try template.withUnsafeMutableBufferPointer { buffer in
      guard let name = buffer.baseAddress, mkdtemp(name) != nil else { throw ReferenceError.noTemporaryFolder }
      return String(cString: name)
    }
    defer { Files.remove(path) }
    let configuration = try NodeConfiguration.load(
      environment: [
        "RPC_ADDRESS": "127.0.0.1:0", "METRICS_ADDRESS": "127.0.0.1:0", "PROVER_API_ADDRESS": "127.0.0.1:0",
        "ADMIN_ADDRESS": "127.0.0.1:0",
        "PROVER_API_COMPONENT_ENABLED": "true", "DEVELOPMENT_METHODS_ENABLED": "true",
        "SEQUENCER_ROCKS_DB_PATH": path, "ARCHIVE_PATH": path,
        "PRUNING_KEPT_PROOFS": "1",
      ], arguments: [])
    LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
    let node = try await Node.start(configuration, log: Logger(label: "reference"))
    let result = Result { try body(node) }
    await node.stop()
    return try result.get()
  }
}

enum ReferenceError: Error, CustomStringConvertible {
  case noTemporaryFolder

  var description: String { "cannot make a folder in /tmp" }
}
