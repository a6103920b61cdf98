"""A disk that fills up stops block production in time, and nothing else; with room again everything goes on."""

import os

import pytest
import requests

from node import RICH, Node, Wallet, wait_for_receipt, wait_until

MEGABYTE = 1 << 20
RESERVE = 64 * MEGABYTE


def fill(folder) -> None:
    """Leaves less than the reserve."""
    free = os.statvfs(folder)
    with open(folder / "filling", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - RESERVE // 2)


def disk(node) -> dict:
    return node.health()[1]["components"]["disk"]


def test_below_the_reserve_no_block_is_begun(small_disk):
    folder = small_disk(256)
    node = Node(folder, SEQUENCER_MIN_FREE_DISK_BYTES=str(RESERVE)).start()
    try:
        wallet = Wallet(node, RICH)
        wallet.transact(to=RICH.address)
        assert disk(node) == {"status": "ready"} and node.metrics()["disk_free_bytes"] > RESERVE
        fill(folder)
        details = wait_until(lambda: disk(node).get("details"))
        assert f"block production waits until {RESERVE} are" in details
        assert node.health()[0] == 503 and node.metrics()["disk_free_bytes"] < RESERVE
        head = node.head()
        sent = wallet.send(to=RICH.address)
        wait_until(lambda: "block production waits" in node.log() and "disk is behind" in node.log())
        assert node.head() == head and node.call("eth_getTransactionReceipt", sent) is None
        assert node.log().count("the disk is nearly full") == 1
        # Readers are served.
        assert int(node.call("eth_getBalance", RICH.address, "latest"), 16) > 0

        # A node that was stopped there does not start, and says why; nothing is damaged.
        assert node.stop() == 0
        with pytest.raises(RuntimeError, match=rf"and {RESERVE} must be \(sequencer_min_free_disk_bytes\)"):
            node.start()
        (folder / "filling").unlink()
        node.start()
        assert wait_for_receipt(node, sent)["status"] == "0x1"
        assert node.head() == head + 1
    finally:
        node.close()


def test_production_goes_on_once_there_is_room(small_disk):
    folder = small_disk(256)
    node = Node(folder, SEQUENCER_MIN_FREE_DISK_BYTES=str(RESERVE)).start()
    try:
        wallet = Wallet(node, RICH)
        fill(folder)
        wait_until(lambda: "the disk is nearly full" in node.log())
        sent = wallet.send(to=RICH.address)
        (folder / "filling").unlink()
        assert wait_for_receipt(node, sent)["status"] == "0x1"
        assert "there is room on the disk again" in node.log() and disk(node) == {"status": "ready"}
        assert requests.get(node.metrics_url + "/health", timeout=5).status_code == 200
    finally:
        node.close()
