# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Work that is tried, at any depth: where it runs out of gas, the transaction succeeds all the same
"""

done: public(uint256)

event Done:
    rounds: uint256

event GivenUp:
    depth: uint256

@external
def work(rounds: uint256):
    digest: bytes32 = empty(bytes32)
    for i: uint256 in range(rounds, bound=10_000):
        digest = keccak256(digest)
    self.done += 1
    log Done(rounds=rounds)

@external
def attempt(depth: uint256, rounds: uint256):
    """
    @notice Does the work `depth` calls below this one, each of which catches the failure of the next
    """
    data: Bytes[68] = b""
    if depth == 0:
        data = abi_encode(rounds, method_id=method_id("work(uint256)"))
    else:
        data = abi_encode(depth - 1, rounds, method_id=method_id("attempt(uint256,uint256)"))
    success: bool = raw_call(self, data, revert_on_failure=False)
    if not success:
        log GivenUp(depth=depth)
