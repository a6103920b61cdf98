"""Ether goes to L2 and comes home, with web3.py alone: by the base token for whoever signs for himself, by the helper for
everybody. Balances are compared to the wei."""

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak, to_checksum_address

from l1_contracts import BASE_TOKEN, FINALIZE, L1, Refused, deposit, selector, withdrawal_message
from node import RICH, Wallet, wait_for_receipt, wait_until
from rollup_in_process import log_proof, start, withdrawal_helper

MESSAGE_SENT = "0x" + keccak(text="L1MessageSent(address,bytes32,bytes)").hex()


@pytest.fixture
def rollup(own_node):
    return start(own_node)


def withdraw(receiver: str) -> bytes:
    return selector("withdraw(address)") + encode(["address"], [receiver])


def proved(node, l1: L1, receipt: dict, sender: str, message: bytes) -> bytes:
    """The call that finalizes the first withdrawal of a transaction, and what it says."""
    proof = log_proof(node, receipt["transactionHash"])
    receipt = node.call("eth_getTransactionReceipt", receipt["transactionHash"])
    assert proof["batchNumber"] == int(receipt["l1BatchNumber"], 16) == int(receipt["blockNumber"], 16)
    assert proof["root"] == "0x" + l1.read(l1.chain, "l2LogsRootHash(uint256)", "bytes32", proof["batchNumber"]).hex()
    return l1.encode(
        f"finalizeDeposit({FINALIZE})",
        (l1.chain_id, proof["batchNumber"], proof["id"], sender, int(receipt["l1BatchTxIndex"], 16), message,
         [bytes.fromhex(word[2:]) for word in proof["proof"]]))


def balance(node, address: str, tag: str = "latest") -> int:
    return int(node.call("eth_getBalance", address, tag), 16)


def test_a_deposit_and_a_withdrawal_that_its_account_claims(rollup):
    node, l1 = rollup
    owner, receiver = Account.create(), to_checksum_address("0x" + "bb" * 20)
    # A stranger's deposit for an account that has nothing yet: it is on L2, whole, once the request is.
    amount, vault = 10**18, l1.web3.eth.get_balance(l1.vault)
    mint, hash = deposit(l1, owner.address, amount)
    receipt = wait_for_receipt(node, hash, 60)
    assert receipt["status"] == "0x1" and balance(node, owner.address) == amount
    assert l1.web3.eth.get_balance(l1.vault) == vault + mint
    transaction = node.call("eth_getTransactionByHash", hash)
    assert transaction["type"] == "0x2a" and int(transaction["toMint"], 16) == mint
    # The service's own message: the request is done.
    assert [log["value"] for log in receipt["l2ToL1Logs"]] == ["0x" + "0" * 63 + "1"]

    sent = 10**17
    wallet = Wallet(node, owner)
    receipt = wallet.transact(to=BASE_TOKEN, value=sent, data=withdraw(receiver), gas=100_000)
    fee = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    assert balance(node, owner.address) == amount - sent - fee
    # This version of the base token signs with the account's name, and emits nothing.
    message = withdrawal_message(receiver, sent)
    log, = receipt["l2ToL1Logs"]
    assert receipt["logs"] == [] and log["value"] == "0x" + keccak(message).hex()
    assert int(log["key"], 16) == int(owner.address, 16)

    claim = proved(node, l1, receipt, owner.address, message)
    with pytest.raises(Refused) as refusal:
        l1.call(l1.nullifier, claim)
    assert refusal.value.output[:4] == selector("WrongL2Sender(address)")
    # The account pays for its own claim.
    l1.send(owner.address, b"", 10**17)
    l1.send(l1.nullifier, claim, account=owner)
    assert l1.web3.eth.get_balance(receiver) == sent
    assert l1.web3.eth.get_balance(l1.vault) == vault + mint - sent
    with pytest.raises(Refused) as refusal:
        l1.call(l1.nullifier, claim, sender=owner.address)
    assert refusal.value.output[:4] == selector("WithdrawalAlreadyFinalized()")
    details = node.call("zks_getTransactionDetails", receipt["transactionHash"])
    assert details["status"] == "verified" and details["ethExecuteTxHash"]


def test_a_withdrawal_through_the_helper_that_anybody_claims(rollup):
    node, l1 = rollup
    helper = withdrawal_helper(node)
    assert withdrawal_helper(node) == helper
    assert int(l1.read(l1.nullifier, "withdrawalHelper()", "address"), 16) == int(helper, 16)
    receiver, sent = to_checksum_address("0x" + "cc" * 20), 12_345
    receipt = Wallet(node, RICH).transact(to=to_checksum_address(helper), value=sent, data=withdraw(receiver), gas=200_000)
    event, = receipt["logs"]
    assert event["topics"][0] == MESSAGE_SENT and int(event["topics"][1], 16) == int(helper, 16)
    claim = proved(node, l1, receipt, to_checksum_address(helper), withdrawal_message(receiver, sent))
    l1.send(l1.nullifier, claim)
    assert l1.web3.eth.get_balance(receiver) == sent and balance(node, helper) == sent


def test_nothing_can_be_proved_before_the_batch_is_executed(own_node):
    node, l1 = start(own_node, L1_SENDER_PROVE="off")
    receipt = Wallet(node, RICH).transact(to=BASE_TOKEN, value=7, data=withdraw(RICH.address), gas=100_000)
    batch = int(receipt["blockNumber"], 16)
    wait_until(lambda: l1.number("getTotalBatchesCommitted") >= batch, 60)
    wait_until(lambda: node.call("zks_getL1BatchDetails", batch)["commitTxHash"], 60)
    assert node.call("zks_getL2ToL1LogProof", receipt["transactionHash"], "0x0") is None
    assert node.call("zks_getL1BatchDetails", batch)["status"] == "sealed"
    assert node.call("zks_getTransactionDetails", receipt["transactionHash"])["status"] == "included"
