extension NodeConfiguration {
  /// The page about the node, for a browser.
  public struct WebPage: OptionSection {
    static let title = "Page"

    public var isEnabled: Bool
    public var address: Endpoint

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      isEnabled = try read(
        "web_page_enabled", default: "false", .boolean,
        "whether there is a page for browsers about what the chain is doing (make run has it)")
      address = try read(
        "web_page_address", default: "127.0.0.1:3051", .endpoint,
        "where the page is; beside a development L1 whoever reaches it sends for the accounts whose keys are known")
    }
  }
}
