import Archive
import ChainStorage
import Files
import Primitives
import StorageTesting
import Testing
import ThreadTesting

@Suite("An archive", .offTheCooperativePool) struct ArchiveTests {
  @Test("grows by segments, from where it ends")
  func growing() throws {
    let sample = SampleArchive()
    #expect(try sample.fill(blocks: 250).map(\.name.last) == [100, 200, 250])
    #expect(try sample.fill(blocks: 250).isEmpty)
    let written = try sample.fill(blocks: 400)
    #expect(written.map(\.name.first) == [251, 351])
    let end = try #require(try sample.verify())
    #expect(end.last == 400 && end.hash == SampleLog.hash(400) && end.digest == written[1].digest)
    #expect(end.chain == ArchivedChain(chainID: 270, genesisHash: SampleLog.genesisHash))
  }

  @Test("has segments that end before they have too many bytes, one record at least")
  func boundedBytes() throws {
    let sample = SampleArchive()
    let written = try sample.fill(blocks: 40, bytes: 4_000)
    #expect(written.count > 3)
    // Block 3 alone has more.
    #expect(written.filter { $0.contentBytes > 4_000 }.map(\.name.first) == [3])
    #expect(written.reduce(0) { $0 + $1.name.last - $1.name.first + 1 } == 40)
    #expect(try sample.verify()?.last == 40)
  }

  @Test("that lacks a segment says between which")
  func gaps() throws {
    let sample = SampleArchive()
    try sample.fill(blocks: 300)
    let files = sample.files
    sample.remove(files[1])
    #expect(sample.fault() == .gap(after: files[0], file: files[2]))
    sample.remove(files[0])
    #expect(sample.fault() == .gap(after: nil, file: files[2]))
    sample.remove(files[2])
    #expect(throws: Never.self) { try sample.verify() }
    #expect(throws: ArchiveError.empty(path: sample.path)) {
      try sample.archive.check(ArchiveAnchor(number: 1, hash: .zero), in: sample.archive.segments())
    }
  }

  @Test("with two segments of the same blocks is refused")
  func overlaps() throws {
    let sample = SampleArchive(), other = SampleArchive()
    try sample.fill(blocks: 200)
    try other.fill(blocks: 200, segment: 50)
    let name = other.files[2]
    sample.write(other.bytes(name), name)
    #expect(sample.fault() == .overlap(file: name, other: sample.files[2]))
  }

  @Test("mixed of two is refused, were both sound and of the same blocks")
  func mixed() throws {
    let sample = SampleArchive(), fork = SampleArchive(), finer = SampleArchive()
    try sample.fill(blocks: 300)
    try fork.fill(blocks: 300, variant: 1)
    try finer.fill(blocks: 300, segment: 50)
    let files = sample.files
    // Of another fork.
    let original = sample.bytes(files[1])
    sample.remove(files[1])
    sample.write(fork.bytes(fork.files[1]), fork.files[1])
    #expect(sample.fault() == .notLinked(file: fork.files[1], previous: files[0]))
    sample.remove(fork.files[1])
    // Of the same blocks, in segments of another archive.
    for name in finer.files[2...3] { sample.write(finer.bytes(name), name) }
    #expect(sample.fault() == .notLinked(file: finer.files[2], previous: files[0]))
    for name in finer.files[2...3] { sample.remove(name) }
    sample.write(original, files[1])
    #expect(sample.fault() == nil)
  }

  @Test("of another chain is refused by readers and writers")
  func otherChains() throws {
    let sample = SampleArchive(), foreign = SampleArchive()
    try sample.fill(blocks: 200)
    try foreign.fill(blocks: 200, chainID: 271)
    let name = foreign.files[1]
    sample.remove(sample.files[1])
    sample.write(foreign.bytes(name), name)
    let (ours, theirs) = (
      ArchivedChain(chainID: 270, genesisHash: SampleLog.genesisHash),
      ArchivedChain(chainID: 271, genesisHash: SampleLog.genesisHash)
    )
    #expect(sample.fault() == .otherChain(file: name, found: theirs, expected: ours))
    #expect(throws: ArchiveError.otherChain(file: "the archive", found: theirs, expected: ours)) {
      try sample.fill(blocks: 300)
    }
    let files = foreign.files
    #expect(throws: ArchiveError.self) { try foreign.fill(blocks: 300, log: "other", genesisHash: SampleLog.hash(9)) }
    #expect(foreign.files == files)
  }

  @Test("is not continued by a log that has other blocks, or fewer")
  func forks() throws {
    let sample = SampleArchive()
    try sample.fill(blocks: 200)
    #expect(
      throws: ArchiveError.fork(block: 200, archived: SampleLog.hash(200), logged: SampleLog.hash(200, variant: 1))
    ) { try sample.fill(blocks: 300, log: "fork", variant: 1) }
    #expect(throws: ArchiveError.ahead(archived: 200, logged: 150)) { try sample.fill(blocks: 150, log: "older") }
    #expect(throws: ArchiveError.ahead(archived: 200, logged: 0)) { try sample.fill(blocks: 0, log: "new") }
    #expect(try sample.verify()?.last == 200)
  }

  @Test("is written to by one at a time, also where nothing can be locked")
  func oneWriter() throws {
    let sample = SampleArchive()
    let log = try SampleLog.open(sample.directory.file("log"), blocks: 100)
    try sample.store.make()
    let first = try ArchiveWriter(sample.archive, log: log)
    #expect(throws: ArchiveError.inUse(path: sample.path)) { try ArchiveWriter(sample.archive, log: log) }
    let other = try ArchiveWriter(Archive(Unlocked(folder: sample.store)), log: log)
    _ = try first.writeNext(through: 50)
    #expect(throws: ArchiveError.inUse(path: sample.path)) { try other.writeNext(through: 100) }
    #expect(try sample.verify()?.last == 50)
  }

  /// A folder whose lock nobody asks for.
  private struct Unlocked: ArchiveStore {
    let folder: ArchiveFolder
    var place: String { folder.place }
    func claim() -> any Sendable { place }
    func names() throws(ArchiveError) -> [String] { try folder.names() }
    func read(_ name: String, limit: Int) throws(ArchiveError) -> [UInt8] { try folder.read(name, limit: limit) }
    func create(_ name: String, _ bytes: [UInt8]) throws(ArchiveError) { try folder.create(name, bytes) }
  }

  @Test("in a folder keeps what is there, and no halves")
  func folder() throws {
    let sample = SampleArchive()
    try sample.fill(blocks: 100)
    let name = sample.files[0], bytes = sample.bytes(name)
    #expect(throws: ArchiveError.exists(file: name)) { try sample.store.create(name, [1, 2, 3]) }
    #expect(sample.bytes(name) == bytes)
    // What a writer left that was killed.
    sample.write([1], ".part-" + name)
    #expect(try sample.store.names() == [name])
    try sample.fill(blocks: 200)
    #expect(TemporaryDirectory.list(sample.path).sorted() == sample.files + ["lock"])

    let missing = ArchiveFolder(sample.directory.file("nowhere"))
    for attempt in [{ _ = try missing.claim() }, { _ = try missing.names() }] as [() throws -> Void] {
      #expect(throws: ArchiveError.unreachable(path: missing.place, reason: "No such file or directory")) {
        try attempt()
      }
    }
    TemporaryDirectory.write([], to: sample.directory.file("file"))
    let file = ArchiveFolder(sample.directory.file("file"))
    #expect(throws: ArchiveError.self) { try file.claim() }
  }
}

@Suite("An anchor") struct ArchiveAnchorTests {
  @Test("is a number and a hash")
  func text() {
    let hash = SampleLog.hash(5)
    let digits = String(hash.description.dropFirst(2))
    #expect(ArchiveAnchor("5:\(hash)") == ArchiveAnchor(number: 5, hash: hash))
    #expect(ArchiveAnchor("5:\(digits)") == ArchiveAnchor(number: 5, hash: hash))
    for text in ["", "5", "5:", ":\(hash)", "0:\(hash)", "-1:\(hash)", "5:\(hash):", "5:0x12", "x:\(hash)"] {
      #expect(ArchiveAnchor(text) == nil)
    }
  }

  @Test("is looked for in the segment that must have it")
  func checking() throws {
    let sample = SampleArchive()
    try sample.fill(blocks: 250)
    let segments = try sample.archive.segments()
    for number in [1, 4, 100, 101, 250] as [UInt64] {
      try sample.archive.check(ArchiveAnchor(number: number, hash: SampleLog.hash(number)), in: segments)
      let other = SampleLog.hash(number + 1)
      #expect(throws: ArchiveError.otherAnchor(block: number, archived: SampleLog.hash(number), expected: other)) {
        try sample.archive.check(ArchiveAnchor(number: number, hash: other), in: segments)
      }
    }
    #expect(throws: ArchiveError.noAnchor(block: 251, last: 250)) {
      try sample.archive.check(ArchiveAnchor(number: 251, hash: SampleLog.hash(251)), in: segments)
    }
  }
}

@Suite("A copy of an archive") struct ArchiveFetchTests {
  @Test("gets what it lacks")
  func resuming() throws {
    let source = SampleArchive(), target = SampleArchive()
    try source.fill(blocks: 150)
    var copied = 0
    var end = try ArchiveFetch.run(from: source.store, to: target.store) { _ in copied += 1 }
    #expect(end.last == 150 && copied == 2)
    try source.fill(blocks: 400)
    end = try ArchiveFetch.run(from: source.store, to: target.store) { _ in copied += 1 }
    #expect(end.last == 400 && copied == 5)
    #expect(target.files == source.files)
    for name in source.files { #expect(target.bytes(name) == source.bytes(name)) }
    end = try ArchiveFetch.run(from: source.store, to: target.store) { _ in copied += 1 }
    #expect(end == (try source.verify()) && copied == 5)
  }

  @Test("has nothing of a damaged segment, nor of what follows it")
  func damage() throws {
    let source = SampleArchive(), target = SampleArchive()
    try source.fill(blocks: 300)
    let name = source.files[1]
    var bytes = source.bytes(name)
    bytes[200] ^= 1
    source.write(bytes, name)
    #expect(throws: ArchiveError.self) { try ArchiveFetch.run(from: source.store, to: target.store) { _ in } }
    #expect(target.files == [source.files[0]])
  }

  @Test("is not made where there is another archive")
  func strangers() throws {
    let source = SampleArchive(), target = SampleArchive()
    try source.fill(blocks: 300)
    try target.fill(blocks: 100, variant: 1)
    #expect(throws: ArchiveError.notLinked(file: target.files[0], previous: source.files[2])) {
      try ArchiveFetch.run(from: source.store, to: target.store) { _ in }
    }
    let none = SampleArchive()
    try none.fill(blocks: 0)
    #expect(throws: ArchiveError.empty(path: none.path)) {
      try ArchiveFetch.run(from: none.store, to: SampleArchive().store) { _ in }
    }
  }
}

@Suite("A restored log") struct ArchiveRestoreTests {
  private func anchor(_ number: UInt64) -> ArchiveAnchor {
    ArchiveAnchor(number: number, hash: SampleLog.hash(number))
  }

  private func restore(
    _ sample: SampleArchive, _ anchor: ArchiveAnchor, into folder: String = "node",
    _ change: (inout ArchiveRestore.Options) -> Void = { _ in }
  ) throws -> ArchiveAnchor {
    var options = ArchiveRestore.Options(anchor: anchor)
    change(&options)
    return try ArchiveRestore(sample.archive, options: options).run(into: sample.directory.file(folder)) { done, all in
      #expect(done <= all)
    }
  }

  @Test("is the log that was archived")
  func whole() throws {
    let sample = SampleArchive()
    try sample.fill(blocks: 250)
    #expect(try restore(sample, anchor(120)) == anchor(250))
    #expect(RestoredLog.isNoted(in: sample.directory.file("node")))
    let log = try SampleLog.open(sample.directory.file("log"), blocks: 250)
    let restored = try ReplayLog(path: sample.directory.file("node/replay_log"), genesisHash: SampleLog.genesisHash)
    #expect(restored.last == 250 && restored.nextBlockHashes == log.nextBlockHashes)
    for number in 1...250 as ClosedRange<UInt64> {
      #expect(try restored.rawRecord(number) == log.rawRecord(number))
    }
    #expect(try restored.record(3) == log.record(3))
    try restored.append([SampleLog.record(251, restored.nextBlockHashes, 270, 0)])
    RestoredLog.forget(in: sample.directory.file("node"))
    #expect(!RestoredLog.isNoted(in: sample.directory.file("node")))
  }

  @Test("may end with the anchor")
  func endingAtAnchor() throws {
    let sample = SampleArchive()
    try sample.fill(blocks: 250)
    #expect(try restore(sample, anchor(120)) { $0.endsAtAnchor = true } == anchor(120))
    let restored = try ReplayLog(path: sample.directory.file("node/replay_log"), genesisHash: nil)
    #expect(restored.last == 120)
  }

  @Test("is of the segment whose digest is trusted, or there is none")
  func digests() throws {
    let sample = SampleArchive()
    let written = try sample.fill(blocks: 250)
    #expect(throws: ArchiveError.noDigest(SampleLog.hash(1))) {
      try restore(sample, anchor(1)) { $0.digest = SampleLog.hash(1) }
    }
    #expect(TemporaryDirectory.list(sample.directory.file("node")).isEmpty)
    let end = try restore(sample, anchor(1)) { options in
      options.digest = written[1].digest
      options.endsAtAnchor = true
    }
    #expect(end == anchor(1))
  }

  @Test("is not made of an archive with another anchor, with damage or a gap, nor over anything")
  func refusals() throws {
    let sample = SampleArchive()
    try sample.fill(blocks: 300)
    let folder = sample.directory.file("node")
    let other = ArchiveAnchor(number: 300, hash: SampleLog.hash(299))
    #expect(throws: ArchiveError.otherAnchor(block: 300, archived: SampleLog.hash(300), expected: other.hash)) {
      try restore(sample, other)
    }
    #expect(!Files.exists(folder))
    let name = sample.files[1], bytes = sample.bytes(name)
    var damaged = bytes
    damaged[bytes.count / 2] ^= 4
    sample.write(damaged, name)
    #expect(throws: ArchiveError.self) { try restore(sample, anchor(300)) }
    #expect(TemporaryDirectory.list(folder).isEmpty)
    sample.remove(name)
    #expect(throws: ArchiveError.gap(after: sample.files[0], file: sample.files[1])) {
      try restore(sample, anchor(300))
    }
    sample.write(bytes, name)
    TemporaryDirectory.write([1], to: folder + "/something")
    #expect(throws: ArchiveError.notEmpty(folder: folder)) { try restore(sample, anchor(300)) }
    #expect(TemporaryDirectory.list(folder) == ["something"])
    #expect(throws: ArchiveError.notEmpty(folder: folder + "/something")) {
      try restore(sample, anchor(300), into: "node/something")
    }
  }
}
