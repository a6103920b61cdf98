import Primitives
import Transactions

/// Many log filters as one index, from terms (an address, or a topic at its place) to who asked for them.
///
/// A log is matched against all filters at once: its address and each topic give the set of filters that allow it, and the
/// intersection is who gets it. That costs five look-ups and, for 64 filters, five machine words, however many addresses
/// and topics the filters name.
package struct LogIndex<Member> {
  /// A set of slots, one bit for each.
  private typealias Slots = [UInt64]

  private enum Term: Hashable {
    case address(Address)
    case topic(Int, Bytes32)
  }

  /// Most terms stand in one filter.
  private enum Posting {
    case one(Int)
    case many(Set<Int>)
  }

  private static var places: Int { 4 }
  private static var lookUpsKept: Int { 1_024 }

  /// Where each member is, and who is where.
  private var slotOf: [String: Int] = [:]
  private var entries: [(filter: LogFilter, member: Member)?] = []
  private var free: [Int] = []
  private var postings: [Term: Posting] = [:]
  /// The filters that name no address; for each place, those that allow any topic there, or none; and for each number of
  /// topics, those that ask for no more.
  private var anyAddress: Slots = []
  private var anyTopic: [Slots]
  private var atMost: [Slots]
  /// What was looked up since the last change or ``forgetLookUps()``: one block has the same terms again and again.
  private var lookedUp: [Term: Slots] = [:]

  package init() {
    anyTopic = Array(repeating: [], count: Self.places)
    atMost = Array(repeating: [], count: Self.places + 1)
  }

  package var isEmpty: Bool { slotOf.isEmpty }

  /// The terms of a filter, which is what it costs.
  static func terms(of filter: LogFilter) -> Int {
    filter.addresses.count + filter.topics.reduce(0) { $0 + $1.count }
  }

  package mutating func insert(_ filter: LogFilter, _ member: Member, id: String) {
    guard slotOf[id] == nil else { return }
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
      entries[slot] = (filter, member)
    } else {
      slot = entries.count
      entries.append((filter, member))
      if slot % 64 == 0 { grow() }
    }
    slotOf[id] = slot
    mark(slot, filter, true)
    for term in Self.terms(filter) {
      switch postings[term] {
      case nil: postings[term] = .one(slot)
      case .one(let other): if other != slot { postings[term] = .many([other, slot]) }
      case .many(var slots):
        postings[term] = nil
        slots.insert(slot)
        postings[term] = .many(slots)
      }
    }
    lookedUp = [:]
  }

  package mutating func remove(id: String) {
    guard let slot = slotOf.removeValue(forKey: id), let (filter, _) = entries[slot] else { return }
    entries[slot] = nil
    free.append(slot)
    mark(slot, filter, false)
    for term in Self.terms(filter) {
      switch postings[term] {
      case .one(slot): postings[term] = nil
      case .many(var slots):
        postings[term] = nil
        slots.remove(slot)
        postings[term] = slots.count > 1 ? .many(slots) : slots.first.map { .one($0) }
      // A filter may name a term twice.
      case .one, nil: break
      }
    }
    lookedUp = [:]
  }

  mutating func forgetLookUps() { lookedUp = [:] }

  /// Who asked for `log`.
  package mutating func members(for log: Log) -> [Member] {
    var found = slots(.address(log.address), orAny: anyAddress)
    let count = min(log.topics.count, Self.places)
    for (place, topic) in log.topics.prefix(count).enumerated() {
      Self.intersect(&found, slots(.topic(place, topic), orAny: anyTopic[place]))
    }
    Self.intersect(&found, atMost[count])
    var members: [Member] = []
    for (index, word) in found.enumerated() {
      var word = word
      while word != 0 {
        if let entry = entries[64 * index + word.trailingZeroBitCount] { members.append(entry.member) }
        word &= word - 1
      }
    }
    return members
  }

  /// The filters that allow a term: those that name it, and those that allow any.
  private mutating func slots(_ term: Term, orAny any: Slots) -> Slots {
    if let slots = lookedUp[term] { return slots }
    var slots = any
    switch postings[term] {
    case .one(let slot): slots[slot / 64] |= 1 << (slot % 64)
    case .many(let many): for slot in many { slots[slot / 64] |= 1 << (slot % 64) }
    case nil: break
    }
    if lookedUp.count >= Self.lookUpsKept { lookedUp = [:] }
    lookedUp[term] = slots
    return slots
  }

  private static func intersect(_ slots: inout Slots, _ others: Slots) {
    for index in slots.indices { slots[index] &= others[index] }
  }

  // MARK: Upkeep

  private static func terms(_ filter: LogFilter) -> [Term] {
    filter.addresses.map { .address($0) }
      + filter.topics.prefix(places).enumerated().flatMap { place, topics in topics.map { .topic(place, $0) } }
  }

  private mutating func grow() {
    anyAddress.append(0)
    for place in anyTopic.indices { anyTopic[place].append(0) }
    for count in atMost.indices { atMost[count].append(0) }
  }

  /// Notes what a filter leaves open.
  private mutating func mark(_ slot: Int, _ filter: LogFilter, _ isThere: Bool) {
    func set(_ slots: inout Slots, _ applies: Bool) {
      guard applies else { return }
      if isThere { slots[slot / 64] |= 1 << (slot % 64) } else { slots[slot / 64] &= ~(1 << (slot % 64)) }
    }
    set(&anyAddress, filter.addresses.isEmpty)
    for place in anyTopic.indices {
      set(&anyTopic[place], place >= filter.topics.count || filter.topics[place].isEmpty)
    }
    for count in atMost.indices { set(&atMost[count], filter.topics.count <= count) }
  }
}
