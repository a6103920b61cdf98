import JSONRPC
import Primitives

extension OptionForm<[RPCEndpoint]> {
  /// URLs with commas between them, or nothing. They may hold secrets, so that what is wrong with one is said without it.
  static var endpoints: Self {
    OptionForm(
      "a list of URLs such as https://host[:port][/path] or ws://host:port, separated by commas", isSecret: true,
      isList: true
    ) { text in
      let items = text.split(separator: ",").map(\.trimmingSpaces)
      let endpoints = items.compactMap { RPCEndpoint(String($0)) }
      return endpoints.count == items.count ? endpoints : nil
    }
  }
}

extension OptionForm<Address> {
  /// 0x and 40 hexadecimal digits.
  static var address: Self { OptionForm("an address, 0x and 40 hexadecimal digits") { Address(hex: $0) } }
}
