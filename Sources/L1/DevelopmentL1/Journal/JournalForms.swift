/// For fuzzers: entries of the journal, read from any bytes and written again.
@_spi(Fuzzing)
public enum JournalForms {
  /// `nil` for bytes that are no entry.
  public static func entry(_ bytes: [UInt8]) -> [UInt8]? { (try? JournalEntry(decoding: bytes))?.encoded }
}
