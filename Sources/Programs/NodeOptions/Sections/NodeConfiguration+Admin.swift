extension NodeConfiguration {
  /// What operators tell a node that runs.
  public struct Admin: OptionSection {
    static let title = "Administration"

    public var isEnabled: Bool
    public var address: Endpoint
    /// Empty where none is asked for.
    public var token: String

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      isEnabled = try read(
        "admin_enabled", default: "true", .boolean, "whether the node can be told to make checkpoints while it runs")
      address = try read(
        "admin_address", default: "127.0.0.1:3313", .endpoint,
        "where it is told so; on an address that other machines reach, admin_token must be set")
      token = try read(
        "admin_token", default: "", .secret,
        "what requests there must show, as Authorization: Bearer; at least 16 characters")
    }
  }
}
