import NIOCore
import NIOSSL

extension RPCEndpoint {
  /// What a connection with TLS needs; `nil` for an address without.
  ///
  /// - Parameter certificates: the path of a PEM file with those that a server is trusted by; `nil` for the system's.
  package func tlsContext(certificates: String?) throws(RPCClientError) -> NIOSSLContext? {
    guard scheme.isSecure else { return nil }
    var configuration = TLSConfiguration.makeClientConfiguration()
    if let certificates { configuration.trustRoots = .file(certificates) }
    do { return try NIOSSLContext(configuration: configuration) } catch { throw .badCertificates("\(error)") }
  }

  /// TLS by name, or by address where there is no name: a certificate is checked against either.
  package func tlsHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
    let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
    return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
  }
}
