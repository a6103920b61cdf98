// Which accounts blocks changed.

import JSON
import JSONRPC
import Primitives
import Tracers

extension EthereumAPI {
  /// Blocks that may be looked at together: each is executed again.
  private static let maxModifyingBlocks: UInt64 = 100

  func addModifiedAccountMethods(to table: inout MethodTable) {
    guard let tracer = optional.transactionTracer else { return }
    for naming in BlockNaming.allCases {
      table.add(
        "debug_getModifiedAccountsBy\(naming.rawValue)", .heavy,
        "The accounts that transactions changed in a block, or after one block up to another.",
        parameters: [
          naming.parameter,
          .optional(naming == .number ? "endNumber" : "endHash", naming == .number ? "block" : "32 bytes"),
        ],
        result: "array of addresses, ascending",
        refusals: [
          .init(-32_000, "more than \(Self.maxModifyingBlocks) blocks"), .blockNotFound, .stateNotAvailable,
        ]
      ) { [self] (parameters, context, writer) throws(RPCError) in
        guard var first = try blocks.number(of: try naming.block(&parameters)) else {
          throw .refused("block not found")
        }
        var last = first
        if let end = parameters.next(naming == .number ? "endNumber" : "endHash") {
          guard let id = try? BlockID(parameter: end), let number = try blocks.number(of: id) else {
            throw .refused("block not found")
          }
          guard number > first else { throw .invalidParameters("the first block must come before the last") }
          (first, last) = (first + 1, number)
        }
        guard last - first < Self.maxModifyingBlocks else {
          throw .refused("at most \(Self.maxModifyingBlocks) blocks can be looked at together")
        }
        try writeModifiedAccounts(first...last, with: tracer, context, &writer)
      }
    }
  }

  private func writeModifiedAccounts(
    _ range: ClosedRange<UInt64>, with tracer: any TransactionTracer, _ context: RPCContext, _ writer: inout JSONWriter
  ) throws(RPCError) {
    var accounts: Set<Address> = []
    let kind = TraceKind.prestate(PrestateTracer.Options(diffMode: true))
    for number in range where number > 0 {
      try eachTrace(ofBlock: number, kind, with: tracer, context) { (_, json) throws(RPCError) in
        guard let change = try? JSONValue(parsing: json) else { return }
        for side in [change["pre"], change["post"]] {
          side?.forEachMember { (name, _) in if let address = Address(hex: name) { accounts.insert(address) } }
        }
      }
    }
    writer.beginArray()
    for address in accounts.sorted() { writer.data(address) }
    writer.endArray()
  }
}
