/// What a reader wants to know of a method: it stands beside the code that runs it, and the pages are written from it.
public struct MethodDocumentation: Sendable, Equatable {
  /// A parameter, at its place in the array or under its name in the object.
  public struct Parameter: Sendable, Equatable {
    public let name: String
    /// What it has to look like, for example `address`.
    public let type: String
    public let isRequired: Bool

    public static func required(_ name: String, _ type: String) -> Parameter {
      Parameter(name: name, type: type, isRequired: true)
    }

    public static func optional(_ name: String, _ type: String) -> Parameter {
      Parameter(name: name, type: type, isRequired: false)
    }
  }

  /// An answer that is no result, besides those that every method can give: parameters of the wrong form (−32602), a fault
  /// of the node (−32603), a node that is busy (−32005), and for heavy methods too long a time (−32002).
  public struct Refusal: Sendable, Equatable {
    public let code: Int
    public let reason: String

    public init(_ code: Int, _ reason: String) {
      self.code = code
      self.reason = reason
    }
  }

  public let name: String
  public let execution: MethodTable.Execution
  /// One sentence; empty where nobody has said anything of the method.
  public let summary: String
  public let parameters: [Parameter]
  /// What the result is.
  public let result: String
  public let refusals: [Refusal]
  /// Where other nodes answer differently, and how; empty where none is known to.
  public let differences: String
  /// Whether an answer is given however long it is, unless it is part of a batch: what could be longer than any limit
  /// could never be read.
  public let isWhole: Bool

  /// The part of the name before the underscore, by which methods are grouped.
  public var namespace: Substring { name.prefix { $0 != "_" } }
}
