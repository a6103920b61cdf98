import JSON
import Primitives

/// The parameters of a call, taken one after the other by the handler.
///
/// They come as an array, or as an object under the names that the handler gives, in camel case or snake case. A missing
/// tail and `null` are the same: no value. What is left over is ignored.
public struct Parameters: Sendable {
  /// More parameters than any method has.
  private static let limit = 16

  private let positional: [JSONValue]
  private let named: JSONValue?
  private var index = 0

  /// - Parameter value: an array, an object, or nothing.
  public init(_ value: JSONValue?) {
    positional = value?.elements(atMost: Self.limit) ?? []
    named = value?.kind == .object ? value : nil
  }

  /// The next value, or `nil` where there is none.
  public mutating func next(_ name: String) -> JSONValue? {
    defer { index += 1 }
    if let named {
      let wanted = Self.folded(name)
      var found: JSONValue?
      named.forEachMember { if Self.folded($0) == wanted { found = $1 } }
      return found?.isNull == false ? found : nil
    }
    guard index < positional.count, !positional[index].isNull else { return nil }
    return positional[index]
  }

  /// All of them as they came; an error where they come under names, as only the method itself knows their order.
  package func byPosition() throws(RPCError) -> [JSONValue] {
    if named != nil { throw .invalidParameters("the parameters must be an array here") }
    return positional
  }

  /// The next value as `T`; an error where there is none or it is something else.
  public mutating func required<T: RPCParameter>(_ name: String, as type: T.Type = T.self) throws(RPCError) -> T {
    let position = index
    guard let value = next(name) else {
      throw .invalidParameters("missing value for required argument \(position)")
    }
    return try Self.decode(value, at: position)
  }

  /// The next value as `T`, `nil` where there is none; an error where it is something else.
  public mutating func optional<T: RPCParameter>(_ name: String, as type: T.Type = T.self) throws(RPCError) -> T? {
    let position = index
    guard let value = next(name) else { return nil }
    return try Self.decode(value, at: position)
  }

  private static func decode<T: RPCParameter>(_ value: JSONValue, at position: Int) throws(RPCError) -> T {
    do throws(InvalidParameter) {
      return try T(parameter: value)
    } catch {
      throw .invalidParameters("invalid argument \(position): \(error.reason)")
    }
  }

  private static func folded(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }
}

/// Why a value is not what a method takes.
public struct InvalidParameter: Error, Equatable, Sendable {
  public let reason: String

  public init(_ reason: String) { self.reason = reason }

  /// Reads hexadecimal text, and says after `what` it should be what is wrong with it.
  public static func reading<R>(
    _ what: String = "", _ body: () throws(HexFault) -> R
  ) throws(InvalidParameter) -> R {
    do throws(HexFault) { return try body() } catch { throw InvalidParameter("\(what)\(error)") }
  }
}

/// A type that a method can take as a parameter.
public protocol RPCParameter {
  init(parameter value: JSONValue) throws(InvalidParameter)
}

extension JSONValue: RPCParameter {
  public init(parameter value: JSONValue) { self = value }
}

extension Bool: RPCParameter {
  public init(parameter value: JSONValue) throws(InvalidParameter) {
    guard let boolean = value.boolean else { throw InvalidParameter("expected a boolean, found \(value.kind)") }
    self = boolean
  }
}

extension String: RPCParameter {
  public init(parameter value: JSONValue) throws(InvalidParameter) {
    guard let string = value.string else { throw InvalidParameter("expected a string, found \(value.kind)") }
    self = string
  }
}

extension UInt64: RPCParameter {
  /// A hexadecimal quantity; a plain number is accepted too, as some tools send one.
  public init(parameter value: JSONValue) throws(InvalidParameter) {
    if let number = value.unsignedInteger {
      self = number
    } else {
      self = try InvalidParameter.reading { () throws(HexFault) in try value.readQuantity(bits: 64) }.l0
    }
  }
}

extension UInt256: RPCParameter {
  /// A hexadecimal quantity; a plain number is accepted too, as some tools send one.
  public init(parameter value: JSONValue) throws(InvalidParameter) {
    if let number = value.unsignedInteger {
      self = UInt256(number)
    } else {
      self = try InvalidParameter.reading { () throws(HexFault) in try value.readQuantity() }
    }
  }
}

extension Bytes32: RPCParameter {
  public init(parameter value: JSONValue) throws(InvalidParameter) {
    self = try InvalidParameter.reading { () throws(HexFault) in try value.readBytes32() }
  }
}

extension Address: RPCParameter {
  public init(parameter value: JSONValue) throws(InvalidParameter) {
    self = try InvalidParameter.reading("address: ") { () throws(HexFault) in try value.readAddress() }
  }
}

/// Bytes, as the parameter of a method.
public struct HexData: RPCParameter, Sendable, Equatable {
  public let bytes: [UInt8]

  public init(parameter value: JSONValue) throws(InvalidParameter) {
    bytes = try InvalidParameter.reading { () throws(HexFault) in try value.readData() }
  }
}
