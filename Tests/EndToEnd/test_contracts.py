"""The committed artifacts of `contracts/` are what its sources give, and the one for L2 does what it says."""

import json
import subprocess
import sys

from eth_abi import decode
from eth_utils import keccak, to_checksum_address
from l1_contracts import MESSENGER, withdrawal_message
from node import ROOT


def test_artifacts_are_what_the_sources_give():
    check = subprocess.run(
        [sys.executable, str(ROOT / "contracts" / "build"), "--check"], capture_output=True, text=True, timeout=300)
    assert check.returncode == 0, check.stdout + check.stderr


def test_the_withdrawal_helper_keeps_what_it_announces(node, rich):
    """On L2: the ether stays with the helper, and the message to L1 has the form that L1 pays out."""
    artifact = json.loads((ROOT / "contracts" / "artifacts" / "WithdrawalHelper.json").read_text())
    bridge, receiver = to_checksum_address("0x" + "11" * 20), to_checksum_address("0x" + "22" * 20)
    helper = rich.deploy(artifact, bridge)
    assert helper.functions.l1SharedBridge().call() == bridge
    receipt = rich.transact(
        to=helper.address, value=12_345, gas=300_000,
        data=helper.functions.withdraw(receiver).build_transaction({"gas": 1, "gasPrice": 1})["data"])
    assert node.web3.eth.get_balance(helper.address) == 12_345
    log, = receipt["logs"]
    message = withdrawal_message(receiver, 12_345)
    # L1MessageSent(address indexed sender, bytes32 indexed hash, bytes message) of the messenger.
    assert log["address"] == MESSENGER and log["topics"][0] == "0x" + keccak(
        text="L1MessageSent(address,bytes32,bytes)").hex()
    assert int(log["topics"][1], 16) == int(helper.address, 16)
    assert log["topics"][2] == "0x" + keccak(message).hex()
    assert decode(["bytes"], bytes.fromhex(log["data"][2:])) == (message,)
