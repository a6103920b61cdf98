import JSON
import JSONRPC
import Primitives

/// What `evm_mine` takes: nothing, a timestamp, or an object of timestamp and blocks.
///
/// Source of the shape: foundry, `crates/anvil/core/src/types.rs`.
package struct MineOptions: RPCParameter {
  /// Seconds since 1970, of the first block.
  package var timestamp: UInt64?
  package var blocks: UInt64 = 1

  package init() {}

  package init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else {
      timestamp = try UInt64(parameter: value)
      return
    }
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch name {
      case "timestamp": timestamp = try UInt64(parameter: field)
      case "blocks": blocks = try UInt64(parameter: field)
      default: throw InvalidParameter("unknown field \(name.prefix(80))")
      }
    }
  }
}
