import JSONRPC
import NIOCore
import NIOSSL

/// Where a feed is, and how it is reached.
struct FeedPlace: Sendable {
  let endpoint: RPCEndpoint
  let token: String?
  let tls: NIOSSLContext?
  let loop: any EventLoop
}
