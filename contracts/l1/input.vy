# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Words of the calldata, by their place in it
@notice Room for 128 KiB of data costs 44,000 gas as soon as there is something behind it in memory. So long data is read
    where it is.
"""


@internal
@view
def word(place: uint256) -> bytes32:
    return convert(slice(msg.data, place, 32), bytes32)


@internal
@view
def number(place: uint256) -> uint256:
    return convert(slice(msg.data, place, 32), uint256)


@internal
@view
def byte(place: uint256) -> uint8:
    return convert(slice(msg.data, place, 1), uint8)


@internal
@view
def argument(index: uint256) -> uint256:
    """
    @notice Where the content of an argument of type `bytes` begins
    """
    return 36 + convert(slice(msg.data, 4 + 32 * index, 32), uint256)
