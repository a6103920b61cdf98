import Primitives

/// An error that the contracts raise, read from the output of a reverted call.
public struct ContractError: Error, Sendable, Equatable {
  /// Without arguments.
  public let name: String
  /// The values, each with its name and in the form of its type.
  public let arguments: [String]

  /// `nil` for an output that is none of the errors that we know, a message of `require` among them.
  public init?(output: [UInt8]) {
    guard case (let selector, var reader)? = try? ABIReader.call(output),
      let declaration = Self.bySelector[selector]
    else { return nil }
    name = declaration.name
    var arguments: [String] = []
    for parameter in declaration.parameters {
      guard let word = try? reader.readBytes32() else { return nil }
      arguments.append("\(parameter.name): \(parameter.type.text(of: word))")
    }
    self.arguments = arguments
  }

  /// What any output of a reverted call says, for a person.
  public static func describe(_ output: [UInt8]) -> String {
    if let error = ContractError(output: output) { return error.description }
    return RevertReason(output: output).message ?? (output.isEmpty ? "no reason given" : Hex.encode(output))
  }

  private static let bySelector: [UInt32: ErrorDeclaration] = Dictionary(
    ErrorDeclaration.all.map { (Selector.of($0.signature), $0) }, uniquingKeysWith: { first, _ in first })
}

extension ContractError: CustomStringConvertible {
  public var description: String { arguments.isEmpty ? name : "\(name)(\(arguments.joined(separator: ", ")))" }
}

/// A Solidity error whose arguments are all words.
struct ErrorDeclaration: Sendable {
  enum Kind: String, Sendable {
    case uint256, uint8, bytes32, bytes4, address, bool

    func text(of word: Bytes32) -> String {
      switch self {
      case .uint256, .uint8: UInt256(word).description
      case .bytes32: word.description
      case .bytes4: Hex.encode(Array(word.bytes.prefix(4)))
      case .address: Address(truncating: word).description
      case .bool: UInt256(word).isZero ? "false" : "true"
      }
    }
  }

  let name: String
  let parameters: [(type: Kind, name: String)]

  init(_ name: String, _ parameters: (Kind, String)...) {
    self.name = name
    self.parameters = parameters.map { (type: $0.0, name: $0.1) }
  }

  /// What the selector is a hash of.
  var signature: String { "\(name)(\(parameters.map(\.type.rawValue).joined(separator: ",")))" }
}
