# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Withdrawals from L2 that anybody can finalize on L1
@notice A contract of L2. What it is paid stays here for ever: nothing below sends it anywhere. So a message with this
    contract as its sender is as good as burnt ether, and clients that look for the event of the messenger find it, which
    they do not after a withdrawal by the base token of ZKsync OS 0.0.4 and 0.0.5.
"""


interface Messenger:
    def sendToL1(message: Bytes[56]) -> bytes32: nonpayable


MESSENGER: constant(address) = 0x0000000000000000000000000000000000008008
FINALIZE_ETH_WITHDRAWAL: constant(bytes4) = 0x6c0960f9

L1_SHARED_BRIDGE: immutable(address)


@deploy
def __init__(l1SharedBridge: address):
    L1_SHARED_BRIDGE = l1SharedBridge


@external
@view
def l1SharedBridge() -> address:
    """
    @notice Where clients finalize withdrawals of this contract
    """
    return L1_SHARED_BRIDGE


@external
@payable
def withdraw(_l1Receiver: address):
    """
    @notice Gives up the ether of this call for as much on L1
    """
    extcall Messenger(MESSENGER).sendToL1(
        concat(FINALIZE_ETH_WITHDRAWAL, convert(_l1Receiver, bytes20), convert(msg.value, bytes32)))
