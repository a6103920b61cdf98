"""A block that no prover can prove: the chain goes on, and the node says which block it is and why."""

import struct

import pytest

from node import RICH, Wallet, wait_until

# Guests that cannot prove anything: one that never ends, and one whose first instruction is none.
ENDLESS = struct.pack("<II", 0x0010_8093, 0xFFDF_F06F)
SENSELESS = struct.pack("<I", 0)


@pytest.mark.parametrize("guest, reason", [(ENDLESS, "cycle"), (SENSELESS, "")])
def test_a_block_that_cannot_be_proved_stops_nothing_and_is_named(proving, tmp_path, guest, reason):
    image = tmp_path / "guest.bin"
    image.write_bytes(guest)
    node, url = proving(PROVER_INPUT_MODE="guest", PROVER_INPUT_IMAGE=str(image), SEQUENCER_BLOCK_TIME="5ms")
    halted = wait_until(lambda: node.metrics()["settlement_halted_block"], 120)
    assert halted == 1
    rich = Wallet(node, RICH)
    # Block production waits for settlement after a hundred blocks, unless settlement has said that it will not come.
    for _ in range(130):
        rich.transact(to=rich.address)
    head = node.head()
    assert head > 120
    wait_until(lambda: node.metrics()['block_number{stage="tree_manager"}'] >= head)
    status, report = node.health()
    assert status == 200
    settlement = report["components"]["settlement"]
    assert settlement["status"] == "degraded"
    details = settlement["details"]
    assert details.startswith("no batch is made from block 1 on, all else goes on: no prover input for block 1: ")
    assert reason in details, details
    assert "no further batch is made" in node.log()
    # The state of the newest block can be proven, and a restart goes the same way.
    assert node.call("zks_getProof", rich.address, [], head)
    node.stop()
    node.start()
    rich.transact(to=rich.address)
    wait_until(lambda: node.health()[1]["components"]["settlement"]["status"] == "degraded", 120)
