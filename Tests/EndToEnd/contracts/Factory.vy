# pragma version 0.4.3
# pragma evm-version cancun
"""
@title A factory that says nothing when a creation fails, as the singleton factory of ERC-2470 does
@notice Creations and calls get all gas but 1/64 (EIP-150), so with too little gas the outer call succeeds without them.
"""

interface Creator:
    def create(code: Bytes[2048], salt: bytes32) -> address: nonpayable

event Created:
    contract: address

event Failed:
    pass

@external
def create(code: Bytes[2048], salt: bytes32) -> address:
    return raw_create(code, salt=salt, revert_on_failure=False)

@external
def create_through(factory: address, code: Bytes[2048], salt: bytes32):
    """
    @notice Lets another factory create, and puts up with its failure
    """
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        factory,
        abi_encode(code, salt, method_id=method_id("create(bytes,bytes32)")),
        max_outsize=32,
        revert_on_failure=False)
    if success and len(answer) == 32:
        log Created(contract=convert(abi_decode(answer, uint256), address))
    else:
        log Failed()
