"""State and block overrides of eth_call, as wallets and tools use them."""

import pytest

from node import RICH

HERE = "0x00000000000000000000000000000000000C0DE5"
# Returns the balance of the caller, slot 5, the block's number and its timestamp.
PROBE = "0x3331600052" "600554602052" "43604052" "42606052" "60806000f3"


def words(answer: str) -> list[int]:
    return [int(answer[start : start + 64], 16) for start in range(2, len(answer), 64)]


def slot(number: int) -> str:
    return "0x" + number.to_bytes(32, "big").hex()


def test_accounts_and_blocks_are_as_the_call_wants_them(node):
    caller = "0x000000000000000000000000000000000000bEEF"
    overrides = {
        HERE: {"code": PROBE, "stateDiff": {slot(5): slot(77)}},
        caller: {"balance": hex(10**20), "nonce": "0x9"},
    }
    call = {"from": caller, "to": HERE}
    block = {"number": "0x1234", "time": "0x77777777"}
    assert words(node.call("eth_call", call, "latest", overrides, block)) == [10**20, 77, 0x1234, 0x77777777]
    # Nothing of it stays.
    assert node.call("eth_getCode", HERE, "latest") == "0x"
    assert node.call("eth_call", call, "latest") == "0x"


def test_code_longer_than_a_deployment_allows_and_no_code_at_all(node):
    long = PROBE + "00" * 30_000
    assert words(node.call("eth_call", {"to": HERE}, "latest", {HERE: {"code": long}}))[1] == 0
    assert node.call("eth_call", {"to": HERE}, "latest", {HERE: {"code": "0x"}}) == "0x"


def test_gas_is_estimated_under_overrides(node):
    call = {"from": RICH.address, "to": HERE}
    plain = int(node.call("eth_estimateGas", call), 16)
    assert int(node.call("eth_estimateGas", call, "latest", {HERE: {"code": PROBE}}), 16) > plain


@pytest.mark.parametrize(
    "override",
    [{"state": {slot(1): slot(2)}}, {"colour": "0x1"}, {"balance": "ten"}, {"stateDiff": {"0x1": slot(2)}}, {"code": "0x6"}],
)
def test_what_cannot_be_overridden_is_said(node, override):
    assert node.refusal("eth_call", {"to": HERE}, "latest", {HERE: override}).code in (-32602, -32000)
