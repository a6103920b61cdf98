import JSONRPC

/// `docs/json-rpc.md`.
enum JSONRPCPage {
  static func text() async throws -> String {
    let methods = try await DescribedNode.with { $0.methods.documentation }
    var text = Markdown.begin("JSON-RPC", page: .jsonRPC)
    text += """
      JSON-RPC 2.0 over HTTP (POST on any path) and WebSocket, on one port (`rpc_address`, 3050). Batches are answered in
      order. Any method may also answer with


      """
    text += Markdown.table(["Error", "When"], general.map { [Markdown.code($0.0), $0.1] })
    text += """

      *Runs* says where: *inline* methods answer at once, *pooled* ones may wait for the disk, *heavy* ones have threads and a
      time limit of their own.

      """
    text += streams + headers + ExecutionAPIs.text
    for namespace in methods.map({ String($0.namespace) }).uniqued {
      text += "\n## \(namespace)\n"
      for method in methods where method.namespace == namespace { text += section(method) }
    }
    return text
  }

  private static let streams = """

    ## Long results

    What may be very long, as traces, goes out while it is written: over HTTP in chunks, over WebSocket as one message in
    fragments, behind which other messages wait. Such a result has at most `rpc_max_streamed_bytes`, and the time of its call
    holds until its end, however fast it is read. It begins to go out with its first MiB; an error after that closes the
    brackets of what was sent, and stands behind the `result` as the member `error`: whoever gets both has got a part. A
    client that leaves ends the work. In a batch nothing is streamed.

    """

  private static let headers = """

    ## Block headers

    The virtual machine hashes a header with zero in place of the parent's hash, the gas used and the bloom, and batches are
    bound to that hash: what is served cannot both be true and hash to `hash`. `rpc_block_headers=linked`, the default, serves
    the true values, which explorers and indexers need (block 0 then has the transactions root of an empty list); `hashed`
    serves what was hashed, for clients that recompute hashes, in subscriptions too. `debug_getRawHeader` always gives the
    hashed bytes.

    """

  private static let general = [
    ("-32700", "the message is no JSON"), ("-32600", "it is no JSON-RPC request"),
    ("-32601", "there is no such method"), ("-32602", "a parameter is missing or has the wrong form"),
    ("-32603", "the node has a fault, which its log names"),
    ("-32005", "the node is busy: nothing was done, try again later"),
    ("-32002", "the request took longer than it may (`rpc_heavy_time_limit` for heavy methods)"),
    ("-32007", "the request is longer than 10 MiB, with HTTP status 413"),
    ("-32008", "the answer would be longer than 10 MiB; -32011 for a batch"),
  ]

  private static func section(_ method: MethodDocumentation) -> String {
    let names = method.parameters.map { $0.isRequired ? $0.name : "\($0.name)?" }
    var text = "\n### \(method.name)\n\n"
    text += "`\(method.name)(\(names.joined(separator: ", ")))`"
    text += method.result.isEmpty ? "" : " → \(method.result)"
    text += " · runs \(method.execution)\n"
    if !method.summary.isEmpty { text += "\n\(method.summary)\n" }
    if !method.parameters.isEmpty {
      text += "\n" + method.parameters.map { "- `\($0.name)`: \($0.type)\n" }.joined()
    }
    if !method.refusals.isEmpty {
      text +=
        "\n" + Markdown.table(["Error", "When"], method.refusals.map { [Markdown.code("\($0.code)"), $0.reason] })
    }
    if !method.differences.isEmpty { text += "\nDiffers: \(method.differences)\n" }
    return text
  }
}
