import Primitives
import RandomTesting
import StateTree
import Testing
import ThreadTesting

#if canImport(Glibc)
  import Glibc
#endif

/// What must hold after any end: the tree opens, shows a version that was begun at least and every version that was
/// acknowledged, with the right roots, and goes on from there.
struct Story {
  var blocks: [[(key: Bytes32, value: Bytes32)]] = []
  var references: [ReferenceTree] = [ReferenceTree()]

  init(seed: UInt64, count: Int, maxWrites: Int = 20) {
    var random = RandomBlocks(seed: seed)
    for _ in 0..<count {
      let writes = random.next(maxWrites: maxWrites)
      random.remember(writes)
      blocks.append(writes)
      references.append(references.last!)
      references[references.count - 1].apply(writes)
    }
  }

  /// Applies blocks until the end of the story; stops at the first error.
  /// - Returns: the last version that was acknowledged.
  func tell(on disk: SimulatedDisk, options: StateTree.Options, truncatingAt: Int? = nil) -> UInt64? {
    var acknowledged: UInt64?
    do {
      let tree = try StateTree(fileSystem: disk, options: options)
      acknowledged = tree.lastVersion
      while Int(tree.lastVersion) < blocks.count {
        let version = tree.lastVersion + 1
        try tree.apply(version: version, writes: blocks[Int(version) - 1])
        acknowledged = version
        if let truncatingAt, Int(version) == truncatingAt {
          acknowledged = version - 7
          try tree.truncate(to: version - 7)
          return acknowledged
        }
      }
    } catch {
      #expect(disk.hasFailed, "\(error)")
    }
    return acknowledged
  }

  func check(_ disk: SimulatedDisk, options: StateTree.Options, acknowledged: UInt64?, newest: Int? = nil) throws {
    let tree = try StateTree(fileSystem: disk, options: options)
    let version = tree.lastVersion
    #expect(version >= acknowledged ?? 0)
    #expect(Int(version) <= min(newest ?? .max, Int(acknowledged ?? 0) + (newest == nil ? 1 : blocks.count)))
    for earlier in tree.oldestVersion...version {
      #expect(try tree.commitment(at: earlier) == references[Int(earlier)].commitment)
    }
    for earlier in Set([tree.oldestVersion, version / 2, version]) where earlier >= tree.oldestVersion {
      let view = try tree.view(at: earlier)
      #expect(
        try view.proofs(at: references[Int(earlier)].leaves.indices.map { UInt64($0) }).leaves
          == references[Int(earlier)].leaves)
    }
    try tree.verify()
    // The rest of the story goes on as if nothing had happened.
    if Int(version) < blocks.count {
      let next = try tree.apply(version: version + 1, writes: blocks[Int(version)])
      #expect(next == references[Int(version) + 1].commitment)
    }
  }
}

@Suite("State tree: crashes", .offTheCooperativePool)
struct CrashTests {
  @Test("Whichever write is the last: power failure and kill", arguments: [false, true])
  func everyOperation(isKill: Bool) throws {
    let story = Story(seed: 21, count: 24)
    let options = smallOptions()
    let whole = SimulatedDisk(seed: 1)
    _ = story.tell(on: whole, options: options)
    #expect(whole.operations > 150)
    for limit in 0..<whole.operations {
      let disk = SimulatedDisk(seed: UInt64(limit))
      disk.operationsUntilFailure = limit
      let acknowledged = story.tell(on: disk, options: options)
      disk.restart(isKill: isKill)
      try story.check(disk, options: options, acknowledged: acknowledged)
    }
  }

  @Test("A copy is made while blocks come, and opens as after a crash", arguments: 0..<12 as Range<UInt64>)
  func copying(seed: UInt64) throws {
    let story = Story(seed: 40 + seed, count: 80, maxWrites: 60)
    let options = smallOptions()
    let tree = try StateTree(fileSystem: SimulatedDisk(seed: seed), options: options)
    func goOn(_ count: Int) throws(StateTreeError) {
      for _ in 0..<count {
        let version = tree.lastVersion + 1
        guard version <= story.blocks.count else { return }
        try tree.apply(version: version, writes: story.blocks[Int(version) - 1])
      }
    }
    try goOn(10 + Int(seed))
    let first = tree.lastVersion
    let target = SimulatedDisk(seed: seed)
    // Several blocks between any two pieces, and so checkpoints and pages that change.
    let copy = try tree.copy(to: target) {
      do throws(StateTreeError) { try goOn(4) } catch { return error }
      return nil
    }
    #expect(copy.version > first && copy.commitment == story.references[Int(copy.version)].commitment)
    target.restart(isKill: seed % 2 == 0)
    try story.check(target, options: options, acknowledged: copy.version, newest: Int(copy.version))
    // The tree itself goes on, and lets go of its journal again.
    try goOn(.max)
    #expect(try tree.commitment(at: tree.lastVersion) == story.references[story.blocks.count].commitment)
  }

  @Test("A copy ends with the reason that it is given, and when versions are taken back")
  func endedCopies() throws {
    let story = Story(seed: 60, count: 30)
    let tree = try StateTree(fileSystem: SimulatedDisk(seed: 1), options: smallOptions())
    for (position, writes) in story.blocks.enumerated() {
      try tree.apply(version: UInt64(position + 1), writes: writes)
    }
    #expect(throws: StateTreeError.copyEnded("enough")) {
      try tree.copy(to: SimulatedDisk(seed: 2)) { .copyEnded("enough") }
    }
    #expect(throws: StateTreeError.wentBack) {
      try tree.copy(to: SimulatedDisk(seed: 3)) {
        do throws(StateTreeError) { try tree.truncate(to: 25) } catch { return error }
        return nil
      }
    }
  }

  @Test("A crash while recovering from a crash")
  func crashInRecovery() throws {
    let story = Story(seed: 22, count: 20)
    let options = smallOptions()
    for first in stride(from: 40, to: 160, by: 11) {
      let disk = SimulatedDisk(seed: UInt64(first))
      disk.operationsUntilFailure = first
      let acknowledged = story.tell(on: disk, options: options)
      for second in 0..<12 {
        let twin = disk.copy(seed: UInt64(second))
        twin.restart()
        twin.operationsUntilFailure = second
        _ = try? StateTree(fileSystem: twin, options: options)
        twin.restart()
        try story.check(twin, options: options, acknowledged: acknowledged)
      }
    }
  }

  @Test("Whichever write of a truncation is the last")
  func truncation() throws {
    let story = Story(seed: 23, count: 22)
    let options = smallOptions()
    let whole = SimulatedDisk(seed: 1)
    _ = story.tell(on: whole, options: options, truncatingAt: 20)
    try story.check(whole, options: options, acknowledged: 13, newest: 13)
    let before = SimulatedDisk(seed: 1)
    var upToTruncation = story
    upToTruncation.blocks.removeLast(2)
    _ = upToTruncation.tell(on: before, options: options)
    for limit in before.operations..<whole.operations {
      for isKill in [false, true] {
        let disk = SimulatedDisk(seed: UInt64(limit))
        disk.operationsUntilFailure = limit
        _ = story.tell(on: disk, options: options, truncatingAt: 20)
        disk.restart(isKill: isKill)
        let tree = try StateTree(fileSystem: disk, options: options)
        #expect(tree.lastVersion == 20 || tree.lastVersion == 13)
        try story.check(disk, options: options, acknowledged: tree.lastVersion, newest: 20)
      }
    }
  }

  @Test("Blocks after a truncation may differ from those before")
  func rewriting() throws {
    let story = Story(seed: 24, count: 30, maxWrites: 60)
    let other = Story(seed: 25, count: 30, maxWrites: 60)
    let disk = SimulatedDisk(seed: 24)
    var tree = try StateTree(fileSystem: disk, options: smallOptions())
    var reference = ReferenceTree()
    for (position, writes) in story.blocks.enumerated() {
      try tree.apply(version: UInt64(position + 1), writes: writes)
    }
    let stale = try tree.view(at: 20)
    try tree.truncate(to: 12)
    #expect(tree.lastVersion == 12)
    #expect(throws: StateTreeError.self) { try stale.proof(at: 0) }
    for writes in story.blocks[..<12] { reference.apply(writes) }
    #expect(try tree.commitment(at: 12) == reference.commitment)
    for (position, writes) in other.blocks[..<10].enumerated() {
      reference.apply(writes)
      #expect(try tree.apply(version: UInt64(13 + position), writes: writes) == reference.commitment)
    }
    try tree.verify()
    tree = try StateTree(fileSystem: disk, options: smallOptions())
    #expect(try tree.commitment(at: 22) == reference.commitment)
    try tree.verify()
  }

  @Test("A full disk refuses the block, keeps the tree, and takes the block once there is space")
  func fullDisk() throws {
    let story = Story(seed: 26, count: 30)
    let options = smallOptions()
    let disk = SimulatedDisk(seed: 26)
    var tree = try StateTree(fileSystem: disk, options: options)
    var refusals = 0
    for (position, writes) in story.blocks.enumerated() {
      let version = UInt64(position + 1)
      disk.capacity = disk.usedBytes + (position % 3 == 0 ? 100 : 40)
      var isApplied = false
      do {
        try tree.apply(version: version, writes: writes)
        isApplied = true
      } catch .diskFull {
        refusals += 1
        #expect(tree.lastVersion == version - 1)
        #expect(try tree.commitment(at: version - 1) == story.references[position].commitment)
        if position % 5 == 0 { tree = try StateTree(fileSystem: disk.copy(seed: 1), options: options) }
      }
      disk.capacity = .max
      if position % 5 == 0 { tree = try StateTree(fileSystem: disk, options: options) }
      if !isApplied { try tree.apply(version: version, writes: writes) }
      #expect(try tree.commitment(at: version) == story.references[position + 1].commitment)
    }
    #expect(refusals > 20)
    try tree.verify()
  }

  @Test("Old journal files go, the versions that the policy keeps stay")
  func pruning() throws {
    let story = Story(seed: 27, count: 80)
    var options = smallOptions()
    options.retainedVersions = 10
    let disk = SimulatedDisk(seed: 27)
    #expect(story.tell(on: disk, options: options) == 80)
    let tree = try StateTree(fileSystem: disk, options: options)
    #expect(tree.oldestVersion > 0 && tree.oldestVersion <= 70)
    #expect(throws: StateTreeError.versionNotRetained(0, oldest: tree.oldestVersion, newest: 80)) {
      try tree.view(at: 0)
    }
    #expect(throws: StateTreeError.self) { try tree.truncate(to: 0) }
    #expect(try tree.commitment(at: 0) == story.references[0].commitment)
    try story.check(disk, options: options, acknowledged: 80)
  }

  /// What the killed process does; it shares nothing with the test but the names that follow from the test's process.
  private static let killedStory = Story(seed: 28, count: 400, maxWrites: 12)
  private static func killedPath(_ test: pid_t) -> String { "/tmp/state-tree-kill-\(test)" }
  private static func acknowledgements(_ test: pid_t) -> String { "/tmp/state-tree-kill-\(test).acknowledged" }

  @Test("A process killed at any moment loses nothing that it acknowledged")
  func killedProcess() async throws {
    let path = Self.killedPath(getpid())
    let file = Self.acknowledgements(getpid())
    defer {
      removeFiles(path)
      unlink(file)
    }
    for _ in 0..<5 {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let tree = try StateTree.open(directory: CrashTests.killedPath(getppid()), options: smallOptions())
        let acknowledged = open(CrashTests.acknowledgements(getppid()), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let blocks = CrashTests.killedStory.blocks
        let delay = 3000 + UInt32(tree.lastVersion * 389 % 20011)
        var killer = pthread_t()
        pthread_create(
          &killer, nil,
          { argument in
            usleep(UInt32(UInt(bitPattern: argument)))
            kill(getpid(), SIGKILL)
            return nil
          }, UnsafeMutableRawPointer(bitPattern: UInt(delay)))
        while Int(tree.lastVersion) < blocks.count {
          var version = tree.lastVersion + 1
          try tree.apply(version: version, writes: blocks[Int(version) - 1])
          pwrite(acknowledged, &version, 8, 0)
        }
        pause()
      }
      var acknowledged: UInt64 = 0
      let descriptor = open(file, O_RDONLY)
      _ = pread(descriptor, &acknowledged, 8, 0)
      close(descriptor)
      let tree = try StateTree.open(directory: path, options: smallOptions())
      #expect(tree.lastVersion >= acknowledged && (acknowledged == 0 || tree.lastVersion <= acknowledged + 1))
      #expect(
        try tree.commitment(at: tree.lastVersion) == Self.killedStory.references[Int(tree.lastVersion)].commitment)
      try tree.verify()
    }
    #expect(try StateTree.open(directory: path, options: smallOptions()).lastVersion > 0)
  }

  @Test("One process at a time")
  func locking() throws {
    let path = "/tmp/state-tree-lock-\(getpid())"
    defer { removeFiles(path) }
    let tree = try StateTree.open(directory: path)
    #expect(throws: StateTreeError.locked) { try StateTree.open(directory: path) }
    #expect(tree.lastVersion == 0)
  }

  private func removeFiles(_ path: String) {
    guard let stream = opendir(path) else { return }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      unlink(path + "/" + name)
    }
    closedir(stream)
    rmdir(path)
  }
}

@Suite("State tree: damaged files", .offTheCooperativePool)
struct CorruptionTests {
  /// Opens and uses a directory after a bit was flipped: every answer is right, or a typed error.
  private func probe(_ disk: SimulatedDisk, _ story: Story) -> (errors: Int, answers: Int) {
    var (errors, answers) = (0, 0)
    func attempt(_ body: () throws(StateTreeError) -> Bool) {
      do {
        let isRight = try body()
        #expect(isRight)
        answers += 1
      } catch {
        errors += 1
      }
    }
    guard let tree = try? StateTree(fileSystem: disk, options: smallOptions()) else { return (1, 0) }
    let newest = tree.lastVersion
    for version in stride(from: 0, through: newest, by: 5) {
      attempt { () throws(StateTreeError) in
        try tree.commitment(at: version) == story.references[Int(version)].commitment
      }
      let reference = story.references[Int(version)]
      for index in stride(from: 0, to: reference.leaves.count, by: 7) {
        attempt { () throws(StateTreeError) in
          let view = try tree.view(at: version)
          let proof = try view.proof(at: UInt64(index))
          return proof.leaf == reference.leaves[index] && proof.root == reference.commitment.root
        }
        attempt { () throws(StateTreeError) in
          try tree.view(at: version).position(of: reference.leaves[index].key) == .existing(UInt64(index))
        }
      }
    }
    if Int(newest) < story.blocks.count {
      attempt { () throws(StateTreeError) in
        try tree.apply(version: newest + 1, writes: story.blocks[Int(newest)])
          == story.references[Int(newest) + 1].commitment
      }
    }
    return (errors, answers)
  }

  @Test("A flipped bit anywhere gives the same answer or a typed error, never a wrong root")
  func flippedBits() throws {
    var story = Story(seed: 31, count: 40)
    let last = story.blocks.removeLast()
    let disk = SimulatedDisk(seed: 31)
    #expect(story.tell(on: disk, options: smallOptions()) == 39)
    story.blocks.append(last)
    disk.restart(isKill: true)
    var generator = SplitMix64(seed: 32)
    var (errors, answers) = (0, 0)
    for (name, contents) in disk.files.sorted(by: { $0.key < $1.key }) where !contents.visible.isEmpty {
      for _ in 0..<10 {
        let twin = disk.copy(seed: 1)
        twin.flipBit(
          Int.random(in: 0..<8, using: &generator),
          ofByte: Int.random(in: 0..<contents.visible.count, using: &generator), in: name)
        let result = probe(twin, story)
        errors += result.errors
        answers += result.answers
      }
    }
    #expect(errors > 20)
    #expect(answers > 500)
  }

  @Test("A leaf changed on disk is found by the next reader, by the next writer and by `verify`")
  func changedLeaf() throws {
    let story = Story(seed: 33, count: 30)
    let disk = SimulatedDisk(seed: 33)
    #expect(story.tell(on: disk, options: smallOptions()) == 30)
    try StateTree(fileSystem: disk, options: smallOptions()).flush()
    disk.flipBit(0, ofByte: 72 * 5 + 40, in: "leaves")
    let tree = try StateTree(fileSystem: disk, options: smallOptions())
    #expect {
      try tree.view(at: 30).proof(at: 5)
    } throws: { error in
      if case StateTreeError.corrupted(file: "leaves", detail: _) = error { true } else { false }
    }
    #expect(throws: StateTreeError.self) {
      try tree.apply(version: 31, writes: [(story.references[30].leaves[5].key, .zero)])
    }
    #expect(throws: StateTreeError.self) { try tree.verify() }
    #expect(tree.lastVersion == 30)
  }

  @Test("A lost index is built again; a directory of another format is refused")
  func lostFiles() throws {
    let story = Story(seed: 34, count: 30)
    let disk = SimulatedDisk(seed: 34)
    #expect(story.tell(on: disk, options: smallOptions()) == 30)
    let indexFiles = disk.files.keys.filter { $0.hasPrefix("index-") }
    #expect(!indexFiles.isEmpty)
    for name in indexFiles { try disk.remove(name) }
    try story.check(disk, options: smallOptions(), acknowledged: 30)

    let other = disk.copy(seed: 2)
    try other.remove("superblock")
    #expect(throws: StateTreeError.corrupted(file: "superblock", detail: "no readable copy")) {
      try StateTree(fileSystem: other, options: smallOptions())
    }
  }
}
