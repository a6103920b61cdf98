// The chain as one value, out and in.

import AnvilState
import JSON
import JSONRPC
import Primitives

extension DevelopmentMethods {
  func addDumpMethods(to table: inout MethodTable) {
    table.add(
      ["anvil_dumpState", "hardhat_dumpState"], .heavy,
      "The chain in anvil's form: accounts, blocks and receipts. States of older blocks are not in it.",
      parameters: [.optional("preserveHistoricalStates", "ignored")], result: "data, gzip of JSON"
    ) { [self] (_, _, writer) throws(RPCError) in
      writer.data(StateDump.compressed(try changing { () throws(ChainError) in try chain.dump() }))
    }
    table.add(
      ["anvil_loadState", "hardhat_loadState"], .heavy,
      "Lets the blocks of a dump be the chain, and its accounts be in the state.",
      parameters: [.required("state", "data, JSON or gzip of JSON")], result: "true"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let bytes = try parameters.required("state", as: HexData.self).bytes
      try changing { () throws(ChainError) in
        var reader: StateDumpReader
        do throws(StateDumpError) { reader = try StateDumpReader(bytes: bytes) } catch { throw .refused("\(error)") }
        try chain.load(&reader) { [chain] in chain.log.warning("\($0)") }
      }
      writer.boolean(true)
    }
  }
}
