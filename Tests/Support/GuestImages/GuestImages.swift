import Files
import Glibc
import ZKsyncOS

/// The images of the guests, where the environment names them.
package enum GuestImages {
  package static func isSet(_ version: ProtocolVersion, logging: Bool = false) -> Bool {
    path(version, logging: logging) != nil
  }

  /// The bytes of an image; `logging` asks for the one that says why it refuses a transaction.
  package static func bytes(_ version: ProtocolVersion, logging: Bool = false) throws -> [UInt8]? {
    try path(version, logging: logging).map { try Files.read($0) }
  }

  private static func path(_ version: ProtocolVersion, logging: Bool) -> String? {
    getenv("ZKSYNC_OS_\(logging ? "LOGGING_" : "")IMAGE_\(version.name.uppercased())").map { String(cString: $0) }
  }
}
