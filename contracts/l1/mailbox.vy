# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Requests from L1 to L2: their price, their checks, their canonical form, and the queue
"""

import priority_tree

uses: priority_tree


event NewPriorityRequest:
    txId: uint256
    txHash: bytes32
    expirationTimestamp: uint64
    transaction: L2CanonicalTransaction
    factoryDeps: DynArray[Bytes[32], 1]


struct BridgehubL2TransactionRequest:
    sender: address
    contractL2: address
    mintValue: uint256
    l2Value: uint256
    l2Calldata: Bytes[MAX_CALLDATA]
    l2GasLimit: uint256
    l2GasPerPubdataByteLimit: uint256
    factoryDeps: DynArray[Bytes[32], MAX_DEPS]
    refundRecipient: address

# keccak256 of its ABI encoding is the hash of the transaction on L2.
struct L2CanonicalTransaction:
    txType: uint256
    sender: uint256
    to: uint256
    gasLimit: uint256
    gasPerPubdataByteLimit: uint256
    maxFeePerGas: uint256
    maxPriorityFeePerGas: uint256
    paymaster: uint256
    nonce: uint256
    value: uint256
    # What is minted on L2, who gets back what is left of it, two zeros.
    reserved: uint256[4]
    data: Bytes[MAX_CALLDATA]
    signature: Bytes[1]
    factoryDeps: DynArray[uint256, 1]
    paymasterInput: Bytes[1]
    reservedDynamic: Bytes[1]


MAX_CALLDATA: constant(uint256) = 32_768
# ZKsync OS has no use for factory dependencies, so none are taken; one more than elsewhere are read to say so.
MAX_DEPS: constant(uint256) = 65
PRIORITY_TX_TYPE: constant(uint256) = 255
GAS_PER_PUBDATA: constant(uint256) = 800
MESSENGER: constant(address) = 0x0000000000000000000000000000000000008008
# What is added to the address of a contract of L1, so that no contract of L2 can share it.
ALIAS_OFFSET: constant(uint256) = 4369 * 2**144 + 4369
# Bytes of the canonical form around the calldata.
CANONICAL_SIZE: constant(uint256) = 800

# Fee parameters of a rollup.
L1_GAS_PER_PUBDATA_BYTE: constant(uint256) = 17
BATCH_OVERHEAD_L1_GAS: constant(uint256) = 1_000_000
MAX_PUBDATA_PER_BATCH: constant(uint256) = 120_000
MAX_L2_GAS_PER_BATCH: constant(uint256) = 80_000_000
MINIMAL_L2_GAS_PRICE: constant(uint256) = 250_000_000
PRIORITY_TX_MAX_PUBDATA: constant(uint256) = 99_000

CHAIN_ID: immutable(uint256)
BRIDGEHUB: immutable(address)
MAX_GAS_LIMIT: immutable(uint256)
FORCED_DEPOSIT: immutable(bool)

RICH_ACCOUNT: constant(address) = 0x36615Cf349d7F6344891B1e7CA7C72883F5dc049

# By priority id.
requestHash: HashMap[uint256, bytes32]


@deploy
def __init__(chainId: uint256, bridgehub: address, maxGasLimit: uint256, forcedDeposit: bool):
    CHAIN_ID = chainId
    BRIDGEHUB = bridgehub
    MAX_GAS_LIMIT = maxGasLimit
    FORCED_DEPOSIT = forcedDeposit


@external
@nonreentrant
def bridgehubRequestL2Transaction(_request: BridgehubL2TransactionRequest) -> bytes32:
    if msg.sender != BRIDGEHUB:
        raw_revert(abi_encode(msg.sender, method_id=method_id("Unauthorized(address)")))
    # A transaction to the messenger from an account without code ends the guest program: no batch with it can be proved.
    if _request.contractL2 == MESSENGER:
        raw_revert(method_id("TransactionNotAllowed()"))
    if _request.l2GasPerPubdataByteLimit != GAS_PER_PUBDATA:
        raw_revert(method_id("GasPerPubdataMismatch()"))
    if len(_request.factoryDeps) != 0:
        raw_revert(method_id("TooManyFactoryDeps()"))
    id: uint256 = priority_tree.count
    assert id != 0 or not FORCED_DEPOSIT, "the forced deposit comes first"

    price: uint256 = self._l2_gas_price(tx.gasprice, _request.l2GasPerPubdataByteLimit)
    required: uint256 = price * _request.l2GasLimit + _request.l2Value
    if _request.mintValue < required:
        raw_revert(abi_encode(required, _request.mintValue, method_id=method_id("MsgValueTooLow(uint256,uint256)")))
    sender: address = _request.sender
    refundRecipient: address = self._refund_recipient(_request.refundRecipient, sender)
    if sender != tx.origin:
        sender = self._alias(sender)
    self._validate(_request.l2GasLimit, len(_request.l2Calldata))
    return self._push(L2CanonicalTransaction(
        txType=PRIORITY_TX_TYPE,
        sender=convert(sender, uint256),
        to=convert(_request.contractL2, uint256),
        gasLimit=_request.l2GasLimit,
        gasPerPubdataByteLimit=_request.l2GasPerPubdataByteLimit,
        maxFeePerGas=price,
        maxPriorityFeePerGas=0,
        paymaster=0,
        nonce=id,
        value=_request.l2Value,
        reserved=[_request.mintValue, convert(refundRecipient, uint256), 0, 0],
        data=_request.l2Calldata,
        signature=b"",
        factoryDeps=[],
        paymasterInput=b"",
        reservedDynamic=b""))


@external
def requestForcedDeposit() -> bytes32:
    """
    @notice Makes the request with id 0 that all chains of this kind begin with: 10^29 wei for the rich account
    @dev Its limits are not those of an ordinary request. Anybody may call it, once.
    """
    assert FORCED_DEPOSIT and priority_tree.count == 0, "the forced deposit comes first, once"
    return self._push(L2CanonicalTransaction(
        txType=PRIORITY_TX_TYPE,
        sender=convert(RICH_ACCOUNT, uint256),
        to=convert(RICH_ACCOUNT, uint256),
        gasLimit=10_000_000_000,
        gasPerPubdataByteLimit=1000,
        maxFeePerGas=1,
        maxPriorityFeePerGas=0,
        paymaster=0,
        nonce=0,
        value=100,
        reserved=[10**29, convert(RICH_ACCOUNT, uint256), 0, 0],
        data=b"",
        signature=b"",
        factoryDeps=[],
        paymasterInput=b"",
        reservedDynamic=b""))


@internal
def _push(transaction: L2CanonicalTransaction) -> bytes32:
    hash: bytes32 = keccak256(abi_encode(transaction))
    self.requestHash[transaction.nonce] = hash
    priority_tree.push(hash)
    log NewPriorityRequest(
        txId=transaction.nonce, txHash=hash, expirationTimestamp=convert(block.timestamp, uint64), transaction=transaction,
        factoryDeps=[])
    return hash


@internal
@view
def _validate(gasLimit: uint256, calldataSize: uint256):
    size: uint256 = CANONICAL_SIZE + (calldataSize + 31) // 32 * 32
    overhead: uint256 = max(10_000, 10 * size)
    if gasLimit < overhead:
        raw_revert(method_id("TxnBodyGasLimitNotEnoughGas()"))
    body: uint256 = gasLimit - overhead
    if body > MAX_GAS_LIMIT:
        raw_revert(method_id("TooMuchGas()"))
    if body // GAS_PER_PUBDATA > PRIORITY_TX_MAX_PUBDATA:
        raw_revert(abi_encode(
            PRIORITY_TX_MAX_PUBDATA, body // GAS_PER_PUBDATA, method_id=method_id("PubdataGreaterThanLimit(uint256,uint256)")))
    minimum: uint256 = max(167_157 + (size * 1656 + 543) // 544, 173_484) + 88 * GAS_PER_PUBDATA
    if minimum > body:
        raw_revert(method_id("ValidateTxnNotEnoughGas()"))


@internal
@view
def _refund_recipient(recipient: address, sender: address) -> address:
    """
    @notice Who gets what is left of a deposit: contracts of L1 under their alias, since nobody can sign for them on L2
    """
    if recipient == empty(address):
        if sender != tx.origin:
            return self._alias(sender)
        return sender
    if recipient.is_contract:
        return self._alias(recipient)
    return recipient


@internal
@pure
def _alias(account: address) -> address:
    return convert((convert(account, uint256) + ALIAS_OFFSET) & (2**160 - 1), address)


@external
@view
def l2TransactionBaseCost(_gasPrice: uint256, _l2GasLimit: uint256, _l2GasPerPubdataByteLimit: uint256) -> uint256:
    """
    @notice Wei that a request with this gas limit costs in an L1 transaction with this gas price
    """
    return self._l2_gas_price(_gasPrice, _l2GasPerPubdataByteLimit) * _l2GasLimit


@internal
@pure
def _l2_gas_price(l1GasPrice: uint256, gasPerPubdata: uint256) -> uint256:
    overhead: uint256 = BATCH_OVERHEAD_L1_GAS * l1GasPrice
    pubdata: uint256 = L1_GAS_PER_PUBDATA_BYTE * l1GasPrice + overhead // MAX_PUBDATA_PER_BATCH
    return max(
        MINIMAL_L2_GAS_PRICE + overhead // MAX_L2_GAS_PER_BATCH, (pubdata + gasPerPubdata - 1) // gasPerPubdata)


@external
@view
def getPriorityTxMaxGasLimit() -> uint256:
    return MAX_GAS_LIMIT


@external
@view
def getPubdataPricingMode() -> uint8:
    """
    @notice 0: a rollup
    """
    return 0


@external
@view
def baseTokenGasPriceMultiplierNominator() -> uint128:
    return 1


@external
@view
def baseTokenGasPriceMultiplierDenominator() -> uint128:
    return 1


@external
@view
def getTransactionFilterer() -> address:
    return empty(address)


@external
@view
def getChainId() -> uint256:
    return CHAIN_ID


@external
@view
def getBridgehub() -> address:
    return BRIDGEHUB
