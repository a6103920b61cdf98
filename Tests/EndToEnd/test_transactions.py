"""What an application developer does with the chain: transfers, contracts, logs, history."""

import pytest
from eth_account import Account

from node import RICH, Wallet, fund, wait_for_receipt


def test_the_chain_introduces_itself(node):
    assert node.call("eth_chainId") == "0x10e"
    assert node.call("net_version") == "270"
    assert node.call("net_listening") is True
    assert node.call("eth_accounts") == []
    assert node.call("eth_syncing") is False
    assert "/" in node.call("web3_clientVersion")
    empty = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert node.call("web3_sha3", "0x") == empty


@pytest.mark.parametrize("kind", ["legacy", "legacy without chain id", "2930", "1559"])
def test_a_transfer_of_each_kind(node, rich, kind):
    receiver = Account.create().address
    before = int(node.call("eth_getBalance", RICH.address, "latest"), 16)
    fields = {"to": receiver, "value": 12_345}
    match kind:
        case "legacy":
            fields["gasPrice"] = 1_000
        case "2930":
            fields |= {"gasPrice": 1_000, "accessList": []}
    if kind == "legacy without chain id":
        transaction = {"nonce": rich.nonce, "gas": 21_000, "gasPrice": 1_000, "data": b"", **fields}
        raw = rich.account.sign_transaction(transaction).raw_transaction
        transaction_hash = node.call("eth_sendRawTransaction", "0x" + raw.hex())
    else:
        transaction_hash = rich.send(**fields)

    receipt = wait_for_receipt(node, transaction_hash)
    assert receipt["status"] == "0x1"
    assert receipt["gasUsed"] == hex(21_000)
    assert int(node.call("eth_getBalance", receiver, "latest"), 16) == 12_345
    after = int(node.call("eth_getBalance", RICH.address, "latest"), 16)
    assert before - after == 12_345 + 21_000 * int(receipt["effectiveGasPrice"], 16)

    transaction = node.call("eth_getTransactionByHash", transaction_hash)
    assert transaction["hash"] == transaction_hash
    assert transaction["blockHash"] == receipt["blockHash"]
    assert transaction["from"].lower() == RICH.address.lower()
    block = node.call("eth_getBlockByHash", receipt["blockHash"], False)
    assert transaction_hash in block["transactions"]
    assert block == node.call("eth_getBlockByNumber", receipt["blockNumber"], False)


def test_balances_and_calls_at_past_blocks(node, rich, token):
    receiver = Account.create().address
    blocks = []
    for amount in (1, 10, 100):
        data = token.encode_abi("transfer", [receiver, amount])
        receipt = rich.transact(to=token.address, data=data, gas=200_000)
        value = rich.transact(to=receiver, value=amount)
        blocks.append((receipt["blockNumber"], value["blockNumber"], value["blockHash"]))

    expected = 0
    for (token_block, value_block, value_hash), amount in zip(blocks, (1, 10, 100)):
        expected += amount
        assert token.functions.balanceOf(receiver).call(block_identifier=int(token_block, 16)) == expected
        assert int(node.call("eth_getBalance", receiver, value_block), 16) == expected
        assert int(node.call("eth_getBalance", receiver, {"blockHash": value_hash}), 16) == expected
    assert node.call("eth_getCode", token.address, "earliest") == "0x"


def test_five_hundred_token_transfers_from_several_accounts(node, rich, token):
    wallets = [Wallet(node) for _ in range(5)]
    fund(node, wallets, 10**16)
    rich = Wallet(node, RICH)
    hashes = []
    for wallet in wallets:
        data = token.encode_abi("transfer", [wallet.address, 10_000])
        hashes.append(rich.send(to=token.address, data=data, gas=200_000))
    for transaction_hash in hashes:
        assert wait_for_receipt(node, transaction_hash)["status"] == "0x1"

    sink = Account.create().address
    data = token.encode_abi("transfer", [sink, 7])
    hashes = [wallet.send(to=token.address, data=data, gas=200_000) for _ in range(100) for wallet in wallets]
    receipts = [wait_for_receipt(node, each) for each in hashes]
    assert all(receipt["status"] == "0x1" for receipt in receipts)
    assert token.functions.balanceOf(sink).call() == 7 * 500

    first = min(int(receipt["blockNumber"], 16) for receipt in receipts)
    logs = node.call(
        "eth_getLogs",
        {
            "fromBlock": hex(first),
            "toBlock": "latest",
            "address": token.address,
            "topics": [None, None, "0x" + sink[2:].lower().rjust(64, "0")],
        },
    )
    assert sorted(log["transactionHash"] for log in logs) == sorted(hashes)
    by_block = node.call("eth_getBlockReceipts", receipts[0]["blockNumber"])
    assert receipts[0] in by_block


def test_a_revert_comes_with_its_reason(node, rich, token):
    poor = Account.create().address
    data = token.encode_abi("transfer", [RICH.address, 1])
    refusal = node.refusal("eth_call", {"from": poor, "to": token.address, "data": data}, "latest")
    assert refusal.code == 3
    assert refusal.message == "execution reverted: insufficient balance"
    assert refusal.data.startswith("0x08c379a0")
    assert node.refusal("eth_estimateGas", {"from": poor, "to": token.address, "data": data}).code == 3

    too_much = token.encode_abi("transfer", [poor, 10**30])
    receipt = wait_for_receipt(node, rich.send(to=token.address, data=too_much, gas=200_000))
    assert receipt["status"] == "0x0"
    assert receipt["logs"] == []


def test_an_estimate_suffices_and_is_tight(node, rich, token):
    data = token.encode_abi("transfer", [Account.create().address, 5])
    estimate = int(node.call("eth_estimateGas", {"from": RICH.address, "to": token.address, "data": data}), 16)
    receipt = rich.transact(to=token.address, data=data, gas=estimate)
    assert estimate <= int(receipt["gasUsed"], 16) * 1.1


def test_fees_of_the_past(node):
    history = node.call("eth_feeHistory", "0x2", "latest", [50])
    assert len(history["baseFeePerGas"]) == len(history["gasUsedRatio"]) + 1
    assert int(node.call("eth_gasPrice"), 16) >= 1
    assert node.call("eth_maxPriorityFeePerGas") == "0x0"


def test_a_transaction_is_found_by_sender_and_nonce(node):
    wallet = Wallet(node)
    fund(node, [wallet], 10**18)
    hashes = []
    for _ in range(4):
        hashes.append(wallet.send(to=RICH.address, value=1))
        wait_for_receipt(node, hashes[-1])
    for nonce, expected in enumerate(hashes):
        found = node.call("eth_getTransactionBySenderAndNonce", wallet.address, hex(nonce))
        assert found["hash"] == expected
    assert node.call("eth_getTransactionBySenderAndNonce", wallet.address, "0x4") is None
    assert node.call("eth_getTransactionBySenderAndNonce", Account.create().address, "0x0") is None
    assert node.call("eth_getTransactionBySenderAndNonce", RICH.address, "0xffffffffffffffff") is None
