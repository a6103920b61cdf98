# pragma version 0.4.3
# pragma evm-version cancun
"""
@title The entrance from L1: where chains are found, and where requests to them are made
"""


interface Chain:
    def bridgehubRequestL2Transaction(request: BridgehubL2TransactionRequest) -> bytes32: nonpayable
    def l2TransactionBaseCost(gasPrice: uint256, l2GasLimit: uint256, l2GasPerPubdata: uint256) -> uint256: view
    def proveL2MessageInclusion(
        batch: uint256, index: uint256, message: L2Message, proof: DynArray[bytes32, MAX_PROOF]) -> bool: view
    def proveL2LogInclusion(
        batch: uint256, index: uint256, log_: L2Log, proof: DynArray[bytes32, MAX_PROOF]) -> bool: view
    def proveL1ToL2TransactionStatus(
        hash: bytes32, batch: uint256, index: uint256, txNumber: uint16, proof: DynArray[bytes32, MAX_PROOF],
        status: uint8) -> bool: view


interface AssetRouter:
    def bridgehubDepositBaseToken(
        chainId: uint256, assetId: bytes32, originalCaller: address, amount: uint256): payable


interface SecondBridge:
    def bridgehubDeposit(
        chainId: uint256, originalCaller: address, l2Value: uint256, data: Bytes[MAX_CALLDATA]
    ) -> L2TransactionRequestTwoBridgesInner: payable
    def bridgehubConfirmL2Transaction(chainId: uint256, txDataHash: bytes32, txHash: bytes32): nonpayable


struct L2TransactionRequestDirect:
    chainId: uint256
    mintValue: uint256
    l2Contract: address
    l2Value: uint256
    l2Calldata: Bytes[MAX_CALLDATA]
    l2GasLimit: uint256
    l2GasPerPubdataByteLimit: uint256
    factoryDeps: DynArray[Bytes[32], MAX_DEPS]
    refundRecipient: address

struct L2TransactionRequestTwoBridgesOuter:
    chainId: uint256
    mintValue: uint256
    l2Value: uint256
    l2GasLimit: uint256
    l2GasPerPubdataByteLimit: uint256
    refundRecipient: address
    secondBridgeAddress: address
    secondBridgeValue: uint256
    secondBridgeCalldata: Bytes[MAX_CALLDATA]

struct L2TransactionRequestTwoBridgesInner:
    magicValue: bytes32
    l2Contract: address
    l2Calldata: Bytes[MAX_CALLDATA]
    factoryDeps: DynArray[Bytes[32], MAX_DEPS]
    txDataHash: bytes32

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

struct L2Message:
    txNumberInBatch: uint16
    sender: address
    data: Bytes[MAX_MESSAGE]

struct L2Log:
    l2ShardId: uint8
    isService: bool
    txNumberInBatch: uint16
    sender: address
    key: bytes32
    value: bytes32


MAX_CALLDATA: constant(uint256) = 32_768
MAX_MESSAGE: constant(uint256) = 16_384
MAX_DEPS: constant(uint256) = 65
MAX_PROOF: constant(uint256) = 64
ETH: constant(address) = 0x0000000000000000000000000000000000000001
# Below it are the addresses of precompiles and of the system.
MIN_SECOND_BRIDGE: constant(uint256) = 65_535
# keccak256("TWO_BRIDGES_MAGIC_VALUE") - 1: what a second bridge answers with.
TWO_BRIDGES_MAGIC: constant(bytes32) = 0xa175e001c0e5684bc26302c2f9a55aec9f3936fe2aef558034003ef4da7fc77d

CHAIN_ID: immutable(uint256)
CHAIN: immutable(address)
CHAIN_TYPE_MANAGER: immutable(address)
ASSET_ROUTER: immutable(address)
ETH_ASSET_ID: immutable(bytes32)


@deploy
def __init__(chainId: uint256, zkChain: address, chainTypeManager: address, assetRouter: address, ethAssetId: bytes32):
    CHAIN_ID = chainId
    CHAIN = zkChain
    CHAIN_TYPE_MANAGER = chainTypeManager
    ASSET_ROUTER = assetRouter
    ETH_ASSET_ID = ethAssetId


@external
@view
def getZKChain(_chainId: uint256) -> address:
    return self._chain(_chainId)


@external
@view
def getHyperchain(_chainId: uint256) -> address:
    return self._chain(_chainId)


@external
@view
def chainTypeManager(_chainId: uint256) -> address:
    if _chainId == CHAIN_ID:
        return CHAIN_TYPE_MANAGER
    return empty(address)


@external
@view
def sharedBridge() -> address:
    return ASSET_ROUTER


@external
@view
def assetRouter() -> address:
    return ASSET_ROUTER


@external
@view
def baseToken(_chainId: uint256) -> address:
    if _chainId == CHAIN_ID:
        return ETH
    return empty(address)


@external
@view
def baseTokenAssetId(_chainId: uint256) -> bytes32:
    return self._asset(_chainId)


@external
@view
def l2TransactionBaseCost(
    _chainId: uint256, _gasPrice: uint256, _l2GasLimit: uint256, _l2GasPerPubdataByteLimit: uint256
) -> uint256:
    return staticcall Chain(self._chain(_chainId)).l2TransactionBaseCost(
        _gasPrice, _l2GasLimit, _l2GasPerPubdataByteLimit)


@external
@payable
@nonreentrant
def requestL2TransactionDirect(_request: L2TransactionRequestDirect) -> bytes32:
    """
    @notice Asks for a transaction on L2, paid here; the hash that it will have there
    """
    self._deposit(_request.chainId, _request.mintValue, 0)
    return extcall Chain(self._chain(_request.chainId)).bridgehubRequestL2Transaction(BridgehubL2TransactionRequest(
        sender=msg.sender,
        contractL2=_request.l2Contract,
        mintValue=_request.mintValue,
        l2Value=_request.l2Value,
        l2Calldata=_request.l2Calldata,
        l2GasLimit=_request.l2GasLimit,
        l2GasPerPubdataByteLimit=_request.l2GasPerPubdataByteLimit,
        factoryDeps=_request.factoryDeps,
        refundRecipient=_request.refundRecipient))


@external
@payable
@nonreentrant
def requestL2TransactionTwoBridges(_request: L2TransactionRequestTwoBridgesOuter) -> bytes32:
    """
    @notice Deposits a token through a second bridge, which says what shall be called on L2
    """
    self._deposit(_request.chainId, _request.mintValue, _request.secondBridgeValue)
    bridge: address = _request.secondBridgeAddress
    if convert(bridge, uint256) <= MIN_SECOND_BRIDGE:
        raw_revert(abi_encode(
            bridge, MIN_SECOND_BRIDGE, method_id=method_id("SecondBridgeAddressTooLow(address,address)")))
    inner: L2TransactionRequestTwoBridgesInner = extcall SecondBridge(bridge).bridgehubDeposit(
        _request.chainId, msg.sender, _request.l2Value, _request.secondBridgeCalldata, value=_request.secondBridgeValue)
    if inner.magicValue != TWO_BRIDGES_MAGIC:
        raw_revert(abi_encode(
            TWO_BRIDGES_MAGIC, inner.magicValue, method_id=method_id("WrongMagicValue(uint256,uint256)")))
    # What is left goes to who asked, not to the bridge.
    refundRecipient: address = _request.refundRecipient
    if refundRecipient == empty(address):
        refundRecipient = msg.sender
    hash: bytes32 = extcall Chain(self._chain(_request.chainId)).bridgehubRequestL2Transaction(
        BridgehubL2TransactionRequest(
            sender=bridge,
            contractL2=inner.l2Contract,
            mintValue=_request.mintValue,
            l2Value=_request.l2Value,
            l2Calldata=inner.l2Calldata,
            l2GasLimit=_request.l2GasLimit,
            l2GasPerPubdataByteLimit=_request.l2GasPerPubdataByteLimit,
            factoryDeps=inner.factoryDeps,
            refundRecipient=refundRecipient))
    extcall SecondBridge(bridge).bridgehubConfirmL2Transaction(_request.chainId, inner.txDataHash, hash)
    return hash


@internal
@payable
def _deposit(chainId: uint256, mintValue: uint256, secondBridgeValue: uint256):
    assetId: bytes32 = self._asset(chainId)
    # Of a chain that is unknown no ether is taken.
    expected: uint256 = secondBridgeValue
    if assetId == ETH_ASSET_ID:
        expected += mintValue
    if msg.value != expected:
        raw_revert(abi_encode(expected, msg.value, method_id=method_id("MsgValueMismatch(uint256,uint256)")))
    extcall AssetRouter(ASSET_ROUTER).bridgehubDepositBaseToken(
        chainId, assetId, msg.sender, mintValue, value=msg.value - secondBridgeValue)


@internal
@view
def _chain(chainId: uint256) -> address:
    if chainId == CHAIN_ID:
        return CHAIN
    return empty(address)


@internal
@view
def _asset(chainId: uint256) -> bytes32:
    if chainId == CHAIN_ID:
        return ETH_ASSET_ID
    return empty(bytes32)


# What L2 said


@external
@view
def proveL2MessageInclusion(
    _chainId: uint256, _batchNumber: uint256, _index: uint256, _message: L2Message, _proof: DynArray[bytes32, MAX_PROOF]
) -> bool:
    return staticcall Chain(self._chain(_chainId)).proveL2MessageInclusion(_batchNumber, _index, _message, _proof)


@external
@view
def proveL2LogInclusion(
    _chainId: uint256, _batchNumber: uint256, _index: uint256, _log: L2Log, _proof: DynArray[bytes32, MAX_PROOF]
) -> bool:
    return staticcall Chain(self._chain(_chainId)).proveL2LogInclusion(_batchNumber, _index, _log, _proof)


@external
@view
def proveL1ToL2TransactionStatus(
    _chainId: uint256, _l2TxHash: bytes32, _l2BatchNumber: uint256, _l2MessageIndex: uint256, _l2TxNumberInBatch: uint16,
    _merkleProof: DynArray[bytes32, MAX_PROOF], _status: uint8
) -> bool:
    return staticcall Chain(self._chain(_chainId)).proveL1ToL2TransactionStatus(
        _l2TxHash, _l2BatchNumber, _l2MessageIndex, _l2TxNumberInBatch, _merkleProof, _status)
