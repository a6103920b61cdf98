@_spi(Fuzzing) import ChainStorage
import Primitives
@_spi(Fuzzing) import ProverService

/// What the stores read from the disk, and what provers send to be stored.
enum StoredTargets {
  /// The first byte says whether the rest has format and checksum.
  static func record(_ input: UnsafeRawBufferPointer) {
    guard let choice = input.first else { return }
    let value = Array(input.dropFirst())
    if choice % 2 == 0 {
      guard let written = StoredForms.record(value, number: 7) else { return }
      // Format 1 comes back in the format of now.
      promise(StoredForms.record(written, number: 7) == written, "a record comes back")
      promise(StoredForms.record(written, number: 8) == nil || value.first == 1, "a record belongs to its block")
    } else if let written = StoredForms.bareRecord(value) {
      promise(StoredForms.bareRecord(written) == written, "a record comes back")
    }
  }

  /// The first byte chooses the part of a block.
  static func block(_ input: UnsafeRawBufferPointer) {
    guard let choice = input.first else { return }
    let value = Array(input.dropFirst())
    let read: ([UInt8]) -> [UInt8]? =
      switch choice % 3 {
      case 0: StoredForms.header
      case 1: StoredForms.transactions
      default: StoredForms.receipts
      }
    if let written = read(value) { promise(read(written) == written, "what is stored comes back") }
  }

  /// A body.
  static func submission(_ input: UnsafeRawBufferPointer) {
    let bytes = Array(input)
    guard let proof = SubmissionForm.read(bytes)?.proof else { return }
    promise(proof.count < bytes.count, "a proof in base64 is longer than its bytes")
  }
}
