import HTTP
import NodeOptions

/// Why the node did not start, besides what configuration and stores say themselves. One line each.
enum StartError: Error, CustomStringConvertible {
  case cannotCreate(path: String, reason: String)
  case notAFolder(path: String)
  case cannotWrite(path: String, reason: String)
  case cannotRead(path: String, reason: String)
  case cannotListen(Endpoint, ListenError)
  case clockBeforeEpoch

  var description: String {
    switch self {
    case .cannotCreate(let path, let reason): "cannot create the folder \(path): \(reason)"
    case .notAFolder(let path): "\(path) is a file, where the database needs a folder"
    case .cannotWrite(let path, let reason): "cannot write to the folder \(path): \(reason)"
    case .cannotRead(let path, let reason): "cannot read \(path): \(reason)"
    case .cannotListen(let address, let error): "cannot listen on \(address): \(error)"
    case .clockBeforeEpoch: "the clock stands before 1970: set it"
    }
  }
}
