import Concurrency
import Logging
import Primitives
import Synchronization
import Telemetry

/// Follows the head of L1, and notices when L1 goes back and takes another way.
///
/// It asks by number rather than to be told: connections break, and what was missed meanwhile has to be asked for anyway.
/// Only what fits together is believed: blocks by their parents' hashes down to one that is known. A node that is behind,
/// as there are among several behind one address, is waited for.
public final class L1Heads: Service {
  public struct Options: Sendable {
    /// Time between two looks.
    public var interval = Duration.seconds(1)
    /// Blocks of which the hash is remembered: how deep a reorganisation can be whose beginning is still found.
    public var window = 128
    /// How far behind the head the finalized block is taken to be where L1 does not tell; the safe one half of that.
    public var assumedDepth: UInt64 = 64

    public init() {}
  }

  /// Looks in a row at which the head may be behind one that was seen before it is believed that L1 has gone back.
  private static let patience = 10
  /// Looks in a row that L1 may know no finalized block before it is believed that it never does.
  private static let finalityPatience = 5
  /// Reorganisations that are remembered for those who ask late.
  private static let remembered = 64

  private struct State {
    var view: L1View?
    /// The newest blocks without a gap, the oldest first.
    var blocks: [(number: UInt64, hash: Bytes32)] = []
    /// By generation: the first block that was replaced.
    var reorganisations: [(generation: UInt64, from: UInt64)] = []
    var looksBehind = 0
    var looksWithoutFinality = 0
    var tellsFinality = true
    var failure: L1Error?
  }

  public let name: String
  private let client: L1Client
  private let options: Options
  private let metrics: L1HeadsMetrics
  private let log: Logger
  private let state = Mutex(State())
  private let loop = Mutex<StepLoop?>(nil)

  public init(
    _ client: L1Client, name: String = "l1_heads", options: Options = Options(), metrics: L1HeadsMetrics, log: Logger
  ) {
    self.client = client
    self.name = name
    self.options = options
    self.metrics = metrics
    self.log = log
  }

  // MARK: What others ask

  /// L1 as it was last seen; `nil` until it was.
  public var view: L1View? { state.withLock { $0.view } }

  /// The first block that is another than it was at that generation; `nil` where there were no reorganisations since, and
  /// 0 where that is too long ago.
  public func firstChange(since generation: UInt64) -> UInt64? {
    state.withLock { state in
      let later = state.reorganisations.filter { $0.generation > generation }
      guard let current = state.view?.generation, current > generation else { return nil }
      return UInt64(later.count) == current - generation ? later.map(\.from).min() : 0
    }
  }

  /// The hash of one of the newest blocks; `nil` for an older one.
  public func hash(of number: UInt64) -> Bytes32? { state.withLock { Self.hash(of: number, in: $0.blocks) } }

  /// Why L1 was not seen at the last look.
  public var failure: L1Error? { state.withLock { $0.failure } }

  // MARK: Service

  public func start() async throws {
    let loop = StepLoop { [weak self] in
      guard let self else { return .seconds(1) }
      do throws(L1Error) { try await step() } catch { return max(options.interval, .seconds(1)) }
      return options.interval
    }
    self.loop.withLock { $0 = loop }
    loop.start()
  }

  public func stop() async { await loop.withLock { $0.take() }?.stop() }

  /// Whoever needs L1 says what it means that it is away.
  public var health: Health { .ready }

  // MARK: Looking

  /// Looks once.
  public func step() async throws(L1Error) {
    do throws(L1Error) {
      try await look()
      state.withLock { $0.failure = nil }
    } catch {
      state.withLock { $0.failure = error }
      throw error
    }
  }

  private func look() async throws(L1Error) {
    // Nodes that load-balance have moments in which they know no head.
    guard let head = try await client.block(.latest) else { return }
    let known = state.withLock { $0.blocks }
    if let first = known.first, let last = known.last {
      let isKnown = Self.hash(of: head.number, in: known) == head.hash
      if isKnown, head.number == last.number {
        state.withLock { $0.looksBehind = 0 }
        return
      }
      // Behind what was seen, on the same way as far as can be told.
      if isKnown || head.number < first.number {
        let looks = state.withLock { state in
          state.looksBehind += 1
          return state.looksBehind
        }
        if looks < Self.patience { return }
      }
    }
    guard let found = try await connect(head, to: known) else { return }
    let (safe, finalized) = try await finality(head)
    accept(head, found, safe: safe, finalized: finalized)
  }

  /// What was found out about the way from the blocks that are known to a new head.
  private struct Way {
    /// The newest blocks, up to the head.
    var blocks: [(number: UInt64, hash: Bytes32)]
    /// The first block that is another than before.
    var firstChange: UInt64?
  }

  /// Walks back from `head` to a block that is known; `nil` where the answers do not fit together.
  private func connect(_ head: L1Block, to known: [(number: UInt64, hash: Bytes32)]) async throws(L1Error) -> Way? {
    if Self.hash(of: head.number, in: known) == head.hash {
      return Way(
        blocks: known.filter { $0.number <= head.number },
        firstChange: known.last.map { $0.number > head.number } == true ? head.number + 1 : nil)
    }
    var way: [(number: UInt64, hash: Bytes32)] = [(head.number, head.hash)]
    var oldest = head
    while way.count < options.window, oldest.number > 0 {
      let parent = oldest.number - 1
      if let hash = Self.hash(of: parent, in: known), hash == oldest.parentHash {
        let kept = known.prefix { $0.number <= parent }
        let last = known.last?.number ?? 0
        let blocks = Array((kept + way.reversed()).suffix(options.window))
        return Way(blocks: blocks, firstChange: last > parent ? oldest.number : nil)
      }
      if known.isEmpty, way.count >= 2 { break }
      guard let block = try await client.block(.number(parent)), block.number == parent,
        block.hash == oldest.parentHash
      else { return nil }
      way.append((parent, block.hash))
      oldest = block
    }
    // Nothing of what is known is on this way, or it is too long: whether what is known has gone is asked directly.
    let blocks = Array(way.reversed())
    for (number, hash) in known.reversed() {
      guard number < oldest.number else { continue }
      guard let block = try await client.block(.number(number)) else { return nil }
      if block.hash == hash {
        return Way(blocks: blocks, firstChange: number == known.last?.number ? nil : number + 1)
      }
    }
    return Way(blocks: blocks, firstChange: known.isEmpty ? nil : 0)
  }

  /// The numbers of the safe and of the finalized block; those before where L1 tells none just now.
  private func finality(_ head: L1Block) async throws(L1Error) -> (safe: UInt64, finalized: UInt64) {
    let (tells, before) = state.withLock { ($0.tellsFinality, $0.view) }
    func assumed() -> (safe: UInt64, finalized: UInt64) {
      let depth = options.assumedDepth
      return (head.number - min(head.number, depth / 2), head.number - min(head.number, depth))
    }
    guard tells else { return assumed() }
    var blocks: (safe: L1Block?, finalized: L1Block?)
    do throws(L1Error) {
      blocks.finalized = try await client.block(.finalized)
      blocks.safe = try await client.block(.safe)
    } catch {
      // A node that has no such tags says so; one that is away is asked again.
      switch error {
      case .refused, .unsupported: blocks = (nil, nil)
      default: throw error
      }
    }
    if let finalized = blocks.finalized?.number {
      state.withLock { $0.looksWithoutFinality = 0 }
      return (max(blocks.safe?.number ?? finalized, finalized), finalized)
    }
    let looks = state.withLock { state in
      state.looksWithoutFinality += 1
      return state.looksWithoutFinality
    }
    guard looks >= Self.finalityPatience else { return (before?.safe ?? 0, before?.finalized ?? 0) }
    state.withLock { $0.tellsFinality = false }
    log.warning(
      "L1 tells of no finalized block: it is taken to be so many behind the newest",
      metadata: ["blocks": "\(options.assumedDepth)"])
    return assumed()
  }

  private func accept(_ head: L1Block, _ way: Way, safe: UInt64, finalized: UInt64) {
    let change = state.withLock { state -> UInt64? in
      state.looksBehind = 0
      state.blocks = way.blocks
      var view =
        state.view ?? L1View(generation: 0, head: head, safe: min(safe, head.number), finalized: 0)
      let before = view
      view.head = head
      // A node that is behind may tell an older one; what is final stays so unless the chain itself is another.
      let floor = (way.firstChange ?? .max) > view.finalized ? view.finalized : 0
      view.finalized = min(max(finalized, floor), head.number)
      view.safe = max(min(safe, head.number), view.finalized)
      if let change = way.firstChange {
        view.generation = before.generation &+ 1
        state.reorganisations.append((view.generation, change))
        if state.reorganisations.count > Self.remembered { state.reorganisations.removeFirst() }
      }
      state.view = view
      return way.firstChange
    }
    metrics.head.set(head.number)
    metrics.finalized.set(view?.finalized ?? 0)
    if let change {
      metrics.reorganisations.increment()
      log.warning("L1 was reorganised", metadata: ["from": "\(change)", "head": "\(head.number)"])
    }
  }

  private static func hash(of number: UInt64, in blocks: [(number: UInt64, hash: Bytes32)]) -> Bytes32? {
    guard let first = blocks.first?.number, number >= first, number - first < UInt64(blocks.count) else { return nil }
    return blocks[Int(number - first)].hash
  }
}
