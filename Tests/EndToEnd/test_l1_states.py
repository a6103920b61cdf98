"""The contracts of the reference, from state dumps that anvil made of chains with a whole deployed ecosystem: the script
that drives our own contracts sees the same of them.

`L1_STATES` names the folder `l1-setup` of github.com/matter-labs/anvil-zksync.
"""

import contextlib
import os
import pathlib
import re

import pytest
import requests
from eth_abi import encode
from eth_utils import keccak

import l1_contracts
from l1_program import L1Program
from node import Node, wait_until

STATES = os.environ.get("L1_STATES")
# The chain of the dumps, and the account that deployed them.
L2_CHAIN_ID = 260
L1_CHAIN_ID = 31_337


pytestmark = pytest.mark.skipif(not STATES, reason="L1_STATES is not set")
VERSIONS = pytest.mark.parametrize("version", ["v26", "v27", "v28", "v29"])


def start(directory: pathlib.Path, version: str) -> tuple[L1Program, str]:
    """An L1 with the dump, and the address of its bridgehub."""
    folder = pathlib.Path(STATES)
    addresses = (folder / "configs" / f"{version}-contracts.yaml").read_text()
    bridgehub = re.search(r"bridgehub_proxy_addr: (0x[0-9a-fA-F]{40})", addresses).group(1)
    program = L1Program(
        directory, "--chain-id", str(L1_CHAIN_ID), "--load-state",
        str(folder / "state" / f"{version}-l1-state-payload.txt"))
    return program, bridgehub


@VERSIONS
def test_the_contracts_of_the_reference(tmp_path, artifact, version):
    program, bridgehub = start(tmp_path, version)
    try:
        l1 = l1_contracts.L1(program.url, bridgehub, L2_CHAIN_ID, program.keys[0])
        l1_contracts.check_getters(l1)
        l1_contracts.check_price(l1)
        l1_contracts.check_deposit(l1)
        l1_contracts.check_errors(l1)
        l1_contracts.check_token_deposit(l1, artifact("Token"))
        l1_contracts.check_withdrawal(l1)
    finally:
        program.stop()


# What L1 must know as batch 0 of a chain that begins without accounts.
GENESIS = "0x23d94f3627a0cbc43568b1809eef2734e263688abc225857bd8669ff3aea84cb"


def slot_of_first_batch(l1: l1_contracts.L1) -> str:
    """Where the chain's contract keeps the hash of batch 0: in a mapping, whose place is found by trying."""
    known = l1.read(l1.chain, "storedBatchHash(uint256)", "bytes32", 0)
    for place in range(64):
        slot = "0x" + keccak(encode(["uint256", "uint256"], [0, place])).hex()
        if bytes.fromhex(l1.rpc("eth_getStorageAt", l1.chain, slot, "latest")[2:]) == known:
            return slot
    raise AssertionError("not found")


@VERSIONS
def test_deposits_reach_l2_and_the_operator_is_told_why_batches_stay(tmp_path, version):
    """The chain of the dump began with another state than ours, which the node refuses to serve. Once that is put right it
    takes deposits to us; batches of ours are in a form that this chain, one of another kind, does not read."""
    program, bridgehub = start(tmp_path, version)
    node = Node(
        tmp_path, RPC_CHAIN_ID=str(L2_CHAIN_ID), PROVER_API_FAKE_PROVERS="1", PROVER_API_FAKE_COMPUTE_TIME="0s",
        PROVER_API_FAKE_MIN_AGE="0s", L1_FORCED_DEPOSIT="false",
        L1_WATCHER_L1_API_URL=program.url, L1_WATCHER_CHAIN_ID=str(L2_CHAIN_ID), L1_WATCHER_BRIDGEHUB_ADDRESS=bridgehub,
        L1_SENDER_L1_API_URL=program.url, L1_SENDER_CHAIN_ID=str(L2_CHAIN_ID), L1_SENDER_BRIDGEHUB_ADDRESS=bridgehub)
    try:
        l1 = l1_contracts.L1(program.url, bridgehub, L2_CHAIN_ID, program.keys[0])
        receiver = "0x" + "ab" * 20
        mint = l1.base_cost(l1.gas_price(), 500_000) + 1234
        receipt = l1.send(l1.bridgehub, l1.direct(mint, receiver, 1234), mint)
        (_, hash, _), = l1.requests(receipt)
        node.launch()

        def receipt_of_deposit():
            with contextlib.suppress(requests.ConnectionError):
                return node.call("eth_getTransactionReceipt", "0x" + hash.hex())

        def complaint(part: str) -> str:
            with contextlib.suppress(requests.ConnectionError):
                return node.health()[1]["components"][part].get("details") or ""

        assert "those of another chain" in wait_until(lambda: complaint("l1_requests"), 60)
        program.call("anvil_setStorageAt", l1.chain, slot_of_first_batch(l1), GENESIS)
        found = wait_until(receipt_of_deposit, 60)
        assert found["status"] == "0x1"
        assert int(node.call("eth_getBalance", receiver, "latest"), 16) == 1234
        reason = wait_until(lambda: complaint("l1_sender"), 60)
        # The contracts of version 29 have another name for the timelock.
        assert ("names no timelock" if version == "v29" else "may not settle: it is no validator") in reason
    finally:
        node.close()
        program.stop()
