import Cryptography
import HTTP
import NIOCore
import Primitives

/// A file of the page: it is part of the program, and browsers ask each time whether theirs is still the same.
struct PageFile: Sendable {
  private let bytes: [UInt8]
  private let type: String
  /// A hash of the bytes, in quotation marks, as HTTP names versions.
  private let tag: String

  init(_ bytes: [UInt8], type: String) {
    self.bytes = bytes
    self.type = type
    tag = "\"\(Hex.encode(Keccak256.hash(bytes).bytes.prefix(12), prefix: ""))\""
  }

  func response(to request: HTTPRequest) -> HTTPResponse {
    let isKnown = request.headers[canonicalForm: "if-none-match"].contains { $0 == tag || $0 == "W/\(tag)" }
    var response =
      isKnown ? HTTPResponse(.notModified) : HTTPResponse(.ok, contentType: type, body: ByteBuffer(bytes: bytes))
    response.headers = [("etag", tag), ("cache-control", "no-cache")]
    return response
  }

  /// By their paths.
  static let all: [String: PageFile] = {
    let html = PageFile(PackageResources.index_html, type: "text/html; charset=utf-8")
    var files = [
      "/": html, "/index.html": html,
      "/page.css": PageFile(PackageResources.page_css, type: "text/css; charset=utf-8"),
      "/icon.svg": PageFile(PackageResources.icon_svg, type: "image/svg+xml"),
    ]
    let scripts: [(name: String, bytes: [UInt8])] = [
      ("abi", PackageResources.abi_js), ("account", PackageResources.account_js), ("app", PackageResources.app_js),
      ("batches", PackageResources.batches_js), ("blocks", PackageResources.blocks_js),
      ("bridge", PackageResources.bridge_js), ("calls", PackageResources.calls_js), ("dom", PackageResources.dom_js),
      ("format", PackageResources.format_js), ("list", PackageResources.list_js), ("live", PackageResources.live_js),
      ("overview", PackageResources.overview_js), ("rpc", PackageResources.rpc_js),
      ("transaction", PackageResources.transaction_js),
    ]
    for script in scripts {
      files["/\(script.name).js"] = PageFile(script.bytes, type: "text/javascript; charset=utf-8")
    }
    return files
  }()
}
