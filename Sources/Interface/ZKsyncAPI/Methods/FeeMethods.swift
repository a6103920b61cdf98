// What transactions cost, here and when L1 requests them.

import EthereumAPI
import JSON
import JSONRPC
import Primitives
import Transactions
import ZKsyncOS

extension ZKsyncAPI {
  /// Wei per gas of a request when it is tried. Those of L1 pay more, as L1 decides.
  private static let requestGasPrice: UInt128 = 100_000_000
  /// Gas that a request is tried with: what the reference's contracts allow at most.
  private static let mostRequestGas: UInt64 = 72_000_000

  func addFeeMethods(to table: inout MethodTable) {
    let calls: [MethodDocumentation.Refusal] = [
      .init(3, "execution reverted: the reason where it can be read, and the output as data"),
      .init(-32_000, "the call fails otherwise, or can never be valid"),
    ]
    table.add(
      "zks_estimateFee", .heavy, "The gas limit and the fees for a transaction.",
      parameters: [.required("request", "transaction request")],
      result: "object with `gas_limit`, `max_fee_per_gas`, `max_priority_fee_per_gas` and `gas_per_pubdata_limit`",
      refusals: calls,
      differences:
        "The fee cap is twice the base fee of the next block, which alone is paid; fees and gas of the request "
        + "are not looked at."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let request = try parameters.required("request", as: JSONValue.self)
      let gas = try ethereum.estimateGas(ignoringFeesOf: request, context)
      writer.beginObject()
      writer.key("gas_limit")
      writer.quantity(gas)
      writer.key("max_fee_per_gas")
      writer.quantity(UInt256(blocks.chain.nextBaseFee) &* 2)
      writer.key("max_priority_fee_per_gas")
      writer.quantity(UInt64(0))
      writer.key("gas_per_pubdata_limit")
      writer.quantity(UInt64(VMTransaction.defaultGasPerPubdataLimit))
      writer.endObject()
    }
    table.add(
      "zks_estimateGasL1ToL2", .heavy, "The gas limit for a call that L1 is to request.",
      parameters: [.required("request", "transaction request")], result: "quantity", refusals: calls,
      differences: "At least what the contracts of L1 ask for, and a quarter more than the call uses when it is tried."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let request = try parameters.required("request", as: RequestOfL1.self)
      writer.quantity(try gas(of: request, context))
    }
    table.add(
      "zks_getL1GasPrice", .inline, "Wei per gas that a transaction on L1 pays now.", result: "quantity",
      refusals: [.init(-32_000, "there is no L1, or it has not answered yet")]
    ) { [self] (_, _, writer) throws(RPCError) in
      guard let price = settlement.l1GasPrice else { throw .refused("there is no L1, or it has not answered yet") }
      writer.quantity(price)
    }
    table.add(
      "zks_getFeeParams", .inline, "What fees are made of.", result: "object with `V2`",
      differences:
        "Fees are those of ZKsync OS: the base fee is an option of the operator, and L1's prices do not enter it."
    ) { [self] (_, _, writer) throws(RPCError) in
      writer.beginObject()
      writer.key("V2")
      writer.beginObject()
      writer.key("config")
      writer.beginObject()
      writer.key("minimal_l2_gas_price")
      writer.number(blocks.chain.nextBaseFee)
      for name in ["compute_overhead_part", "pubdata_overhead_part"] {
        writer.key(name)
        writer.number(0.0)
      }
      writer.key("batch_overhead_l1_gas")
      writer.number(0)
      writer.key("max_gas_per_batch")
      writer.number(feeParameters.maxGas)
      writer.key("max_pubdata_per_batch")
      writer.number(feeParameters.maxPubdata)
      writer.endObject()
      writer.key("l1_gas_price")
      writer.number(settlement.l1GasPrice?.saturatedUInt64 ?? 0)
      writer.key("l1_pubdata_price")
      writer.number(0)
      writer.key("conversion_ratio")
      writer.beginObject()
      for name in ["numerator", "denominator"] {
        writer.key(name)
        writer.number(1)
      }
      writer.endObject()
      writer.endObject()
      writer.endObject()
    }
    table.add(
      "zks_getBatchFeeInput", .pooled, "The prices that fees of the next block follow from.",
      result: "object with `fair_l2_gas_price`, `fair_pubdata_price` and `l1_gas_price`",
      refusals: [.init(-32_603, "the newest block cannot be read")]
    ) { [self] (_, _, writer) throws(RPCError) in
      writer.beginObject()
      writer.key("fair_l2_gas_price")
      writer.number(blocks.chain.nextBaseFee)
      writer.key("fair_pubdata_price")
      writer.number(try pubdataPrice(inBlock: blocks.chain.head.number).saturatedUInt64)
      writer.key("l1_gas_price")
      writer.number(settlement.l1GasPrice?.saturatedUInt64 ?? 0)
      writer.endObject()
    }
  }

  private func gas(of call: RequestOfL1, _ context: RPCContext) throws(RPCError) -> UInt64 {
    let fee = UInt256(Self.requestGasPrice) &* UInt256(Self.mostRequestGas)
    let (deposit, overflow) = call.value.addingReportingOverflow(fee)
    guard !overflow else { throw .refused("the value is more than there can be") }
    let request = L1Request(
      kind: .priority, from: call.from, to: call.to, gasLimit: Self.mostRequestGas,
      gasPerPubdataLimit: call.gasPerPubdata, maxFeePerGas: Self.requestGasPrice, nonce: 0, value: call.value,
      toMint: deposit, refundRecipient: call.from, input: call.input)
    let head = blocks.chain.head.number
    let result = try ethereum.running(context) { () throws(SimulationError) in
      try simulator.outcome(of: VMTransaction(request), after: head, cancellation: context.cancellation)
    }
    guard result.succeeded else {
      if result.output.isEmpty, result.gasUsed >= Self.mostRequestGas {
        throw .refused("gas required exceeds allowance (\(Self.mostRequestGas))")
      }
      throw .reverted(result.output)
    }
    let needs = RequestGas(inputBytes: call.input.count, gasPerPubdata: call.gasPerPubdata)
    let body = max(needs.leastBody, result.gasUsed + result.gasUsed / 4)
    return min(body + needs.overhead, Self.mostRequestGas)
  }
}

/// What the contracts of L1 ask of the gas limit of a request.
///
/// Source: era-contracts `common/libraries/TransactionValidator.sol`, `common/Config.sol`.
struct RequestGas {
  /// Bytes of a request as it is hashed, and what of them is not its input.
  private let encodedBytes: UInt64
  private let gasPerPubdata: UInt64
  private static let emptyBytes: UInt64 = 800

  init(inputBytes: Int, gasPerPubdata: UInt32) {
    encodedBytes = Self.emptyBytes + UInt64(inputBytes + 31) / 32 * 32
    self.gasPerPubdata = UInt64(gasPerPubdata)
  }

  /// What goes off the limit before anything is done.
  var overhead: UInt64 { max(10_000, 10 * encodedBytes) }

  /// The least that must be left.
  var leastBody: UInt64 { max(167_157 + (encodedBytes * 1_656 + 543) / 544, 173_484) + 88 * gasPerPubdata }
}

/// A call as clients describe it that L1 is to request.
private struct RequestOfL1: RPCParameter {
  var from = Address.zero
  var to = Address.zero
  var value = UInt256.zero
  var input: [UInt8] = []
  /// What the bridgehub's clients ask for.
  var gasPerPubdata: UInt32 = 800

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected a transaction object, found \(value.kind)") }
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch name {
      case "from": from = try Address(parameter: field)
      case "to": to = try Address(parameter: field)
      case "value": self.value = try UInt256(parameter: field)
      case "data", "input": input = try HexData(parameter: field).bytes
      case "eip712Meta":
        guard let limit = field["gasPerPubdata"], !limit.isNull else { return }
        // Beyond what L1 takes, and no request would be made with it.
        guard let small = UInt32(exactly: try UInt64(parameter: limit)), small <= 50_000 else {
          throw InvalidParameter("gasPerPubdata is 50,000 at most")
        }
        gasPerPubdata = small
      default: break
      }
    }
  }
}
