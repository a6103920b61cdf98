// Subscriptions over WebSocket.

import JSON
import JSONRPC
import Primitives

extension EthereumAPI {
  func addSubscriptionMethods(to table: inout MethodTable) {
    table.add(
      "eth_subscribe", .inline,
      "Subscribes to `newHeads`, `logs`, `newPendingTransactions`, `transactionReceipts` or `syncing`, over a WebSocket.",
      parameters: [
        .required("kind", "string"),
        .optional(
          "params",
          "log filter for `logs`; boolean, whether transactions are given whole, for `newPendingTransactions`; object with "
            + "`transactionHashes`, at most 200, for `transactionReceipts`, all without it"
        ),
      ], result: "id; items follow as notifications `eth_subscription`",
      refusals: [
        .init(-32_000, "notifications not supported: not a WebSocket"),
        .init(-32_006, "too many subscriptions on the connection"),
        .init(
          -32_005,
          "the subscriptions of the connection, of the client or of all name too many addresses, topics and hashes"),
      ],
      differences:
        "`syncing` tells false at once, and no more. The receipts of a block come as an array, in several where they are "
        + "longer than 4 MiB. A client that does not take its items as fast as they come is disconnected."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      guard let session = context.session else { throw .refused("notifications not supported") }
      let kind = try Self.subscriptionKind(&parameters)
      let subscription = try session.subscribe(notifying: "eth_subscription")
      do throws(RPCError) {
        try notifier.add(kind, subscription, of: session)
      } catch {
        _ = session.unsubscribe(subscription.id)
        throw error
      }
      writer.string(subscription.id)
    }
    table.add(
      "eth_unsubscribe", .inline, "Ends a subscription; whether there was one.",
      parameters: [.required("id", "string")], result: "boolean",
      refusals: [.init(-32_000, "notifications not supported: not a WebSocket")]
    ) { (parameters, context, writer) throws(RPCError) in
      guard let session = context.session else { throw .refused("notifications not supported") }
      writer.boolean(session.unsubscribe(try parameters.required("id")))
    }
  }

  private static func subscriptionKind(_ parameters: inout Parameters) throws(RPCError) -> Notifier.Kind {
    let name = try parameters.required("kind", as: String.self)
    let detail = parameters.next("params")
    switch name {
    case "newHeads":
      guard detail == nil else {
        throw .invalidParameters("invalid params: specified for head subscription (expected none)")
      }
      return .newHeads
    case "logs":
      if detail?.kind == .boolean {
        throw .invalidParameters(
          "invalid params: boolean (transaction fullness) specified for log subscription")
      }
      return .logs((try decoded(detail) ?? LogQuery()).filter)
    case "newPendingTransactions":
      if detail?.kind == .object {
        throw .invalidParameters("invalid params: log filter specified for pending transaction subscription")
      }
      return .newPendingTransactions(isFull: try decoded(detail) ?? false)
    case "transactionReceipts": return .receipts((try decoded(detail) ?? ReceiptQuery()).hashes)
    case "syncing":
      guard detail == nil else {
        throw .invalidParameters("invalid params: specified for syncing subscription (expected none)")
      }
      return .syncing
    default: throw .refused("no \"\(name.prefix(80))\" subscription in eth namespace")
    }
  }

  private static func decoded<T: RPCParameter>(_ value: JSONValue?) throws(RPCError) -> T? {
    guard let value else { return nil }
    do throws(InvalidParameter) {
      return try T(parameter: value)
    } catch {
      throw .invalidParameters("invalid argument 1: \(error.reason)")
    }
  }
}
