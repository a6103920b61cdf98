"""Each transaction that the node refuses, and the words in which it does."""

import pytest
from eth_account import Account

from node import RICH, Wallet, fund, wait_for_receipt


def refusal(node, raw: bytes) -> str:
    error = node.refusal("eth_sendRawTransaction", "0x" + raw.hex())
    assert error.code == -32000
    return error.message


def test_nonce_too_low(node, rich):
    rich.transact(to=RICH.address)
    assert "nonce too low" in refusal(node, rich.sign(to=RICH.address, nonce=0))


def test_insufficient_funds(node):
    poor = Wallet(node)
    assert "insufficient funds for gas * price + value" in refusal(node, poor.sign(to=RICH.address, value=1))


def test_fee_below_the_base_fee(node, rich):
    raw = rich.sign(to=RICH.address, maxFeePerGas=1, maxPriorityFeePerGas=0)
    assert "max fee per gas less than block base fee" in refusal(node, raw)


def test_tip_above_the_fee_cap(node, rich):
    raw = rich.sign(to=RICH.address, maxFeePerGas=10_000, maxPriorityFeePerGas=10_001)
    assert "max priority fee per gas higher than max fee per gas" in refusal(node, raw)


def test_wrong_chain_id(node, rich):
    assert "invalid chain id" in refusal(node, rich.sign(to=RICH.address, chainId=1))


def test_intrinsic_gas_too_low(node, rich):
    assert "intrinsic gas too low" in refusal(node, rich.sign(to=RICH.address, gas=20_999))


def test_gas_limit_above_the_block(node, rich):
    assert "exceeds block gas limit" in refusal(node, rich.sign(to=RICH.address, gas=100_000_001))


def test_init_code_too_long(node, rich):
    raw = rich.sign(data=b"\x00" * 49_153, gas=10_000_000)
    assert "max initcode size exceeded" in refusal(node, raw)


def test_already_known_and_replacement(node):
    wallet = Wallet(node)
    fund(node, [wallet], 10**15)
    parked = wallet.sign(to=RICH.address, nonce=5, maxFeePerGas=20_000, maxPriorityFeePerGas=1_000)
    node.call("eth_sendRawTransaction", "0x" + parked.hex())
    assert refusal(node, parked) == "already known"
    weak = wallet.sign(to=RICH.address, nonce=5, value=1, maxFeePerGas=21_000, maxPriorityFeePerGas=1_050)
    assert "replacement transaction underpriced" in refusal(node, weak)
    strong = wallet.sign(to=RICH.address, nonce=5, value=1, maxFeePerGas=22_000, maxPriorityFeePerGas=1_100)
    node.call("eth_sendRawTransaction", "0x" + strong.hex())


def test_a_gap_is_parked_until_it_closes(node):
    wallet = Wallet(node)
    fund(node, [wallet], 10**15)
    later = node.call("eth_sendRawTransaction", "0x" + wallet.sign(to=RICH.address, nonce=1).hex())
    assert node.call("eth_getTransactionReceipt", later) is None
    assert node.call("eth_getTransactionCount", wallet.address, "pending") == "0x0"
    first = node.call("eth_sendRawTransaction", "0x" + wallet.sign(to=RICH.address, nonce=0).hex())
    assert wait_for_receipt(node, first)["status"] == "0x1"
    assert wait_for_receipt(node, later)["status"] == "0x1"


def test_blob_transactions(node):
    assert node.refusal("eth_sendRawTransaction", "0x03" + "c0").code in (-32000, -32602)


@pytest.mark.parametrize("raw", ["0x", "0x00", "0x02", "0xc0", "0x02c0", "0xff" * 40, "0x" + "f8" * 64])
def test_garbage(node, raw):
    assert node.refusal("eth_sendRawTransaction", raw).code in (-32000, -32602)
    assert node.call("eth_chainId") == "0x10e"


def test_a_malleable_signature(node, rich):
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    signed = Account.from_key(RICH.key).sign_transaction(
        {"chainId": 270, "nonce": rich.nonce, "gas": 21_000, "gasPrice": 1_000, "to": RICH.address, "value": 0}
    )
    low = signed.s.to_bytes(32, "big")
    high = (order - signed.s).to_bytes(32, "big")
    assert "invalid" in refusal(node, bytes(signed.raw_transaction).replace(low, high))
