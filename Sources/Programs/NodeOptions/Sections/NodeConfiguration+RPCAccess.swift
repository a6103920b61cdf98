extension NodeConfiguration {
  /// Who may call JSON-RPC, from where, what, and how much of it.
  public struct RPCAccess: OptionSection {
    static let title = "JSON-RPC: access"

    /// Origins in lower case; one is `*` where all are allowed.
    public var corsOrigins: [String]
    /// Names in lower case; none where all are served.
    public var allowedHosts: [String]
    /// Names of methods and of namespaces.
    public var enabledMethods: [String]
    public var disabledMethods: [String]
    public var protectedMethods: [String]
    /// What those who call protected methods show; empty for none.
    public var token: String
    /// Path of the file with the secret of JSON Web Tokens; empty for none.
    public var secretFile: String
    public var maxGasPerConnection: UInt64
    public var maxGasPerAddress: UInt64
    public var maxBytesPerConnection: UInt64
    public var maxBytesPerAddress: UInt64
    public var budgetBurst: Duration

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      corsOrigins = try read(
        "rpc_cors_origins", default: "*", .lowercaseList,
        "origins such as https://app.example whose pages may call from a browser, * for all, nothing for none")
      allowedHosts = try read(
        "rpc_allowed_hosts", default: "", .lowercaseList,
        "names that a request may be for beside addresses (DNS rebinding), as in its Host header; nothing for all")
      enabledMethods = try read(
        "rpc_enabled_methods", default: "", .list,
        "namespaces, such as eth, and names of methods that are served; nothing for all")
      disabledMethods = try read(
        "rpc_disabled_methods", default: "", .list,
        "namespaces and names of methods that are not; a name counts more than a namespace")
      protectedMethods = try read(
        "rpc_protected_methods", default: "", .list,
        "namespaces, such as debug and admin, and names of methods that need a token")
      token = try read(
        "rpc_token", default: "", .secret, "what calls of these show, as Authorization: Bearer")
      secretFile = try read(
        "rpc_jwt_secret", default: "", .optionalPath,
        "file with 32 bytes in hexadecimal: what they show may also be a JWT, signed with it (HS256) within a minute")
      maxGasPerConnection = try read(
        "rpc_max_gas_per_connection", default: "0", .unsigned(0...(1 << 50)),
        "gas a second that calls of one connection execute; 0 for any amount")
      maxGasPerAddress = try read(
        "rpc_max_gas_per_address", default: "0", .unsigned(0...(1 << 50)),
        "the same for all connections of one address (IPv6: one /64)")
      maxBytesPerConnection = try read(
        "rpc_max_bytes_per_connection", default: "0", .unsigned(0...(1 << 50)),
        "bytes a second of the requests and answers of one connection; 0 for any amount")
      maxBytesPerAddress = try read(
        "rpc_max_bytes_per_address", default: "0", .unsigned(0...(1 << 50)), "the same for one address")
      budgetBurst = try read(
        "rpc_budget_burst", default: "10s", .duration, "for how long a client may save of that what it does not use")
    }
  }
}
