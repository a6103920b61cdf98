import JSONRPC
import Primitives

/// How a method names the block it is about: many come twice, once for tags and numbers, and once for hashes.
enum BlockNaming: String, CaseIterable, Sendable {
  case number = "Number"
  case hash = "Hash"

  /// For documentation, after the word block.
  var phrase: String {
    switch self {
    case .number: "that a tag or a number names"
    case .hash: "with a hash"
    }
  }

  var parameter: MethodDocumentation.Parameter {
    switch self {
    case .number: .required("number", "block")
    case .hash: .required("hash", "32 bytes")
    }
  }

  /// The first parameter of the method.
  func block(_ parameters: inout Parameters) throws(RPCError) -> BlockID {
    switch self {
    case .number: try parameters.required("number", as: BlockID.self)
    case .hash: .hash(try parameters.required("hash"))
    }
  }
}
