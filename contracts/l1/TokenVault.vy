# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Where deposited ether and tokens lie until they are withdrawn, with an account of what each chain has deposited
"""


interface AssetRouter:
    def transferFundsToNTV(assetId: bytes32, amount: uint256, originalCaller: address) -> bool: nonpayable


interface Token:
    def balanceOf(owner: address) -> uint256: view
    def allowance(owner: address, spender: address) -> uint256: view
    def transfer(receiver: address, amount: uint256) -> bool: nonpayable
    def transferFrom(sender: address, receiver: address, amount: uint256) -> bool: nonpayable


event BridgeBurn:
    chainId: indexed(uint256)
    assetId: indexed(bytes32)
    sender: indexed(address)
    receiver: address
    amount: uint256

event BridgeMint:
    chainId: indexed(uint256)
    assetId: indexed(bytes32)
    receiver: address
    amount: uint256


MAX_TRANSFER: constant(uint256) = 4_096
# Of the answer of a token to a question about itself.
MAX_ANSWER: constant(uint256) = 256
MAX_METADATA: constant(uint256) = 1_024
MAX_MINT: constant(uint256) = 1_216
ETH: constant(address) = 0x0000000000000000000000000000000000000001
L2_TOKEN_VAULT: constant(address) = 0x0000000000000000000000000000000000010004

ASSET_ROUTER: immutable(address)
ETH_ASSET_ID: immutable(bytes32)

chainBalance: public(HashMap[uint256, HashMap[bytes32, uint256]])
tokenAddress: public(HashMap[bytes32, address])
assetId: public(HashMap[address, bytes32])


@deploy
@payable
def __init__(chainId: uint256, assetRouter: address):
    """
    @notice Ether that comes with the deployment backs what the chain begins with on L2
    """
    ASSET_ROUTER = assetRouter
    ETH_ASSET_ID = self._register(ETH)
    self.chainBalance[chainId][ETH_ASSET_ID] = msg.value


@external
@view
def BASE_TOKEN_ASSET_ID() -> bytes32:
    return ETH_ASSET_ID


@external
def ensureTokenIsRegistered(_token: address) -> bytes32:
    return self._register(_token)


@external
@payable
@nonreentrant
def bridgeBurn(
    _chainId: uint256, _msgValue: uint256, _assetId: bytes32, _originalCaller: address, _data: Bytes[MAX_TRANSFER]
) -> Bytes[MAX_MINT]:
    """
    @notice Takes a deposit; what L2 needs to know to mint it
    @param _data ABI(uint256 amount, address receiver, address token)
    """
    self._only_router()
    amount: uint256 = extract32(_data, 0, output_type=uint256)
    receiver: address = extract32(_data, 32, output_type=address)
    token: address = self.tokenAddress[_assetId]
    metadata: Bytes[MAX_METADATA] = b""
    if token == ETH:
        if amount == 0:
            raw_revert(method_id("EmptyDeposit()"))
        if amount != msg.value:
            raw_revert(abi_encode(amount, msg.value, method_id=method_id("ValueMismatch(uint256,uint256)")))
    else:
        if msg.value != 0:
            raw_revert(method_id("NonEmptyMsgValue()"))
        if amount == 0:
            raw_revert(method_id("EmptyDeposit()"))
        self._pull(token, _assetId, _originalCaller, amount)
        metadata = concat(0x01, abi_encode(
            chain.id, self._ask(token, method_id("name()")), self._ask(token, method_id("symbol()")),
            self._ask(token, method_id("decimals()"))))
    self.chainBalance[_chainId][_assetId] += amount
    log BridgeBurn(
        chainId=_chainId, assetId=_assetId, sender=_originalCaller, receiver=receiver, amount=amount)
    return abi_encode(_originalCaller, receiver, token, amount, metadata)


@external
@nonreentrant
def bridgeMint(_chainId: uint256, _assetId: bytes32, _data: Bytes[MAX_TRANSFER]):
    """
    @notice Pays out a withdrawal, never more than the chain has deposited
    @param _data ABI(address originalCaller, address receiver, address token, uint256 amount, bytes metadata)
    """
    self._only_router()
    receiver: address = extract32(_data, 32, output_type=address)
    amount: uint256 = extract32(_data, 96, output_type=uint256)
    balance: uint256 = self.chainBalance[_chainId][_assetId]
    if balance < amount:
        raw_revert(method_id("InsufficientChainBalance()"))
    self.chainBalance[_chainId][_assetId] = balance - amount
    token: address = self.tokenAddress[_assetId]
    if token == ETH:
        if not raw_call(receiver, b"", value=amount, revert_on_failure=False):
            raw_revert(method_id("WithdrawFailed()"))
    else:
        assert extcall Token(token).transfer(receiver, amount, default_return_value=True)
    log BridgeMint(chainId=_chainId, assetId=_assetId, receiver=receiver, amount=amount)


@internal
def _register(token: address) -> bytes32:
    id: bytes32 = self.assetId[token]
    if id == empty(bytes32):
        if token != ETH and not token.is_contract:
            raw_revert(method_id("EmptyToken()"))
        id = keccak256(abi_encode(chain.id, L2_TOKEN_VAULT, token))
        self.assetId[token] = id
        self.tokenAddress[id] = token
    return id


@internal
def _pull(token: address, id: bytes32, owner: address, amount: uint256):
    """
    @notice Takes tokens that their owner has approved for the router, or else for the vault
    """
    before: uint256 = staticcall Token(token).balanceOf(self)
    if staticcall Token(token).allowance(owner, ASSET_ROUTER) >= amount:
        extcall AssetRouter(ASSET_ROUTER).transferFundsToNTV(id, amount, owner)
    else:
        assert extcall Token(token).transferFrom(owner, self, amount, default_return_value=True)
    # A token that keeps a part of what it moves would leave the chain with more than there is.
    if staticcall Token(token).balanceOf(self) - before != amount:
        raw_revert(method_id("TokensWithFeesNotSupported()"))


@internal
@view
def _ask(token: address, question: Bytes[4]) -> Bytes[MAX_ANSWER]:
    success: bool = False
    answer: Bytes[MAX_ANSWER] = b""
    success, answer = raw_call(
        token, question, max_outsize=MAX_ANSWER, is_static_call=True, revert_on_failure=False)
    return answer if success else b""


@internal
@view
def _only_router():
    if msg.sender != ASSET_ROUTER:
        raw_revert(abi_encode(msg.sender, method_id=method_id("Unauthorized(address)")))
