import Primitives

/// A call of a contract's function: its calldata, and how to read what it answers.
public struct ContractCall<Result: Sendable>: Sendable {
  /// Selector and arguments.
  public let input: [UInt8]
  private let read: @Sendable (inout ABIReader) throws(ABIError) -> Result

  init(
    _ signature: String, _ arguments: (inout ABIWriter) -> Void = { _ in },
    returns read: @escaping @Sendable (inout ABIReader) throws(ABIError) -> Result
  ) {
    var writer = ABIWriter(selector: Selector.of(signature))
    arguments(&writer)
    input = writer.encoded
    self.read = read
  }

  /// Reads the output of the call. Where there is no contract the output is empty, which is `truncated`.
  public func result(of output: [UInt8]) throws(ABIError) -> Result {
    var reader = ABIReader(output)
    return try read(&reader)
  }
}

extension ContractCall<Void> {
  /// A call that was put together before.
  public init(calldata: [UInt8]) {
    input = calldata
    read = { (_: inout ABIReader) throws(ABIError) in }
  }

  init(_ signature: String, _ arguments: (inout ABIWriter) -> Void = { _ in }) {
    self.init(signature, arguments, returns: { (_: inout ABIReader) throws(ABIError) in })
  }
}

extension ContractCall<Address> {
  init(_ signature: String, _ arguments: (inout ABIWriter) -> Void = { _ in }) {
    self.init(signature, arguments, returns: { (reader: inout ABIReader) throws(ABIError) in try reader.readAddress() })
  }
}

extension ContractCall<UInt64> {
  /// A `uint256` that is known to be small.
  init(_ signature: String, _ arguments: (inout ABIWriter) -> Void = { _ in }) {
    self.init(signature, arguments, returns: { (reader: inout ABIReader) throws(ABIError) in try reader.read() })
  }
}

extension ContractCall<UInt256> {
  init(_ signature: String, _ arguments: (inout ABIWriter) -> Void = { _ in }) {
    self.init(signature, arguments, returns: { (reader: inout ABIReader) throws(ABIError) in try reader.readUInt256() })
  }
}

extension ContractCall<Bytes32> {
  init(_ signature: String, _ arguments: (inout ABIWriter) -> Void = { _ in }) {
    self.init(signature, arguments, returns: { (reader: inout ABIReader) throws(ABIError) in try reader.readBytes32() })
  }
}

extension ContractCall<Bool> {
  init(_ signature: String, _ arguments: (inout ABIWriter) -> Void = { _ in }) {
    self.init(signature, arguments, returns: { (reader: inout ABIReader) throws(ABIError) in try reader.readBool() })
  }
}
