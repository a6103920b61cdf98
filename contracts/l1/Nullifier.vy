# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Withdrawals: each is proved against what a batch said, paid out once, and remembered
@notice The base token of ZKsync OS signs a withdrawal with the account that called it, not with its own address (versions
    0.0.4 and 0.0.5). A contract of L2 can send the same bytes itself without giving anything up, so a signature counts if
    it cannot be a contract's: if the very account signs this transaction, which shows that it has a key, or if it is the
    one contract of L2 whose code is known to give up what it announces.
"""


interface Bridgehub:
    def proveL2MessageInclusion(
        chainId: uint256, batch: uint256, index: uint256, message: L2Message, proof: DynArray[bytes32, MAX_PROOF]
    ) -> bool: view
    def baseTokenAssetId(chainId: uint256) -> bytes32: view


interface AssetRouter:
    def finalizeDeposit(chainId: uint256, assetId: bytes32, transferData: Bytes[MAX_MESSAGE]): nonpayable


event BridgehubDepositFinalized:
    chainId: indexed(uint256)
    txDataHash: indexed(bytes32)
    l2DepositTxHash: indexed(bytes32)


struct L2Message:
    txNumberInBatch: uint16
    sender: address
    data: Bytes[MAX_MESSAGE]

struct FinalizeL1DepositParams:
    chainId: uint256
    l2BatchNumber: uint256
    l2MessageIndex: uint256
    l2Sender: address
    l2TxNumberInBatch: uint16
    message: Bytes[MAX_MESSAGE]
    merkleProof: DynArray[bytes32, MAX_PROOF]


MAX_MESSAGE: constant(uint256) = 4_096
MAX_PROOF: constant(uint256) = 64
ETH: constant(address) = 0x0000000000000000000000000000000000000001
L2_BASE_TOKEN: constant(address) = 0x000000000000000000000000000000000000800A
L2_ASSET_ROUTER: constant(address) = 0x0000000000000000000000000000000000010003
L2_TOKEN_VAULT: constant(address) = 0x0000000000000000000000000000000000010004
# What a message begins with, by the function of L1 that it stands for.
FINALIZE_ETH_WITHDRAWAL: constant(bytes4) = 0x6c0960f9
FINALIZE_WITHDRAWAL: constant(bytes4) = 0x11a2ccc1
FINALIZE_DEPOSIT: constant(bytes4) = 0x9c884fd1

BRIDGEHUB: immutable(address)
ASSET_ROUTER: immutable(address)
# A contract of L2.
WITHDRAWAL_HELPER: immutable(address)

# By chain, batch, and index of the message among the logs of the batch.
isWithdrawalFinalized: public(HashMap[uint256, HashMap[uint256, HashMap[uint256, bool]]])
depositHappened: public(HashMap[uint256, HashMap[bytes32, bytes32]])


@deploy
def __init__(bridgehub: address, assetRouter: address, withdrawalHelper: address):
    BRIDGEHUB = bridgehub
    ASSET_ROUTER = assetRouter
    WITHDRAWAL_HELPER = withdrawalHelper


@external
@view
def BRIDGE_HUB() -> address:
    return BRIDGEHUB


@external
@view
def l1AssetRouter() -> address:
    return ASSET_ROUTER


@external
@view
def withdrawalHelper() -> address:
    """
    @notice The contract of L2 whose withdrawals anybody may finalize
    """
    return WITHDRAWAL_HELPER


@external
def bridgehubConfirmL2TransactionForwarded(_chainId: uint256, _txDataHash: bytes32, _txHash: bytes32):
    if msg.sender != ASSET_ROUTER:
        raw_revert(abi_encode(msg.sender, method_id=method_id("Unauthorized(address)")))
    self.depositHappened[_chainId][_txHash] = _txDataHash
    log BridgehubDepositFinalized(chainId=_chainId, txDataHash=_txDataHash, l2DepositTxHash=_txHash)


@external
@nonreentrant
def finalizeDeposit(_finalizeWithdrawalParams: FinalizeL1DepositParams):
    """
    @notice Pays out a withdrawal
    """
    self._finalize(_finalizeWithdrawalParams)


@external
@nonreentrant
def finalizeWithdrawal(
    _chainId: uint256, _l2BatchNumber: uint256, _l2MessageIndex: uint256, _l2TxNumberInBatch: uint16,
    _message: Bytes[MAX_MESSAGE], _merkleProof: DynArray[bytes32, MAX_PROOF]
):
    """
    @notice Pays out a withdrawal whose sender older clients do not name: the helper, or else who signs the transaction
    """
    params: FinalizeL1DepositParams = FinalizeL1DepositParams(
        chainId=_chainId, l2BatchNumber=_l2BatchNumber, l2MessageIndex=_l2MessageIndex, l2Sender=WITHDRAWAL_HELPER,
        l2TxNumberInBatch=_l2TxNumberInBatch, message=_message, merkleProof=_merkleProof)
    if not self.isWithdrawalFinalized[_chainId][_l2BatchNumber][_l2MessageIndex]:
        if not self._is_included(params, WITHDRAWAL_HELPER):
            params.l2Sender = tx.origin
    self._finalize(params)


@internal
def _finalize(params: FinalizeL1DepositParams):
    if self.isWithdrawalFinalized[params.chainId][params.l2BatchNumber][params.l2MessageIndex]:
        raw_revert(method_id("WithdrawalAlreadyFinalized()"))
    self.isWithdrawalFinalized[params.chainId][params.l2BatchNumber][params.l2MessageIndex] = True
    assetId: bytes32 = empty(bytes32)
    transfer: Bytes[MAX_MESSAGE] = b""
    assetId, transfer = self._parse(params.chainId, params.message)

    sender: address = params.l2Sender
    if assetId == staticcall Bridgehub(BRIDGEHUB).baseTokenAssetId(params.chainId):
        if sender == L2_ASSET_ROUTER or sender == L2_BASE_TOKEN:
            sender = L2_BASE_TOKEN
        elif sender != WITHDRAWAL_HELPER and sender != tx.origin:
            raw_revert(abi_encode(sender, method_id=method_id("WrongL2Sender(address)")))
    elif sender != L2_ASSET_ROUTER:
        raw_revert(abi_encode(sender, method_id=method_id("WrongL2Sender(address)")))
    if not self._is_included(params, sender):
        raw_revert(method_id("InvalidProof()"))
    extcall AssetRouter(ASSET_ROUTER).finalizeDeposit(params.chainId, assetId, transfer)


@internal
@view
def _is_included(params: FinalizeL1DepositParams, sender: address) -> bool:
    return staticcall Bridgehub(BRIDGEHUB).proveL2MessageInclusion(
        params.chainId, params.l2BatchNumber, params.l2MessageIndex,
        L2Message(txNumberInBatch=params.l2TxNumberInBatch, sender=sender, data=params.message), params.merkleProof)


@internal
@view
def _parse(chainId: uint256, message: Bytes[MAX_MESSAGE]) -> (bytes32, Bytes[MAX_MESSAGE]):
    """
    @notice Which asset a message is about, and ABI(address caller, address receiver, address token, uint256 amount, bytes)
    """
    size: uint256 = len(message)
    if size < 4:
        self._wrong_length(size)
    selector: bytes4 = convert(slice(message, 0, 4), bytes4)
    if selector == FINALIZE_ETH_WITHDRAWAL:
        if size < 56:
            self._wrong_length(size)
        return staticcall Bridgehub(BRIDGEHUB).baseTokenAssetId(chainId), abi_encode(
            empty(address), convert(slice(message, 4, 20), address), ETH, extract32(message, 24, output_type=uint256), b"")
    if selector == FINALIZE_WITHDRAWAL:
        if size != 76:
            self._wrong_length(size)
        token: address = convert(slice(message, 24, 20), address)
        return keccak256(abi_encode(chain.id, L2_TOKEN_VAULT, token)), abi_encode(
            empty(address), convert(slice(message, 4, 20), address), token, extract32(message, 44, output_type=uint256),
            b"")
    if selector == FINALIZE_DEPOSIT:
        # The chain that the asset comes from, 32 bytes, says nothing that the asset does not.
        if size < 68:
            self._wrong_length(size)
        return extract32(message, 36), slice(message, 68, size - 68)
    raw_revert(abi_encode(selector, method_id=method_id("InvalidSelector(bytes4)")))


@internal
@pure
def _wrong_length(size: uint256):
    raw_revert(abi_encode(size, method_id=method_id("L2WithdrawalMessageWrongLength(uint256)")))
