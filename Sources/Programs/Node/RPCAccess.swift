import Concurrency
import Files
import HTTP
import JSONRPC
import NodeOptions
import Primitives

/// What the operator's options say of who may call JSON-RPC, from where, what, and how much of it.
struct RPCAccess {
  let http: HTTPAccess
  /// `nil` where nobody needs to show anything.
  let authorization: RPCAuthorization?
  /// `nil` where nothing is limited.
  let budgets: RPCBudgets?
  private let options: NodeConfiguration.RPCAccess

  init(_ options: NodeConfiguration.RPCAccess) throws(StartError) {
    self.options = options
    let origins: HTTPAccess.Origins =
      if options.corsOrigins.contains("*") {
        .any
      } else if options.corsOrigins.isEmpty {
        .none
      } else {
        .listed(Set(options.corsOrigins))
      }
    http = HTTPAccess(origins: origins, hosts: Set(options.allowedHosts))
    if !options.token.isEmpty, options.token.count < Exposure.minTokenLength { throw .shortToken("rpc_token") }
    let secret = options.secretFile.isEmpty ? nil : try Self.secret(in: options.secretFile)
    let hasToken = !options.token.isEmpty || secret != nil
    if !options.protectedMethods.isEmpty, !hasToken { throw .unreachableMethods }
    authorization =
      hasToken ? RPCAuthorization(token: options.token.isEmpty ? nil : options.token, secret: secret) : nil
    let perConnection = RPCBudgets.Rates(gas: options.maxGasPerConnection, bytes: options.maxBytesPerConnection)
    let perAddress = RPCBudgets.Rates(gas: options.maxGasPerAddress, bytes: options.maxBytesPerAddress)
    let isLimited = perConnection != RPCBudgets.Rates() || perAddress != RPCBudgets.Rates()
    budgets =
      isLimited
      ? RPCBudgets(
        perConnection: perConnection, perAddress: perAddress,
        seconds: max(1, options.budgetBurst.nanoseconds / 1_000_000_000)) : nil
  }

  /// The methods that are served, of all there are, those with a token among them.
  func methods(of all: MethodTable) throws(StartError) -> MethodTable {
    let names = Set(all.documentation.map(\.name)), namespaces = Set(all.documentation.map { String($0.namespace) })
    for (option, words) in [
      ("rpc_enabled_methods", options.enabledMethods), ("rpc_disabled_methods", options.disabledMethods),
      ("rpc_protected_methods", options.protectedMethods),
    ] {
      if let word = words.first(where: { !names.contains($0) && !namespaces.contains($0) }) {
        throw .unknownMethod(word, option: option)
      }
    }
    var table = served(all)
    // It tells of what is left.
    if isServed("rpc_modules") { table.addModules() }
    return table
  }

  /// Those of `methods` that are served, whatever else there is.
  func served(_ methods: MethodTable) -> MethodTable {
    var table = methods
    table.keep(where: isServed)
    let protected = Set(options.protectedMethods)
    table.protect { protected.contains($0) || protected.contains(Self.namespace(of: $0)) }
    return table
  }

  /// What is said of a name counts more than what is said of its namespace; otherwise what is switched off is off.
  private func isServed(_ name: String) -> Bool {
    let namespace = Self.namespace(of: name)
    if options.disabledMethods.contains(name) { return false }
    if options.enabledMethods.contains(name) { return true }
    if options.disabledMethods.contains(namespace) { return false }
    return options.enabledMethods.isEmpty || options.enabledMethods.contains(namespace)
  }

  private static func namespace(of name: String) -> String { String(name.prefix { $0 != "_" }) }

  /// Thirty-two bytes in hexadecimal, with or without `0x`, as clients of geth's engine API have them.
  private static func secret(in path: String) throws(StartError) -> [UInt8] {
    let text: [UInt8]
    do { text = try Files.read(path) } catch { throw .cannotRead(path: path, reason: error.reason) }
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    let digits = String(decoding: text, as: UTF8.self).drop(while: isSpace)
    guard let end = digits.lastIndex(where: { !isSpace($0) }), let secret = Hex.decode(digits[...end]),
      secret.count == 32
    else { throw .unusableSecret(path: path) }
    return secret
  }
}
