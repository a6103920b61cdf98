# pragma version 0.4.3
# pragma evm-version cancun
"""
@title The operator's door to the chain: who may commit, prove and execute, and how long executing waits
@notice Calls are handed on as they are, and so is what comes back.
"""


interface ChainTypeManager:
    def getHyperchain(chainId: uint256) -> address: view


event ValidatorAdded:
    _chainId: uint256
    _addedValidator: address

event ValidatorRemoved:
    _chainId: uint256
    _removedValidator: address


MAX_DATA: constant(uint256) = 131_072
MAX_BATCHES: constant(uint256) = 16

CHAIN_TYPE_MANAGER: immutable(address)
ADMIN: immutable(address)
EXECUTION_DELAY: immutable(uint32)

validators: public(HashMap[uint256, HashMap[address, bool]])
committedBatchTimestamp: HashMap[uint256, HashMap[uint256, uint256]]


@deploy
def __init__(chainId: uint256, chainTypeManager: address, admin: address, validator: address, executionDelay: uint32):
    CHAIN_TYPE_MANAGER = chainTypeManager
    ADMIN = admin
    EXECUTION_DELAY = executionDelay
    self.validators[chainId][validator] = True
    log ValidatorAdded(_chainId=chainId, _addedValidator=validator)


@external
def addValidator(_chainId: uint256, _newValidator: address):
    self._only_admin()
    self.validators[_chainId][_newValidator] = True
    log ValidatorAdded(_chainId=_chainId, _addedValidator=_newValidator)


@external
def removeValidator(_chainId: uint256, _validator: address):
    self._only_admin()
    self.validators[_chainId][_validator] = False
    log ValidatorRemoved(_chainId=_chainId, _removedValidator=_validator)


@external
@view
def executionDelay() -> uint32:
    return EXECUTION_DELAY


@external
@view
def chainTypeManager() -> address:
    return CHAIN_TYPE_MANAGER


@external
@view
def getCommittedBatchTimestamp(_chainId: uint256, _l2BatchNumber: uint256) -> uint256:
    return self.committedBatchTimestamp[_chainId][_l2BatchNumber]


@external
def commitBatchesSharedBridge(_chainId: uint256, _processFrom: uint256, _processTo: uint256, _data: Bytes[MAX_DATA]):
    self._only_validator(_chainId)
    # A range that is not that of the data ends in the chain.
    for i: uint256 in range(_processTo + 1 - _processFrom, bound=MAX_BATCHES):
        self.committedBatchTimestamp[_chainId][_processFrom + i] = block.timestamp
    raw_call(self._chain(_chainId), msg.data)


@external
def proveBatchesSharedBridge(_chainId: uint256, _processFrom: uint256, _processTo: uint256, _data: Bytes[MAX_DATA]):
    self._only_validator(_chainId)
    raw_call(self._chain(_chainId), msg.data)


@external
def executeBatchesSharedBridge(_chainId: uint256, _processFrom: uint256, _processTo: uint256, _data: Bytes[MAX_DATA]):
    self._only_validator(_chainId)
    delay: uint256 = convert(EXECUTION_DELAY, uint256)
    for i: uint256 in range(_processTo + 1 - _processFrom, bound=MAX_BATCHES):
        earliest: uint256 = self.committedBatchTimestamp[_chainId][_processFrom + i] + delay
        if block.timestamp < earliest:
            raw_revert(abi_encode(earliest, block.timestamp, method_id=method_id("TimeNotReached(uint256,uint256)")))
    raw_call(self._chain(_chainId), msg.data)


@external
def revertBatchesSharedBridge(_chainId: uint256, _newLastBatch: uint256):
    self._only_validator(_chainId)
    raw_call(self._chain(_chainId), msg.data)


@internal
@view
def _only_admin():
    if msg.sender != ADMIN:
        raw_revert(abi_encode(msg.sender, method_id=method_id("Unauthorized(address)")))


@internal
@view
def _only_validator(chainId: uint256):
    if not self.validators[chainId][msg.sender]:
        raw_revert(abi_encode(msg.sender, method_id=method_id("Unauthorized(address)")))


@internal
@view
def _chain(chainId: uint256) -> address:
    target: address = staticcall ChainTypeManager(CHAIN_TYPE_MANAGER).getHyperchain(chainId)
    if target == empty(address):
        raw_revert(method_id("ZeroAddress()"))
    return target
