/// What is full when a request is refused as busy.
public enum BusyReason: String, Sendable, CaseIterable {
  case queue
  case heavyQueue = "heavy_queue"
  case connection
  case memory
  case budget
  case shutdown

  var description: String {
    switch self {
    case .queue: "the queue of requests is full"
    case .heavyQueue: "the queue of heavy requests is full"
    case .connection: "too many heavy requests on this connection"
    case .budget: "the client has used what it may"
    case .memory: "its memory for requests and responses is spent"
    case .shutdown: "it is shutting down"
    }
  }
}
