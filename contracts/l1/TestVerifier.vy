# pragma version 0.4.3
# pragma evm-version cancun
"""
@title A verifier for test chains: it takes an empty proof for true, and knows no other
"""


@external
@view
def verify(_publicInputs: DynArray[uint256, 64], _proof: DynArray[uint256, 64]) -> bool:
    if len(_proof) != 0:
        raw_revert(method_id("UnknownVerifierType()"))
    return True
