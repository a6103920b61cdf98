import ChainStorage

/// Copies the segments of an archive into a folder of this machine that has none, or some of them: everything is checked on
/// the way, what is already there by its last segment. It may be interrupted at any time and begun again.
public enum ArchiveFetch {
  /// - Parameters:
  ///   - each: told of each segment that was copied.
  /// - Returns: where the copy ends.
  public static func run(
    from source: any ArchiveStore, to target: ArchiveFolder, _ each: (Segment) -> Void
  ) throws(ArchiveError) -> ArchiveEnd {
    try target.make()
    let claim = try target.claim()
    defer { withExtendedLifetime(claim) {} }
    let copy = Archive(target), archive = Archive(source)
    let segments = try archive.segments()
    guard !segments.isEmpty else { throw .empty(path: source.place) }
    let present = try copy.segments()
    if let strange = present.first(where: { !segments.contains($0) }) {
      throw .notLinked(file: strange.description, previous: segments.last?.description)
    }
    var walk = ArchiveWalk(archive, segments, after: try copy.end())
    while let segment = try walk.next() {
      try target.create(segment.name.description, segment.bytes)
      each(segment)
    }
    guard let end = walk.end else { throw .empty(path: source.place) }
    return end
  }
}
