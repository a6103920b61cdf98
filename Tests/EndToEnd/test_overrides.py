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
    [{"state": {slot(1): slot(2)}, "stateDiff": {slot(3): slot(4)}}, {"colour": "0x1"}, {"balance": "ten"}, {"stateDiff": {"0x1": slot(2)}}, {"code": "0x6"}],
)
def test_what_cannot_be_overridden_is_said(node, override):
    assert node.refusal("eth_call", {"to": HERE}, "latest", {HERE: override}).code in (-32602, -32000)


def test_all_of_an_accounts_storage_is_replaced(node):
    code = {"code": PROBE, "stateDiff": {slot(5): slot(77)}}
    assert words(node.call("eth_call", {"to": HERE}, "latest", {HERE: code}))[1] == 77
    whole = {"code": PROBE, "state": {slot(5): slot(9)}}
    assert words(node.call("eth_call", {"to": HERE}, "latest", {HERE: whole}))[1] == 9
    assert words(node.call("eth_call", {"to": HERE}, "latest", {HERE: {"code": PROBE, "state": {}}}))[1] == 0


def test_storage_that_is_there_is_hidden(node, token):
    # The supply, which the constructor wrote.
    call = {"to": token.address, "data": "0x18160ddd"}
    assert int(node.call("eth_call", call), 16) > 0
    assert int(node.call("eth_call", call, "latest", {token.address: {"state": {}}}), 16) == 0
    assert int(node.call("eth_call", call), 16) > 0


def test_the_base_fee_is_seen_by_calls_that_name_no_price(node):
    # Returns BASEFEE and GASPRICE.
    call, code = {"to": HERE}, {HERE: {"code": "0x486000523a60205260406000f3"}}
    assert words(node.call("eth_call", call, "latest", code)) == [0, 0]
    assert words(node.call("eth_call", call, "latest", code, {"baseFeePerGas": "0x1234"})) == [0x1234, 0]
    paid = {**call, "from": RICH.address, "gasPrice": "0x2000"}
    assert words(node.call("eth_call", paid, "latest", code, {"baseFeePerGas": "0x1234"})) == [0x1234, 0x2000]
    refusal = node.refusal("eth_call", {**paid, "gasPrice": "0x1000"}, "latest", code, {"baseFeePerGas": "0x1234"})
    assert refusal.message == "max fee per gas less than block base fee"
    # Nothing tells it since the merge.
    assert words(node.call("eth_call", call, "latest", code, {"difficulty": "0x1"})) == [0, 0]


def test_precompiles_move(node):
    identity = "0x" + "0" * 39 + "4"
    moved = {identity: {"movePrecompileToAddress": HERE}}
    call = {"to": HERE, "data": "0x0102"}
    assert node.call("eth_call", call) == "0x"
    assert node.call("eth_call", call, "latest", moved) == "0x0102"
    assert node.call("eth_call", {**call, "to": identity}, "latest", moved) == "0x"
    # In its place there may be code: the block's number.
    moved[identity]["code"] = "0x4360005260206000f3"
    assert int(node.call("eth_call", {**call, "to": identity}, "latest", moved), 16) >= 0
    refusal = node.refusal("eth_call", call, "latest", {HERE: {"movePrecompileToAddress": identity}})
    assert refusal.code == -32602 and "is not a precompile" in refusal.message


def test_a_call_without_a_recipient_returns_what_the_constructor_does(node):
    # The form of calls that need no contract: code that returns whatever it has found out. Here its block's number.
    assert int(node.call("eth_call", {"data": "0x4360005260206000f3"}), 16) >= 1
    assert node.call("eth_call", {"data": "0x60006000f3"}) == "0x"
    refusal = node.refusal("eth_call", {"data": "0x60016000fd"})
    assert refusal.code == 3


@pytest.mark.parametrize(
    "code, message",
    [
        ("0xfe", "invalid opcode: INVALID"), ("0x0c", "invalid opcode"), ("0x01", "stack underflow"),
        ("0x600056", "invalid jump destination"), ("0x5b600056", "out of gas"), ("0x60ff60ff60ff3e", "return data out of bounds"),
    ],
)
def test_what_stops_a_call_has_a_name(node, code, message):
    refusal = node.refusal("eth_call", {"to": HERE, "gas": "0x30d40"}, "latest", {HERE: {"code": code}})
    assert refusal.code == -32000 and refusal.message == message


def test_named_gas_is_given_up_to_that_of_a_block(node):
    # Returns GAS.
    code = {HERE: {"code": "0x5a60005260206000f3"}}
    assert 9_900_000 < int(node.call("eth_call", {"to": HERE}, "latest", code), 16) < 10_000_000
    assert 59_000_000 < int(node.call("eth_call", {"to": HERE, "gas": hex(60_000_000)}, "latest", code), 16) < 60_000_000
    assert 99_000_000 < int(node.call("eth_call", {"to": HERE, "gas": hex(10**12)}, "latest", code), 16) < 100_000_000


def test_no_name_of_the_virtual_machine_reaches_a_user(node):
    poor = {"from": "0x000000000000000000000000000000000000bEEF", "to": HERE, "value": "0x1"}
    assert node.refusal("eth_call", poor).message == "insufficient funds for transfer"
    assert node.refusal("eth_call", {"to": HERE, "gas": "0x10"}).message == "intrinsic gas too low"
    long = node.refusal("eth_call", {"data": "0x" + "00" * 50_000})
    assert long.message == "max initcode size exceeded"


def test_access_lists_are_made(node, token):
    # balanceOf
    call = {"from": RICH.address, "to": token.address, "data": "0x70a08231" + RICH.address[2:].lower().rjust(64, "0")}
    made = node.call("eth_createAccessList", call)
    assert [item["address"] for item in made["accessList"]] == [token.address.lower()]
    assert len(made["accessList"][0]["storageKeys"]) == 1 and "error" not in made
    # It is one with which the call runs, and uses what was said.
    declared = {**call, "accessList": made["accessList"]}
    assert int(node.call("eth_call", declared), 16) == 10**24
    assert node.call("eth_createAccessList", declared)["gasUsed"] == made["gasUsed"]
    failing = node.call("eth_createAccessList", {**call, "data": "0x12345678"})
    assert failing["error"] == "execution reverted"


def test_an_account_at_once(node, token):
    info = node.call("eth_getAccountInfo", token.address, "latest")
    assert info == {
        "balance": "0x0", "nonce": node.call("eth_getTransactionCount", token.address, "latest"),
        "code": node.call("eth_getCode", token.address, "latest")}
    assert len(info["code"]) > 100
