// What the chain's rules are, and what the node has of the chain.

import JSON
import JSONRPC
import Primitives

/// The rules of a chain, as EIP-7910 tells them.
public struct RuleDescription: Sendable {
  /// What blocks may have of blobs (EIP-7840).
  public struct Blobs: Sendable {
    /// Blobs in a block: as many as leave the price alone, and the most.
    public var target: UInt64, most: UInt64
    public var updateFraction: UInt64

    public init(target: UInt64, most: UInt64, updateFraction: UInt64) {
      self.target = target
      self.most = most
      self.updateFraction = updateFraction
    }
  }

  /// `nil` for a chain without blobs.
  public var blobs: Blobs?
  /// Names, as EIP-7910 has them, and addresses of the precompiles.
  public var precompiles: [(name: StaticString, address: Address)] = []
  /// Names and addresses of contracts that the protocol calls.
  public var systemContracts: [(name: StaticString, address: Address)] = []

  /// The precompiles at the addresses from 1 to `last`, which is 17 at most.
  ///
  /// - Parameter systemContracts: names, as EIP-7910 has them, and addresses.
  public init(blobs: Blobs? = nil, lastPrecompile last: Int = 0, systemContracts: [(StaticString, Address)] = []) {
    self.blobs = blobs
    let names: [StaticString] = [
      "ECREC", "SHA256", "RIPEMD160", "ID", "MODEXP", "BN254_ADD", "BN254_MUL", "BN254_PAIRING", "BLAKE2F",
      "KZG_POINT_EVALUATION", "BLS12_G1ADD", "BLS12_G1MSM", "BLS12_G2ADD", "BLS12_G2MSM", "BLS12_PAIRING_CHECK",
      "BLS12_MAP_FP_TO_G1", "BLS12_MAP_FP2_TO_G2",
    ]
    precompiles = names.prefix(last).enumerated().map { ($1, Address(UInt64($0 + 1))) }
    self.systemContracts = systemContracts.map { ($0, $1) }
  }
}

extension EthereumAPI {
  func addRuleMethods(to table: inout MethodTable) {
    table.add(
      "eth_config", .pooled, "The rules that the chain follows (EIP-7910).",
      result: "object with `current`, `next` and `last`; the last two are null",
      differences: "The rules are those of the first block; a change of them is not announced here."
        + (configuration.rules.blobs == nil
          ? " `blobSchedule` is null: the chain has no blobs. `systemContracts` is empty: the protocol calls none of those "
            + "that EIP-7910 names." : "")
    ) { [self] (_, _, writer) throws(RPCError) in
      let genesis = try blocks.header(number: 0)
      writer.beginObject()
      writer.key("current")
      writer.rules(configuration.rules, chainID: configuration.chainID, genesis: genesis)
      for name: StaticString in ["next", "last"] {
        writer.key(name)
        writer.null()
      }
      writer.endObject()
    }
    let proves = optional.accountProver != nil
    table.add(
      "eth_capabilities", .inline, "What the node has of the chain.",
      result:
        "object with `head`, and `state`, `tx`, `logs`, `receipts`, `blocks` and `stateproofs`, each with `disabled` and "
        + "`oldestBlock`",
      differences: proves ? "" : "`stateproofs` speaks of `eth_getProof`, which is not offered; `zks_getProof` is."
    ) { [chain] (_, _, writer) throws(RPCError) in
      let head = chain.head
      writer.beginObject()
      writer.key("head")
      writer.beginObject()
      writer.key("number")
      writer.quantity(head.number)
      writer.key("hash")
      writer.data(head.hash)
      writer.endObject()
      writer.key("state")
      writer.resource(since: chain.oldestState)
      for name: StaticString in ["tx", "logs", "receipts", "blocks"] {
        writer.key(name)
        writer.resource(since: chain.oldestBlock)
      }
      writer.key("stateproofs")
      writer.resource(since: proves ? chain.oldestState : nil)
      writer.endObject()
    }
  }
}

extension JSONWriter {
  fileprivate mutating func resource(since oldest: UInt64?) {
    beginObject()
    key("disabled")
    boolean(oldest == nil)
    if let oldest {
      key("oldestBlock")
      quantity(oldest)
    }
    endObject()
  }

  fileprivate mutating func rules(_ rules: RuleDescription, chainID: UInt64, genesis: SealedHeader?) {
    beginObject()
    key("activationTime")
    number(genesis?.header.timestamp ?? 0)
    key("blobSchedule")
    if let blobs = rules.blobs {
      beginObject()
      key("target")
      number(blobs.target)
      key("max")
      number(blobs.most)
      key("baseFeeUpdateFraction")
      number(blobs.updateFraction)
      endObject()
    } else {
      null()
    }
    key("chainId")
    quantity(chainID)
    key("forkId")
    var id: [UInt8] = []
    // EIP-2124: of a chain without forks, the checksum of the first block's hash.
    id.append(bigEndian: CRC32.of(genesis?.hash.bytes ?? []))
    data(id)
    key("precompiles")
    addresses(rules.precompiles)
    key("systemContracts")
    addresses(rules.systemContracts)
    endObject()
  }

  private mutating func addresses(_ list: [(name: StaticString, address: Address)]) {
    beginObject()
    for (name, address) in list.sorted(by: { $0.name.description < $1.name.description }) {
      key(name)
      data(address)
    }
    endObject()
  }
}

/// The checksum of IEEE 802.3, with the polynomial 0x04c11db7, as fork ids have it (EIP-2124).
private enum CRC32 {
  static func of(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1 == 0 ? 0 : 0xedb8_8320) }
    }
  }
}
