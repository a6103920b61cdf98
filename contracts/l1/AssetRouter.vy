# pragma version 0.4.3
# pragma evm-version cancun
"""
@title The bridge as users know it: deposits arrive here from the bridgehub, withdrawals from the nullifier
"""


interface TokenVault:
    def bridgeBurn(
        chainId: uint256, msgValue: uint256, assetId: bytes32, originalCaller: address, data: Bytes[MAX_TRANSFER]
    ) -> Bytes[MAX_MINT]: payable
    def bridgeMint(chainId: uint256, assetId: bytes32, data: Bytes[MAX_TRANSFER]): nonpayable
    def ensureTokenIsRegistered(token: address) -> bytes32: nonpayable
    def tokenAddress(assetId: bytes32) -> address: view


interface Nullifier:
    def bridgehubConfirmL2TransactionForwarded(chainId: uint256, txDataHash: bytes32, txHash: bytes32): nonpayable
    def finalizeWithdrawal(
        chainId: uint256, batch: uint256, index: uint256, txNumber: uint16, message: Bytes[MAX_MESSAGE],
        proof: DynArray[bytes32, MAX_PROOF]): nonpayable
    def isWithdrawalFinalized(chainId: uint256, batch: uint256, index: uint256) -> bool: view


interface Token:
    def transferFrom(sender: address, receiver: address, amount: uint256) -> bool: nonpayable


event BridgehubDepositBaseTokenInitiated:
    chainId: indexed(uint256)
    sender: indexed(address)
    assetId: bytes32
    amount: uint256

event BridgehubDepositInitiated:
    chainId: indexed(uint256)
    txDataHash: indexed(bytes32)
    sender: indexed(address)
    assetId: bytes32
    bridgeMintCalldata: Bytes[MAX_MINT]

event DepositFinalizedAssetRouter:
    chainId: indexed(uint256)
    assetId: indexed(bytes32)
    assetData: Bytes[MAX_TRANSFER]


struct L2TransactionRequestTwoBridgesInner:
    magicValue: bytes32
    l2Contract: address
    l2Calldata: Bytes[MAX_L2_CALLDATA]
    factoryDeps: DynArray[Bytes[32], 1]
    txDataHash: bytes32


MAX_TRANSFER: constant(uint256) = 4_096
# A transfer with its asset.
MAX_DEPOSIT: constant(uint256) = 4_224
# What the vault says about a deposit, and the call of L2 that is made of it.
MAX_MINT: constant(uint256) = 1_216
MAX_METADATA: constant(uint256) = 1_024
MAX_L2_CALLDATA: constant(uint256) = 1_220
MAX_MESSAGE: constant(uint256) = 4_096
MAX_PROOF: constant(uint256) = 64
TWO_BRIDGES_MAGIC: constant(bytes32) = 0xa175e001c0e5684bc26302c2f9a55aec9f3936fe2aef558034003ef4da7fc77d
L2_ASSET_ROUTER: constant(address) = 0x0000000000000000000000000000000000010003

BRIDGEHUB: immutable(address)
NULLIFIER: immutable(address)
VAULT: immutable(address)
ETH_ASSET_ID: immutable(bytes32)


@deploy
def __init__(bridgehub: address, nullifier: address, vault: address, ethAssetId: bytes32):
    BRIDGEHUB = bridgehub
    NULLIFIER = nullifier
    VAULT = vault
    ETH_ASSET_ID = ethAssetId


@external
@view
def BRIDGE_HUB() -> address:
    return BRIDGEHUB


@external
@view
def L1_NULLIFIER() -> address:
    return NULLIFIER


@external
@view
def nativeTokenVault() -> address:
    return VAULT


@external
@view
def assetHandlerAddress(_assetId: bytes32) -> address:
    return self._handler(_assetId)


@external
@payable
def bridgehubDepositBaseToken(_chainId: uint256, _assetId: bytes32, _originalCaller: address, _amount: uint256):
    self._only(BRIDGEHUB)
    if self._handler(_assetId) == empty(address):
        raw_revert(abi_encode(_assetId, method_id=method_id("AssetHandlerDoesNotExist(bytes32)")))
    extcall TokenVault(VAULT).bridgeBurn(
        _chainId, 0, _assetId, _originalCaller, abi_encode(_amount, empty(address), empty(address)), value=msg.value)
    log BridgehubDepositBaseTokenInitiated(
        chainId=_chainId, sender=_originalCaller, assetId=_assetId, amount=_amount)


@external
@payable
def bridgehubDeposit(
    _chainId: uint256, _originalCaller: address, _value: uint256, _data: Bytes[MAX_DEPOSIT]
) -> L2TransactionRequestTwoBridgesInner:
    """
    @param _data 0x01 ‖ ABI(bytes32 assetId, bytes ABI(uint256 amount, address receiver, address token)), or as older
        clients write it: ABI(address token, uint256 amount, address receiver)
    """
    self._only(BRIDGEHUB)
    version: uint8 = convert(slice(_data, 0, 1), uint8)
    assetId: bytes32 = empty(bytes32)
    transfer: Bytes[MAX_TRANSFER] = b""
    dataHash: bytes32 = empty(bytes32)
    if version == 1:
        assetId, transfer = abi_decode(slice(_data, 1, len(_data) - 1), (bytes32, Bytes[MAX_TRANSFER]))
        token: address = extract32(transfer, 64, output_type=address)
        if token != empty(address) and self._handler(assetId) == empty(address):
            # A new token; its id is checked by the vault.
            extcall TokenVault(VAULT).ensureTokenIsRegistered(token)
        dataHash = keccak256(concat(0x01, abi_encode(_originalCaller, assetId, transfer)))
    elif version == 0:
        token: address = empty(address)
        amount: uint256 = 0
        receiver: address = empty(address)
        token, amount, receiver = abi_decode(_data, (address, uint256, address))
        assetId = extcall TokenVault(VAULT).ensureTokenIsRegistered(token)
        transfer = abi_encode(amount, receiver, token)
        dataHash = keccak256(abi_encode(_originalCaller, token, amount))
    else:
        raw_revert(method_id("UnsupportedEncodingVersion()"))
    # The base token is deposited by the request itself.
    if assetId == ETH_ASSET_ID:
        raw_revert(abi_encode(assetId, method_id=method_id("AssetIdNotSupported(bytes32)")))
    if self._handler(assetId) == empty(address):
        raw_revert(abi_encode(assetId, method_id=method_id("AssetHandlerDoesNotExist(bytes32)")))
    mint: Bytes[MAX_MINT] = extcall TokenVault(VAULT).bridgeBurn(
        _chainId, _value, assetId, _originalCaller, transfer, value=msg.value)
    log BridgehubDepositInitiated(
        chainId=_chainId, txDataHash=dataHash, sender=_originalCaller, assetId=assetId, bridgeMintCalldata=mint)
    return L2TransactionRequestTwoBridgesInner(
        magicValue=TWO_BRIDGES_MAGIC,
        l2Contract=L2_ASSET_ROUTER,
        l2Calldata=self._l2_calldata(_originalCaller, mint),
        factoryDeps=[],
        txDataHash=dataHash)


@external
def bridgehubConfirmL2Transaction(_chainId: uint256, _txDataHash: bytes32, _txHash: bytes32):
    self._only(BRIDGEHUB)
    extcall Nullifier(NULLIFIER).bridgehubConfirmL2TransactionForwarded(_chainId, _txDataHash, _txHash)


@external
def transferFundsToNTV(_assetId: bytes32, _amount: uint256, _originalCaller: address) -> bool:
    """
    @notice Moves tokens that their owner has approved for this contract into the vault
    """
    self._only(VAULT)
    token: address = staticcall TokenVault(VAULT).tokenAddress(_assetId)
    assert extcall Token(token).transferFrom(_originalCaller, VAULT, _amount, default_return_value=True)
    return True


@external
def finalizeDeposit(_chainId: uint256, _assetId: bytes32, _transferData: Bytes[MAX_TRANSFER]):
    """
    @notice Pays out what L2 has sent back
    """
    self._only(NULLIFIER)
    extcall TokenVault(VAULT).bridgeMint(_chainId, _assetId, _transferData)
    log DepositFinalizedAssetRouter(chainId=_chainId, assetId=_assetId, assetData=_transferData)


@external
def finalizeWithdrawal(
    _chainId: uint256, _l2BatchNumber: uint256, _l2MessageIndex: uint256, _l2TxNumberInBatch: uint16,
    _message: Bytes[MAX_MESSAGE], _merkleProof: DynArray[bytes32, MAX_PROOF]
):
    """
    @notice What older clients call; see the nullifier
    """
    extcall Nullifier(NULLIFIER).finalizeWithdrawal(
        _chainId, _l2BatchNumber, _l2MessageIndex, _l2TxNumberInBatch, _message, _merkleProof)


@external
@view
def isWithdrawalFinalized(_chainId: uint256, _l2BatchNumber: uint256, _l2MessageIndex: uint256) -> bool:
    return staticcall Nullifier(NULLIFIER).isWithdrawalFinalized(_chainId, _l2BatchNumber, _l2MessageIndex)


@internal
@pure
def _l2_calldata(sender: address, mint: Bytes[MAX_MINT]) -> Bytes[MAX_L2_CALLDATA]:
    """
    @notice What is called on L2 for a token of L1: the older form, as clients know it
    """
    caller: address = empty(address)
    receiver: address = empty(address)
    token: address = empty(address)
    amount: uint256 = 0
    metadata: Bytes[MAX_METADATA] = b""
    caller, receiver, token, amount, metadata = abi_decode(
        mint, (address, address, address, uint256, Bytes[MAX_METADATA]))
    return abi_encode(
        sender, receiver, token, amount, metadata,
        method_id=method_id("finalizeDeposit(address,address,address,uint256,bytes)"))


@internal
@view
def _only(caller: address):
    if msg.sender != caller:
        raw_revert(abi_encode(msg.sender, method_id=method_id("Unauthorized(address)")))


@internal
@view
def _handler(assetId: bytes32) -> address:
    return VAULT if staticcall TokenVault(VAULT).tokenAddress(assetId) != empty(address) else empty(address)
