import Cryptography
import Primitives
import Transactions

/// Why a log that looks like an event of the chain is none.
public enum ChainEventError: Error, Sendable, Equatable {
  case malformed(ABIError)
  /// A request with a field that no request has.
  case invalidRequest(TransactionError)
  /// A topic that is not there.
  case missingTopic
}

/// What the chain's contract tells in logs.
///
/// Source: era-contracts `state-transition/chain-interfaces/IExecutor.sol`, `IMailbox.sol`.
public enum ChainEvent: Sendable, Equatable {
  /// A batch is committed, with its state commitment.
  case commit(batch: UInt64, state: Bytes32, commitment: Bytes32)
  /// The batches after the first number, up to the second, are proved.
  case verification(previous: UInt64, current: UInt64)
  /// A batch is executed: its requests have left the queue, and its messages can be proved.
  case execution(batch: UInt64, state: Bytes32, commitment: Bytes32)
  /// Committed batches are given up: the totals that are left.
  case revert(committed: UInt64, verified: UInt64, executed: UInt64)
  /// A request is made. `hash` is what L1 calls it; whoever does not trust L1 compares it with the request's own.
  case request(L1Request, hash: Bytes32)

  /// First topics.
  public static let commitTopic = topic("BlockCommit(uint256,bytes32,bytes32)")
  public static let verificationTopic = topic("BlocksVerification(uint256,uint256)")
  public static let executionTopic = topic("BlockExecution(uint256,bytes32,bytes32)")
  public static let revertTopic = topic("BlocksRevert(uint256,uint256,uint256)")
  public static let requestTopic = topic(
    "NewPriorityRequest(uint256,bytes32,uint64,(\(String(repeating: "uint256,", count: 10))uint256[4],bytes,bytes,"
      + "uint256[],bytes,bytes),bytes[])")

  private static func topic(_ signature: String) -> Bytes32 { Keccak256.hash(Array(signature.utf8)) }

  /// Reads a log; `nil` for one that is none of these events.
  public init?(_ log: Log) throws(ChainEventError) {
    guard let topic = log.topics.first else { return nil }
    switch topic {
    case Self.commitTopic:
      self = .commit(batch: try number(1, of: log), state: try word(2, of: log), commitment: try word(3, of: log))
    case Self.executionTopic:
      self = .execution(batch: try number(1, of: log), state: try word(2, of: log), commitment: try word(3, of: log))
    case Self.verificationTopic:
      self = .verification(previous: try number(1, of: log), current: try number(2, of: log))
    case Self.revertTopic:
      do throws(ABIError) {
        var data = ABIReader(log.data)
        self = .revert(committed: try data.read(), verified: try data.read(), executed: try data.read())
      } catch { throw .malformed(error) }
    case Self.requestTopic:
      let hash: Bytes32
      let transaction: VMTransaction
      do throws(ABIError) {
        var data = ABIReader(log.data)
        _ = try data.readUInt256()
        hash = try data.readBytes32()
        _ = try data.readUInt256()
        var tuple = try data.readTuple()
        transaction = try Self.transaction(&tuple)
      } catch { throw .malformed(error) }
      do throws(TransactionError) { self = .request(try L1Request(transaction), hash: hash) } catch {
        throw .invalidRequest(error)
      }
    default:
      return nil
    }
  }

  private static func transaction(_ tuple: inout ABIReader) throws(ABIError) -> VMTransaction {
    VMTransaction(
      type: try tuple.read(), from: try tuple.readAddress(), to: try tuple.readAddress(), gasLimit: try tuple.read(),
      gasPerPubdataLimit: try tuple.read(), maxFeePerGas: try tuple.read(), maxPriorityFeePerGas: try tuple.read(),
      paymaster: try tuple.readAddress(), nonce: try tuple.readUInt256(), value: try tuple.readUInt256(),
      reserved: [
        try tuple.readUInt256(), try tuple.readUInt256(), try tuple.readUInt256(), try tuple.readUInt256(),
      ],
      data: Array(try tuple.readBytes()), signature: Array(try tuple.readBytes()),
      factoryDeps: try tuple.readArray { (reader: inout ABIReader) throws(ABIError) in try reader.readBytes32() },
      paymasterInput: Array(try tuple.readBytes()), reservedDynamic: Array(try tuple.readBytes()))
  }
}

private func word(_ index: Int, of log: Log) throws(ChainEventError) -> Bytes32 {
  guard log.topics.indices.contains(index) else { throw .missingTopic }
  return log.topics[index]
}

private func number(_ index: Int, of log: Log) throws(ChainEventError) -> UInt64 {
  guard let number = UInt64(exactly: UInt256(try word(index, of: log))) else {
    throw .malformed(.outOfRange(bits: 64))
  }
  return number
}
