# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize codesize
"""
@title A ZKsync OS chain as L1 sees it: batches that are committed, proved and executed, and requests to L2
@notice What is a diamond of facets elsewhere is one contract here, under the same external ABI. Data that belongs to an
    error is that of the original. Stricter than the original: the requests of a batch are compared with the queue when it
    is committed, timestamps do not decrease, and only validators prove and execute.
"""

import input
import l2_logs
import mailbox
import priority_tree

initializes: priority_tree
initializes: mailbox[priority_tree := priority_tree]
exports: (
    mailbox.bridgehubRequestL2Transaction,
    mailbox.requestForcedDeposit,
    mailbox.l2TransactionBaseCost,
    mailbox.getPriorityTxMaxGasLimit,
    mailbox.getPubdataPricingMode,
    mailbox.baseTokenGasPriceMultiplierNominator,
    mailbox.baseTokenGasPriceMultiplierDenominator,
    mailbox.getTransactionFilterer,
    mailbox.getChainId,
    mailbox.getBridgehub,
)


interface ChainTypeManager:
    def protocolVersionIsActive(version: uint256) -> bool: view


interface Verifier:
    def verify(inputs: DynArray[uint256, MAX_BATCHES], proof: DynArray[uint256, MAX_PROOF]) -> bool: view


event BlockCommit:
    batchNumber: indexed(uint256)
    batchHash: indexed(bytes32)
    commitment: indexed(bytes32)

event BlocksVerification:
    previousLastVerifiedBatch: indexed(uint256)
    currentLastVerifiedBatch: indexed(uint256)

event BlockExecution:
    batchNumber: indexed(uint256)
    batchHash: indexed(bytes32)
    commitment: indexed(bytes32)

event BlocksRevert:
    totalBatchesCommitted: uint256
    totalBatchesVerified: uint256
    totalBatchesExecuted: uint256


struct StoredBatchInfo:
    batchNumber: uint64
    batchHash: bytes32
    indexRepeatedStorageChanges: uint64
    numberOfLayer1Txs: uint256
    priorityOperationsHash: bytes32
    l2LogsTreeRoot: bytes32
    timestamp: uint256
    commitment: bytes32

struct L2Message:
    txNumberInBatch: uint16
    sender: address
    data: Bytes[MAX_MESSAGE]

struct Config:
    chainId: uint256
    bridgehub: address
    chainTypeManager: address
    validatorTimelock: address
    daValidator: address
    verifier: address
    admin: address
    baseTokenAssetId: bytes32
    storedBatchZero: bytes32
    # Seconds that the first block of a batch may be older than the L1 block that commits it.
    timestampWindow: uint256
    priorityTxMaxGasLimit: uint256
    # Whether priority id 0 is the deposit that makes the rich account rich.
    forcedDeposit: bool


# No transaction of an L1 node's pool is longer.
MAX_DATA: constant(uint256) = 131_072
MAX_PROVE_DATA: constant(uint256) = 8_192
MAX_MESSAGE: constant(uint256) = 16_384
MAX_BATCHES: constant(uint256) = 16
MAX_PROOF: constant(uint256) = 64
STORED_SIZE: constant(uint256) = 256
# Minor version 28, in the packed form.
PROTOCOL_VERSION: constant(uint256) = 28 << 32
# Seconds that a block of L2 may be ahead of L1.
CLOCK_TOLERANCE: constant(uint256) = 3_600
BOOTLOADER: constant(address) = 0x0000000000000000000000000000000000008001
MESSENGER: constant(address) = 0x0000000000000000000000000000000000008008
ETH: constant(address) = 0x0000000000000000000000000000000000000001

CHAIN_TYPE_MANAGER: immutable(address)
VALIDATOR_TIMELOCK: immutable(address)
DA_VALIDATOR: immutable(address)
VERIFIER: immutable(address)
ADMIN: immutable(address)
BASE_TOKEN_ASSET_ID: immutable(bytes32)
TIMESTAMP_WINDOW: immutable(uint256)

# Of executed batches.
l2LogsRootHash: public(HashMap[uint256, bytes32])
totalCommitted: uint256
totalVerified: uint256
totalExecuted: uint256
# keccak256 of the eight words of a batch.
storedBatchHash: public(HashMap[uint256, bytes32])
# Of each batch: how many requests there are up to its end (high half), and the timestamp of its last block (low half).
batchEnd: HashMap[uint256, uint256]
# Requests in executed batches.
unprocessedIndex: uint256


@deploy
def __init__(config: Config):
    mailbox.__init__(config.chainId, config.bridgehub, config.priorityTxMaxGasLimit, config.forcedDeposit)
    CHAIN_TYPE_MANAGER = config.chainTypeManager
    VALIDATOR_TIMELOCK = config.validatorTimelock
    DA_VALIDATOR = config.daValidator
    VERIFIER = config.verifier
    ADMIN = config.admin
    BASE_TOKEN_ASSET_ID = config.baseTokenAssetId
    TIMESTAMP_WINDOW = config.timestampWindow
    self.storedBatchHash[0] = config.storedBatchZero


# Commit


@external
@nonreentrant
def commitBatchesSharedBridge(_chainId: uint256, _processFrom: uint256, _processTo: uint256, _commitData: Bytes[MAX_DATA]):
    """
    @param _commitData Zero byte ‖ ABI(StoredBatchInfo previous, CommitBoojumOSBatchInfo[] batches)
    """
    self._only_validator()
    if not staticcall ChainTypeManager(CHAIN_TYPE_MANAGER).protocolVersionIsActive(PROTOCOL_VERSION):
        raw_revert(method_id("InvalidProtocolVersion()"))
    if len(_commitData) == 0:
        raw_revert(method_id("EmptyData()"))
    self._commit(_processFrom, _processTo)


@internal
def _commit(processFrom: uint256, processTo: uint256):
    data: uint256 = input.argument(3)
    version: uint8 = input.byte(data)
    if version != 0:
        raw_revert(abi_encode(version, method_id=method_id("UnsupportedCommitBatchEncoding(uint8)")))
    data += 1
    array: uint256 = data + input.number(data + STORED_SIZE)
    count: uint256 = input.number(array)
    if count == 0:
        raw_revert(method_id("EmptyData()"))
    # Offsets of elements count from behind the length.
    array += 32
    batch: uint256 = array + input.number(array)
    number: uint256 = input.number(batch)
    self._check_bounds(processFrom, processTo, number, input.number(array + input.number(array + 32 * (count - 1))))
    if count != 1:
        raw_revert(method_id("CanOnlyProcessOneBatch()"))
    total: uint256 = self.totalCommitted
    self._check_hash(total, keccak256(slice(msg.data, data, STORED_SIZE)))
    previous: uint256 = input.number(data)
    if number != previous + 1:
        raw_revert(abi_encode(previous + 1, number, method_id=method_id("BatchNumberMismatch(uint256,uint256)")))
    # The validator reads the pubdata out of the same calldata.
    raw_call(DA_VALIDATOR, msg.data, is_static_call=True)

    firstTimestamp: uint64 = convert(input.number(batch + 224), uint64)
    lastTimestamp: uint64 = convert(input.number(batch + 256), uint64)
    self._check_time(number, firstTimestamp, lastTimestamp)
    if input.number(batch + 288) != mailbox.CHAIN_ID:
        raw_revert(method_id("IncorrectBatchChainId()"))

    requests: uint256 = input.number(batch + 64)
    priorityHash: bytes32 = input.word(batch + 96)
    firstRequest: uint256 = self.batchEnd[number - 1] >> 128
    self._check_requests(firstRequest, requests, priorityHash)
    self.batchEnd[number] = (firstRequest + requests) << 128 | convert(lastTimestamp, uint256)

    stateCommitment: bytes32 = input.word(batch + 32)
    logsRoot: bytes32 = input.word(batch + 128)
    commitment: bytes32 = keccak256(concat(
        convert(mailbox.CHAIN_ID, bytes32), convert(firstTimestamp, bytes8), convert(lastTimestamp, bytes8),
        convert(convert(input.number(batch + 160), address), bytes20), input.word(batch + 192), convert(requests, bytes32),
        priorityHash, logsRoot, empty(bytes32)))
    self.storedBatchHash[number] = keccak256(abi_encode(
        number, stateCommitment, empty(bytes32), requests, priorityHash, logsRoot, empty(bytes32), commitment))
    self.totalCommitted = total + 1
    log BlockCommit(batchNumber=number, batchHash=stateCommitment, commitment=commitment)


@internal
@view
def _check_time(number: uint256, first: uint64, last: uint64):
    if block.timestamp > TIMESTAMP_WINDOW:
        oldest: uint256 = block.timestamp - TIMESTAMP_WINDOW
        if oldest > convert(first, uint256):
            raw_revert(abi_encode(
                convert(first, uint256), oldest, method_id=method_id("TimeNotReached(uint256,uint256)")))
    if convert(last, uint256) > block.timestamp + CLOCK_TOLERANCE:
        raw_revert(method_id("L2TimestampTooBig()"))
    if first > last or convert(first, uint256) < self.batchEnd[number - 1] & (2**128 - 1):
        raw_revert(method_id("NonIncreasingTimestamp()"))


@internal
@view
def _check_requests(first: uint256, count: uint256, priorityHash: bytes32):
    """
    @notice A batch takes the requests of L1 in their order, without a gap
    """
    available: uint256 = priority_tree.count - first
    if count > available:
        raw_revert(abi_encode(available, count, method_id=method_id("MismatchNumberOfLayer1Txs(uint256,uint256)")))
    rolling: bytes32 = keccak256(b"")
    for i: uint256 in range(count, bound=priority_tree.MAX_ITEMS):
        rolling = keccak256(concat(rolling, mailbox.requestHash[first + i]))
    if rolling != priorityHash:
        raw_revert(method_id("PriorityOperationsRollingHashMismatch()"))


# Prove


@external
@nonreentrant
def proveBatchesSharedBridge(_chainId: uint256, _processFrom: uint256, _processTo: uint256, _proofData: Bytes[MAX_PROVE_DATA]):
    """
    @param _proofData Zero byte ‖ ABI(StoredBatchInfo previous, StoredBatchInfo[] batches, uint256[] proof)
    """
    self._only_validator()
    if len(_proofData) == 0:
        raw_revert(method_id("EmptyData()"))
    version: uint8 = convert(slice(_proofData, 0, 1), uint8)
    if version != 0:
        raw_revert(abi_encode(version, method_id=method_id("UnsupportedProofBatchEncoding(uint8)")))
    previous: StoredBatchInfo = empty(StoredBatchInfo)
    batches: DynArray[StoredBatchInfo, MAX_BATCHES] = []
    proof: DynArray[uint256, MAX_PROOF] = []
    previous, batches, proof = abi_decode(
        slice(_proofData, 1, len(_proofData) - 1),
        (StoredBatchInfo, DynArray[StoredBatchInfo, MAX_BATCHES], DynArray[uint256, MAX_PROOF]))
    if len(batches) == 0:
        raw_revert(method_id("EmptyData()"))
    self._check_bounds(
        _processFrom, _processTo, convert(batches[0].batchNumber, uint256),
        convert(batches[len(batches) - 1].batchNumber, uint256))

    verified: uint256 = self.totalVerified
    self._check_hash(verified, keccak256(abi_encode(previous)))
    inputs: DynArray[uint256, MAX_BATCHES] = []
    number: uint256 = verified
    before: bytes32 = previous.batchHash
    for batch: StoredBatchInfo in batches:
        number += 1
        self._check_hash(number, keccak256(abi_encode(batch)))
        # The state before, the state after, what came out. A proof system of 253 bits takes 224 of them.
        inputs.append(convert(keccak256(concat(before, batch.batchHash, batch.commitment)), uint256) >> 32)
        before = batch.batchHash
    if number > self.totalCommitted:
        raw_revert(method_id("VerifiedBatchesExceedsCommittedBatches()"))
    if not staticcall Verifier(VERIFIER).verify(inputs, proof):
        raw_revert(method_id("InvalidProof()"))
    self.totalVerified = number
    log BlocksVerification(previousLastVerifiedBatch=verified, currentLastVerifiedBatch=number)


# Execute


@external
@nonreentrant
def executeBatchesSharedBridge(_chainId: uint256, _processFrom: uint256, _processTo: uint256, _executeData: Bytes[MAX_DATA]):
    """
    @param _executeData Zero byte ‖ ABI(StoredBatchInfo[] batches, (bytes32[] left, bytes32[] right, bytes32[] hashes)[])
    """
    self._only_validator()
    if len(_executeData) == 0:
        raw_revert(method_id("EmptyData()"))
    self._execute(_processFrom, _processTo)


@internal
def _execute(processFrom: uint256, processTo: uint256):
    data: uint256 = input.argument(3)
    version: uint8 = input.byte(data)
    if version != 0:
        raw_revert(abi_encode(version, method_id=method_id("UnsupportedExecuteBatchEncoding(uint8)")))
    data += 1
    batches: uint256 = data + input.number(data)
    count: uint256 = input.number(batches)
    if count == 0:
        raw_revert(method_id("EmptyData()"))
    batches += 32
    self._check_bounds(
        processFrom, processTo, input.number(batches), input.number(batches + STORED_SIZE * (count - 1)))
    operations: uint256 = data + input.number(data + 32)
    operationCount: uint256 = input.number(operations)
    if count != operationCount:
        raw_revert(abi_encode(
            count, operationCount, method_id=method_id("InvalidBatchesDataLength(uint256,uint256)")))
    operations += 32
    executed: uint256 = self.totalExecuted
    for i: uint256 in range(count, bound=MAX_BATCHES):
        executed += 1
        self._execute_one(
            executed, batches + STORED_SIZE * i, operations + input.number(operations + 32 * i))
    if executed > self.totalVerified:
        raw_revert(method_id("CantExecuteUnprovenBatches()"))
    self.totalExecuted = executed


@internal
def _execute_one(expected: uint256, batch: uint256, operation: uint256):
    """
    @param batch Where the eight words of the batch stand in the calldata
    @param operation Where the offsets of its paths and hashes stand
    """
    items: uint256 = operation + input.number(operation + 64)
    count: uint256 = input.number(items)
    items += 32
    requests: uint256 = input.number(batch + 96)
    if count != requests:
        raw_revert(abi_encode(count, requests, method_id=method_id("MismatchNumberOfLayer1Txs(uint256,uint256)")))
    rolling: bytes32 = keccak256(b"")
    for i: uint256 in range(count, bound=priority_tree.MAX_ITEMS):
        rolling = keccak256(concat(rolling, input.word(items + 32 * i)))
    number: uint256 = input.number(batch)
    if number != expected:
        raw_revert(method_id("NonSequentialBatch()"))
    self._check_hash(number, keccak256(slice(msg.data, batch, STORED_SIZE)))
    if rolling != input.word(batch + 128):
        raw_revert(method_id("PriorityOperationsRollingHashMismatch()"))
    if count != 0:
        first: uint256 = self.unprocessedIndex
        root: bytes32 = priority_tree.range_root(
            first, items, count, operation + input.number(operation), operation + input.number(operation + 32))
        if not priority_tree.is_historical[root]:
            raw_revert(method_id("NotHistoricalRoot()"))
        self.unprocessedIndex = first + count
    self.l2LogsRootHash[number] = input.word(batch + 160)
    log BlockExecution(
        batchNumber=number, batchHash=input.word(batch + 32), commitment=input.word(batch + 224))


# Revert


@external
@nonreentrant
def revertBatchesSharedBridge(_chainId: uint256, _newLastBatch: uint256):
    if msg.sender != CHAIN_TYPE_MANAGER:
        self._only_validator()
    if _newLastBatch >= self.totalCommitted:
        raw_revert(method_id("RevertedBatchNotAfterNewLastBatch()"))
    if _newLastBatch < self.totalExecuted:
        raw_revert(method_id("CantRevertExecutedBatch()"))
    self.totalCommitted = _newLastBatch
    self.totalVerified = min(self.totalVerified, _newLastBatch)
    log BlocksRevert(
        totalBatchesCommitted=_newLastBatch, totalBatchesVerified=self.totalVerified,
        totalBatchesExecuted=self.totalExecuted)


@internal
@view
def _only_validator():
    if msg.sender != VALIDATOR_TIMELOCK:
        raw_revert(abi_encode(msg.sender, method_id=method_id("Unauthorized(address)")))


@internal
@pure
def _check_bounds(expectedFirst: uint256, expectedLast: uint256, first: uint256, last: uint256):
    if first != expectedFirst or last != expectedLast:
        raw_revert(abi_encode(
            expectedFirst, expectedLast, first, last,
            method_id=method_id("IncorrectBatchBounds(uint256,uint256,uint256,uint256)")))


@internal
@view
def _check_hash(number: uint256, hash: bytes32):
    expected: bytes32 = self.storedBatchHash[number]
    if hash != expected:
        raw_revert(abi_encode(expected, hash, method_id=method_id("BatchHashMismatch(bytes32,bytes32)")))


# What L2 said


@internal
@view
def _prove(batch: uint256, index: uint256, leaf: bytes32, proof: DynArray[bytes32, MAX_PROOF]) -> bool:
    if batch > self.totalExecuted:
        raw_revert(abi_encode(batch, method_id=method_id("BatchNotExecuted(uint256)")))
    root: bytes32 = l2_logs.root(index, leaf, proof)
    expected: bytes32 = self.l2LogsRootHash[batch]
    if expected == empty(bytes32):
        raw_revert(method_id("LocalRootIsZero()"))
    return root == expected


@external
@view
def proveL2MessageInclusion(
    _batchNumber: uint256, _index: uint256, _message: L2Message, _proof: DynArray[bytes32, MAX_PROOF]
) -> bool:
    leaf: bytes32 = l2_logs.leaf(l2_logs.Log(
        l2ShardId=0, isService=True, txNumberInBatch=_message.txNumberInBatch, sender=MESSENGER,
        key=convert(_message.sender, bytes32), value=keccak256(_message.data)))
    return self._prove(_batchNumber, _index, leaf, _proof)


@external
@view
def proveL2LogInclusion(
    _batchNumber: uint256, _index: uint256, _log: l2_logs.Log, _proof: DynArray[bytes32, MAX_PROOF]
) -> bool:
    return self._prove(_batchNumber, _index, l2_logs.leaf(_log), _proof)


@external
@view
def proveL1ToL2TransactionStatus(
    _l2TxHash: bytes32, _l2BatchNumber: uint256, _l2MessageIndex: uint256, _l2TxNumberInBatch: uint16,
    _merkleProof: DynArray[bytes32, MAX_PROOF], _status: uint8
) -> bool:
    leaf: bytes32 = l2_logs.leaf(l2_logs.Log(
        l2ShardId=0, isService=True, txNumberInBatch=_l2TxNumberInBatch, sender=BOOTLOADER, key=_l2TxHash,
        value=convert(_status, bytes32)))
    return self._prove(_l2BatchNumber, _l2MessageIndex, leaf, _merkleProof)


@external
@view
def proveL2LeafInclusion(
    _batchNumber: uint256, _leafProofMask: uint256, _leaf: bytes32, _proof: DynArray[bytes32, MAX_PROOF]
) -> bool:
    return self._prove(_batchNumber, _leafProofMask, _leaf, _proof)


# Getters


@external
@view
def getTotalBatchesCommitted() -> uint256:
    return self.totalCommitted


@external
@view
def getTotalBatchesVerified() -> uint256:
    return self.totalVerified


@external
@view
def getTotalBatchesExecuted() -> uint256:
    return self.totalExecuted


@external
@view
def getTotalPriorityTxs() -> uint256:
    return priority_tree.count


@external
@view
def getFirstUnprocessedPriorityTx() -> uint256:
    return self.unprocessedIndex


@external
@view
def getPriorityQueueSize() -> uint256:
    return priority_tree.count - self.unprocessedIndex


@external
@view
def getPriorityTreeRoot() -> bytes32:
    return priority_tree.root


@external
@view
def getPriorityTreeStartIndex() -> uint256:
    return 0


@external
@view
def isPriorityQueueActive() -> bool:
    """
    @notice Whether the queue that came before the tree is still in use
    """
    return False


@external
@view
def getVerifier() -> address:
    return VERIFIER


@external
@view
def getAdmin() -> address:
    return ADMIN


@external
@view
def getChainTypeManager() -> address:
    return CHAIN_TYPE_MANAGER


@external
@view
def getBaseToken() -> address:
    return ETH


@external
@view
def getBaseTokenAssetId() -> bytes32:
    return BASE_TOKEN_ASSET_ID


@external
@view
def getProtocolVersion() -> uint256:
    return PROTOCOL_VERSION


@external
@view
def getSemverProtocolVersion() -> (uint32, uint32, uint32):
    return 0, 28, 0


@external
@view
def getDAValidatorPair() -> (address, address):
    return DA_VALIDATOR, empty(address)


@external
@view
def getSettlementLayer() -> address:
    """
    @notice No other layer: the chain settles here
    """
    return empty(address)


@external
@view
def isValidator(_address: address) -> bool:
    return _address == VALIDATOR_TIMELOCK
