// prestateTracer: what the transaction touched, as it was before, or before and after.

import EVM
import JSON
import Primitives

/// Collects geth's `prestateTracer` result.
///
/// Accounts and slots are noted when an instruction is about to touch them for the first time, so that their values are
/// those from before the transaction. What the transaction touches outside of frames (sender, recipient, coinbase) is
/// noted by whoever runs it, through ``touch(_:world:)`` before it changes anything.
public struct PrestateTracer: Tracer {
  private struct Account: Equatable {
    var balance: UInt256
    var nonce: UInt64
    var code: [UInt8]
    var storage: [UInt256: UInt256] = [:]

    var isAbsent: Bool { balance.isZero && nonce == 0 && code.isEmpty }
  }

  /// geth's options, with the same meaning.
  public struct Options: Sendable, Equatable {
    /// Tell what has changed, before and after, instead of what was touched.
    public var diffMode: Bool
    /// Leave code out.
    public var disableCode: Bool
    /// Leave storage out.
    public var disableStorage: Bool
    /// Tell of accounts that were touched and did not exist.
    public var includeEmpty: Bool

    public init(
      diffMode: Bool = false, disableCode: Bool = false, disableStorage: Bool = false, includeEmpty: Bool = false
    ) {
      self.diffMode = diffMode
      self.disableCode = disableCode
      self.disableStorage = disableStorage
      self.includeEmpty = includeEmpty
    }
  }

  private let options: Options
  private let byteLimit: Int
  private var bytes = 0
  private var accounts: [Address: Account] = [:]

  /// A tracer that has seen no account.
  ///
  /// - Parameter byteLimit: bytes that may be collected; what comes after that many is left out, and ``isTooLarge`` says so.
  public init(_ options: Options = Options(), byteLimit: Int = .max) {
    self.options = options
    self.byteLimit = byteLimit
  }

  /// Whether something is left out because of the limit.
  public var isTooLarge: Bool { bytes > byteLimit }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { false }
  public static var observesAccesses: Bool { true }

  /// Notes an account as it is now, unless it is known already.
  public mutating func touch(_ address: Address, world: some WorldReader) {
    guard accounts[address] == nil, !isTooLarge else { return }
    let account = read(address, world)
    bytes += 200 + 2 * account.code.count
    accounts[address] = account
  }

  public mutating func willAccess(_ access: StateAccess, world: some WorldReader) {
    switch access {
    case .account(let address): touch(address, world: world)
    case .slot(let address, let key):
      touch(address, world: world)
      if !options.disableStorage, accounts[address]?.storage[key] == nil, !isTooLarge {
        bytes += 140
        accounts[address]?.storage[key] = world.peekStorage(address, key)
      }
    }
  }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {}
  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}

  public mutating func enter(_ event: FrameEvent, world: some WorldReader) {
    // A new contract. The host has begun it already; what it began with is a balance at most.
    guard event.kind == .create || event.kind == .create2, accounts[event.to] == nil, !isTooLarge else { return }
    bytes += 200
    let value = event.value ?? .zero
    let balance = world.peekBalance(event.to)
    accounts[event.to] = Account(balance: balance >= value ? balance - value : .zero, nonce: 0, code: [])
  }

  public mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}

  /// What the options ask for; `world` is the state after the transaction.
  public func result(after world: some WorldReader) -> [UInt8] {
    options.diffMode ? difference(world: world) : touched
  }

  /// The accounts before the transaction.
  private var touched: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    for (address, account) in accounts.sorted(by: { $0.key < $1.key }) where options.includeEmpty || !account.isAbsent {
      json.key(Hex.encode(address.bytes))
      PrestateTracer.write(account, changedFrom: nil, &json)
    }
    json.endObject()
    return json.bytes
  }

  /// `pre` and `post` of what has changed, for geth's `diffMode`; `world` is the state after the transaction.
  private func difference(world: some WorldReader) -> [UInt8] {
    var pre = JSONWriter()
    var post = JSONWriter()
    pre.beginObject()
    post.beginObject()
    for (address, before) in accounts.sorted(by: { $0.key < $1.key }) {
      var before = before
      var after = read(address, world)
      for (key, value) in before.storage {
        let now = world.peekStorage(address, key)
        if now == value { before.storage[key] = nil } else { after.storage[key] = now }
      }
      guard before != after else { continue }
      before.storage = before.storage.filter { !$0.value.isZero }
      if options.includeEmpty || !before.isAbsent {
        pre.key(Hex.encode(address.bytes))
        PrestateTracer.write(before, changedFrom: nil, &pre)
      }
      if !after.isAbsent {
        post.key(Hex.encode(address.bytes))
        after.storage = after.storage.filter { !$0.value.isZero }
        PrestateTracer.write(after, changedFrom: before, &post)
      }
    }
    pre.endObject()
    post.endObject()
    var json = JSONWriter()
    json.beginObject()
    json.key("post")
    json.raw(post.bytes)
    json.key("pre")
    json.raw(pre.bytes)
    json.endObject()
    return json.bytes
  }

  private func read(_ address: Address, _ world: some WorldReader) -> Account {
    Account(
      balance: world.peekBalance(address), nonce: world.peekNonce(address),
      code: options.disableCode ? [] : world.peekCode(address))
  }

  /// Writes an account, or only the fields that differ from `other`.
  private static func write(_ account: Account, changedFrom other: Account?, _ json: inout JSONWriter) {
    json.beginObject()
    if account.balance != other?.balance {
      json.key("balance")
      json.quantity(account.balance)
    }
    if account.code != (other?.code ?? []) {
      json.key("code")
      json.data(account.code)
    }
    if account.nonce != (other?.nonce ?? 0) {
      json.key("nonce")
      json.number(account.nonce)
    }
    if !account.storage.isEmpty {
      json.key("storage")
      json.beginObject()
      for (key, value) in account.storage.sorted(by: { $0.key < $1.key }) {
        json.key(Hex.encode(key.bytes))
        json.data(Bytes32(value))
      }
      json.endObject()
    }
    json.endObject()
  }
}
