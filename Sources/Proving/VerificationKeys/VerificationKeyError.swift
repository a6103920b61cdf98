/// Why an image has no verification key.
public enum VerificationKeyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Empty, no multiple of four bytes, or larger than the ROM of 2 MiB.
  case imageSize(Int)
  /// It does not end as programs do that are made to be proved.
  case noExit
  /// It has more than one place at which a proof could end.
  case severalExits(Int)
  /// The system has not the 260 MB that the computation takes.
  case outOfMemory

  public var description: String {
    switch self {
    case .imageSize(let bytes): "\(bytes) bytes are no image: it has words of four bytes, at most 2 MiB of them"
    case .noExit: "the image is no guest: the sequence of instructions with which guests end is not in it"
    case .severalExits(let count):
      "the image has \(count) of the sequences with which guests end, and can have only one"
    case .outOfMemory: "out of memory"
    }
  }
}
