import AnvilState
@_spi(Fuzzing) import DevelopmentL1

/// What a development L1 reads: dumps from clients and files, and its own journal.
enum L1Targets {
  /// A dump in any of its forms. Reading ends, with an item or a reason.
  static func stateDump(_ input: UnsafeRawBufferPointer) {
    do throws(StateDumpError) {
      var reader = try StateDumpReader(bytes: Array(input))
      while try reader.next() != nil {}
    } catch {
      promise(!error.description.isEmpty && !error.description.contains("\n"), "a reason is one line")
    }
  }

  static func journalEntry(_ input: UnsafeRawBufferPointer) {
    if let written = JournalForms.entry(Array(input)) {
      promise(JournalForms.entry(written) == written, "an entry comes back")
    }
  }
}
