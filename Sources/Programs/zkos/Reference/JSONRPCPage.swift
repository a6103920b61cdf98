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
      time limit of their own. Answers *of any length* are given whole where the call is not part of a batch, however many
      logs there are; where the memory for answers is spent they wait for their turn.

      """
    text += streams + headers + access + ExecutionAPIs.text
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
    holds until its end, however fast it is read. It begins to go out with its first 256 KiB; an error after that closes the
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

  private static let access = """

    ## Access

    Pages of any origin may call from a browser, unless `rpc_cors_origins` lists some; `rpc_allowed_hosts` lists the names that
    requests may be for, against pages whose own name was made to lead to the node. A WebSocket from a page whose origin is not
    listed, and a request for another name, get HTTP status 403.

    `rpc_enabled_methods` and `rpc_disabled_methods` switch namespaces and single methods on and off. What is off does not
    exist: -32601, as in geth. `rpc_protected_methods`, such as `debug,admin`, need `Authorization: Bearer …`, over a WebSocket
    in the request that opens it: `rpc_token` itself, or a JWT as geth's engine API takes it, signed by HMAC-SHA-256 with
    `rpc_jwt_secret`, its `iat` within a minute of now.

    What a connection or an address may use, in gas that its calls execute and bytes of its requests and answers, has
    options (`rpc_max_gas_per_address`, …). Who has used it up gets

    ```json
    {"code":-32005,"message":"limit exceeded: the address has used its 1000000 gas a second, try again in 230 ms",
     "data":{"budget":"gas","of":"address","retryAfterMs":230}}
    ```

    """

  private static let general = [
    ("-32700", "the message is no JSON"), ("-32600", "it is no JSON-RPC request"),
    ("-32601", "there is no such method"), ("-32602", "a parameter is missing or has the wrong form"),
    ("-32603", "the node has a fault, which its log names"),
    ("-32005", "the node is busy, or the client has used what it may: nothing was done, try again later"),
    ("-40100", "the method is one of `rpc_protected_methods`, and the call shows no token, or another"),
    ("-32002", "the request took longer than it may (`rpc_heavy_time_limit` for heavy methods)"),
    ("-32007", "the request is longer than `rpc_max_request_bytes`, with HTTP status 413"),
    ("-32008", "the answer would be longer than `rpc_max_response_bytes`; -32011 for a batch"),
  ]

  private static func section(_ method: MethodDocumentation) -> String {
    let names = method.parameters.map { $0.isRequired ? $0.name : "\($0.name)?" }
    var text = "\n### \(method.name)\n\n"
    text += "`\(method.name)(\(names.joined(separator: ", ")))`"
    text += method.result.isEmpty ? "" : " → \(method.result)"
    text += " · runs \(method.execution)"
    text += method.isWhole ? " · of any length\n" : "\n"
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
