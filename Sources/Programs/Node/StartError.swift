import NodeOptions

/// Why the node did not start, besides what configuration and stores say themselves.
enum StartError: Error, CustomStringConvertible {
  case cannotCreate(path: String, reason: String)
  case cannotRead(path: String, reason: String)
  case cannotListen(Endpoint, reason: String)

  var description: String {
    switch self {
    case .cannotCreate(let path, let reason): "cannot create the folder \(path): \(reason)"
    case .cannotRead(let path, let reason): "cannot read \(path): \(reason)"
    case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
    }
  }
}
