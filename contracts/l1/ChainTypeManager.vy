# pragma version 0.4.3
# pragma evm-version cancun
"""
@title What the chains of an ecosystem share; here there is one chain
"""

CHAIN_ID: immutable(uint256)
CHAIN: immutable(address)
VALIDATOR_TIMELOCK: immutable(address)
ADMIN: immutable(address)
STORED_BATCH_ZERO: immutable(bytes32)
PROTOCOL_VERSION: constant(uint256) = 28 << 32


@deploy
def __init__(chainId: uint256, zkChain: address, validatorTimelock: address, admin: address, storedBatchZero: bytes32):
    CHAIN_ID = chainId
    CHAIN = zkChain
    VALIDATOR_TIMELOCK = validatorTimelock
    ADMIN = admin
    STORED_BATCH_ZERO = storedBatchZero


@external
@view
def validatorTimelock() -> address:
    return VALIDATOR_TIMELOCK


@external
@view
def getHyperchain(_chainId: uint256) -> address:
    return CHAIN if _chainId == CHAIN_ID else empty(address)


@external
@view
def getZKChain(_chainId: uint256) -> address:
    return CHAIN if _chainId == CHAIN_ID else empty(address)


@external
@view
def getChainAdmin(_chainId: uint256) -> address:
    return ADMIN if _chainId == CHAIN_ID else empty(address)


@external
@view
def protocolVersion() -> uint256:
    return PROTOCOL_VERSION


@external
@view
def protocolVersionIsActive(_protocolVersion: uint256) -> bool:
    return _protocolVersion == PROTOCOL_VERSION


@external
@view
def storedBatchZero() -> bytes32:
    """
    @notice The hash of the batch before the first
    """
    return STORED_BATCH_ZERO
