// Which interpreter runs a frame.

import Primitives
import Synchronization

/// The choice between the reference interpreter and the block interpreter; neither the machine nor a host can tell.
///
/// Code starts in the reference interpreter, which counts how often jumps reach each destination. When one is hot, the
/// block there is translated, and the frame goes on in the block interpreter until it comes to a block that is not.
enum Tiers<Rules: RuleSet> {
  @inline(__always)
  static func run(_ frame: UnsafeMutablePointer<Frame>) -> Exit {
    let exit =
      if let entry = frame.pointee.resumption { BlockInterpreter<Rules>.run(frame, from: entry) } else {
        Interpreter<Rules>.run(frame)
      }
    return exit == .hot || exit == .cold ? change(frame, after: exit) : exit
  }

  /// Goes on in the other interpreter, to and fro, until the frame ends or needs the host.
  @inline(never)
  private static func change(_ frame: UnsafeMutablePointer<Frame>, after first: Exit) -> Exit {
    var exit = first
    while true {
      let entry: UnsafePointer<BlockEntry>?
      switch exit {
      case .hot: entry = translatedDestination(frame)
      case .cold: entry = frame.pointee.resumption.flatMap { translatedIfHot($0, frame) }
      default: return exit
      }
      if let entry {
        exit = BlockInterpreter<Rules>.run(frame, from: entry)
      } else {
        frame.pointee.resumption = nil
        exit = Interpreter<Rules>.run(frame)
      }
    }
  }

  /// The hot destination where the reference interpreter stands.
  private static func translatedDestination(_ frame: UnsafeMutablePointer<Frame>) -> UnsafePointer<BlockEntry>? {
    let code = frame.pointee.code.takeUnretainedValue()
    let offset = frame.pointee.pc - frame.pointee.codeBase
    if frame.pointee.translation == nil, let translation = code.makeTranslation(for: frame.pointee.table) {
      frame.pointee.adopt(translation)
    }
    let entry = frame.pointee.translation?.takeUnretainedValue()
      .translatedEntry(at: offset, &frame.pointee.translator.pointee)
    if entry == nil { frame.pointee.destinations[offset].store(Heat.cold, ordering: .relaxed) }
    return entry
  }

  /// An entry that was not translated when the block interpreter came to it.
  private static func translatedIfHot(
    _ entry: UnsafePointer<BlockEntry>, _ frame: UnsafeMutablePointer<Frame>
  ) -> UnsafePointer<BlockEntry>? {
    if entry.pointee.isDestination {
      if !Heat.count(frame.pointee.destinations[Int(entry.pointee.offset)]) { return nil }
      return translatedDestination(frame)
    }
    if !Heat.count(entry.pointee.heat) { return nil }
    let translation = frame.pointee.translation?.takeUnretainedValue()
    if translation?.translate(entry, &frame.pointee.translator.pointee) ?? false { return entry }
    entry.pointee.heat.store(Heat.cold, ordering: .relaxed)
    return nil
  }
}
