"""Transactions that are refused after they ran: what their senders learn, and what others notice."""


import pytest
from web3 import Web3

from node import RICH, RpcError, Wallet, fund, wait_for_receipt

ETHER = 10**18
# Copies half a megabyte through the identity precompile until it is out of gas, or the virtual machine out of room.
RETURN_BOMB = bytes.fromhex("5b5f5f620800005f60045afa505f56")
# Reads as many slots as the first word says.
READER = bytes.fromhex("6000355b80602035015450600190038060035700")


def deploy(node, code: bytes) -> str:
    creation = bytes([0x60, len(code), 0x80, 0x60, 0x09, 0x5F, 0x39, 0x5F, 0xF3]) + code
    receipt = wait_for_receipt(node, Wallet(node, RICH).send(data=creation, gas=1_000_000))
    assert receipt["status"] == "0x1"
    return Web3.to_checksum_address(receipt["contractAddress"])


def wallet(node) -> Wallet:
    made = Wallet(node)
    fund(node, [made], ETHER)
    return made


def send_synchronously(node, raw: bytes, *timeout):
    return node.call("eth_sendRawTransactionSync", "0x" + raw.hex(), *timeout)


def test_the_receipt_is_the_answer(node):
    sender = wallet(node)
    receipt = send_synchronously(node, sender.sign(to=RICH.address, value=1))
    assert receipt["status"] == "0x1"
    assert receipt == node.call("eth_getTransactionReceipt", receipt["transactionHash"])


def test_a_gap_is_told_at_the_timeout(node):
    sender = wallet(node)
    with pytest.raises(RpcError) as refusal:
        send_synchronously(node, sender.sign(to=RICH.address, nonce=5), hex(100))
    assert refusal.value.code == 5


def test_who_sends_what_no_block_can_contain_learns_why(node):
    bomb = deploy(node, RETURN_BOMB)
    sender = wallet(node)
    raw = sender.sign(to=bomb, gas=90_000_000)
    with pytest.raises(RpcError) as refusal:
        send_synchronously(node, raw, hex(10_000))
    assert refusal.value.code == -32_000
    transaction_hash = Web3.to_hex(Web3.keccak(raw))
    told = node.call("zkos_getRefusal", transaction_hash)
    assert told["kind"] == "execution" and told["reason"] == refusal.value.message, told
    assert told["from"] == sender.address.lower() and told["nonce"] == "0x0"
    assert node.call("eth_getTransactionByHash", transaction_hash) is None
    assert told["reason"] in node.log()
    assert node.metrics()['mempool_refused_total{reason="execution"}'] >= 1
    # What is behind it waits, and learns for what.
    later = sender.send(to=RICH.address, nonce=1)
    told = node.call("zkos_getRefusal", later)
    assert told["kind"] == "waiting" and transaction_hash in told["reason"], told
    assert node.call("zkos_getRefusal", "0x" + "00" * 32) is None


def test_a_shape_that_no_block_contains_is_not_taken(node):
    sender = wallet(node)
    raw = sender.sign(to="0x0000000000000000000000000000000000009000", gas=100_000)
    assert "can never be executed" in node.refusal("eth_sendRawTransaction", "0x" + raw.hex()).message


def test_more_pubdata_than_a_batch_has_is_told_by_the_estimate_already(node):
    reader = deploy(node, READER)
    call = {"from": RICH.address, "to": reader, "data": "0x" + (4_100).to_bytes(32, "big").hex() + "00" * 32}
    assert "data availability" in node.refusal("eth_estimateGas", call).message
    call["data"] = "0x" + (100).to_bytes(32, "big").hex() + "00" * 32
    assert int(node.call("eth_estimateGas", call), 16) > 200_000


def test_the_estimate_covers_the_floor_of_calldata(node):
    sender = wallet(node)
    data = b"\x01" * 1_000
    estimate = int(node.call("eth_estimateGas", {"from": sender.address, "to": RICH.address, "data": "0x" + data.hex()}), 16)
    assert estimate == 21_000 + 40 * 1_000
    sender.transact(to=RICH.address, data=data, gas=estimate)


def test_the_base_fee_may_follow_the_load(own_node):
    node = own_node(
        SEQUENCER_FEE_MODEL="eip1559", SEQUENCER_GAS_TARGET="100000", SEQUENCER_BASE_FEE="2000",
        SEQUENCER_BLOCK_TIME="50ms")
    assert int(node.call("eth_gasPrice"), 16) >= 2_000
    rich = Wallet(node, RICH)
    for _ in range(5):
        hashes = [rich.send(to=RICH.address, maxFeePerGas=10**6) for _ in range(20)]
        wait_for_receipt(node, hashes[-1])
    heads = [node.call("eth_getBlockByNumber", hex(number), False) for number in range(2, node.head() + 1)]
    fees = [int(head["baseFeePerGas"], 16) for head in heads]
    assert max(fees) > 2_000 and min(fees) >= 2_000, fees
    # With nothing but small blocks it falls to where it may not fall further.
    for _ in range(40):
        rich.transact(to=RICH.address, maxFeePerGas=10**7)
    assert int(node.call("eth_gasPrice"), 16) == 2_000
    node.kill()
    node.start()
    assert int(node.call("eth_gasPrice"), 16) == 2_000
