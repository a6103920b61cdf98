"""A chain outlives its node in the archive: written while the node runs and is killed, checked, and restored from."""

import itertools
import os
import re
import shutil
import subprocess
import threading

import pytest

from node import RICH, ROOT, Node, RpcError, Wallet, everything, wait_for_receipt, wait_until
from prometheus import Prometheus

ZKOS = ROOT / ".build/release/zkos"
OPTIONS = {"ARCHIVE_SEGMENT_BLOCKS": "16", "ARCHIVE_MAX_AGE": "300ms", "SEQUENCER_BLOCK_TIME": "10ms"}


def zkos(*arguments) -> str:
    """What the tool prints; it succeeds."""
    result = subprocess.run([ZKOS, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout


def refused(*arguments) -> str:
    """The one line of an error."""
    result = subprocess.run([ZKOS, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert result.returncode == 1 and result.stdout == "", result
    return result.stderr.strip()


def segments(folder) -> list:
    return sorted(folder.glob("*.zrl"))


def archived(node) -> int:
    return int(node.metrics().get("archive_last_block", 0))


class Load:
    """Transfers, one after the other, until the node is gone."""

    def __init__(self, node):
        self.wallet = Wallet(node, RICH)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        try:
            for count in itertools.count():
                sent = self.wallet.send(to=RICH.address, value=count)
                if count % 5 == 0:
                    wait_for_receipt(self.wallet.node, sent)
        except (OSError, RpcError, TimeoutError):
            pass


def test_a_chain_is_restored_from_what_its_node_archived_between_kills(own_node, tmp_path, artifact):
    archive = tmp_path / "archive"
    archive.mkdir()
    node = own_node(ARCHIVE_PATH=str(archive), **OPTIONS)
    token = Wallet(node, RICH).deploy(artifact("Token"), "Test Token", "TTK", 10**24)
    for _ in range(2):
        load = Load(node)
        before = archived(node)
        wait_until(lambda: archived(node) >= before + 12)
        node.kill()
        load.thread.join()
        # It goes on where the archive ends: nothing twice, nothing left out.
        assert "blocks 1-" in zkos("archive", "verify", archive)
        node.start()
    wait_until(lambda: archived(node) == node.head())
    status, health = node.health()
    assert status == 200 and health["components"]["archive"] == {"status": "ready"}
    head = node.head()
    seen = everything(node, head)
    supply = token.functions.totalSupply().call()
    last = node.call("eth_getBlockByNumber", hex(head), False)["hash"]
    assert node.stop() == 0
    digest = re.findall(r"digest=(0x\w+)", node.log())[-1]

    printed = zkos("archive", "verify", archive, "--anchor", f"{head}:{last}", "--digest", digest)
    assert printed.startswith("chain 270 with genesis 0x") and f"last block {head}:{last}" in printed
    # The same archive once more, from the databases, in other segments.
    exported = tmp_path / "exported"
    printed = zkos("archive", "export", "--database", node.directory / "db", exported, "--segment-blocks", "50")
    count = -(-head // 50)
    assert printed.startswith(f"blocks 1-{head} exported: {count} segment{'s' if count > 1 else ''}, ")
    assert zkos("archive", "export", "--database", node.directory / "db", exported).startswith("nothing to export")
    copy = tmp_path / "copy"
    assert f"ends with block {head}:{last}" in zkos("archive", "fetch", archive, copy)
    assert [each.name for each in segments(copy)] == [each.name for each in segments(archive)]

    for number, source in enumerate([copy, exported]):
        new = tmp_path / f"new-{number}"
        new.mkdir()
        restored = Node(new)
        zkos("archive", "restore", "--anchor", f"{head}:{last}", "--archive", source, new / "db")
        try:
            restored.start()
            assert everything(restored, head) == seen
            contract = restored.web3.eth.contract(address=token.address, abi=token.abi)
            assert contract.functions.totalSupply().call() == supply
            # It is a node like any other: it makes blocks, and starts again.
            Wallet(restored, RICH).transact(to=RICH.address)
            assert restored.stop() == 0
            if number == 0:
                restored.start()
                assert restored.head() == head + 1
                assert restored.stop() == 0
        finally:
            restored.close()
        assert "sound" in zkos("database", "verify", new / "db", "--execute-every", "0")

    # What does not fit is refused, and nothing is left behind.
    text = refused("archive", "restore", "--anchor", f"{head}:{'0x' + '5a' * 32}", "--archive", copy, tmp_path / "none")
    assert text == f"Error: block {head} of the archive is {last}, and not {'0x' + '5a' * 32}"
    assert not (tmp_path / "none").exists()
    text = refused("archive", "restore", "--anchor", f"{head}:{last}", "--archive", copy, node.directory / "db")
    assert text.endswith("is not empty: a chain is restored into a folder of its own")
    files = segments(copy)
    content = bytearray(files[1].read_bytes())
    content[len(content) // 2] ^= 1
    files[1].write_bytes(content)
    assert refused("archive", "verify", copy).startswith(f"Error: {files[1].name} is damaged at byte ")
    files[1].unlink()
    assert refused("archive", "verify", copy) == f"Error: a segment is missing between {files[0].name} and {files[2].name}"


def test_two_nodes_and_two_chains_do_not_share_an_archive(own_node, tmp_path):
    archive = tmp_path / "archive"
    archive.mkdir()
    node = own_node(ARCHIVE_PATH=str(archive), **OPTIONS)
    Wallet(node, RICH).transact(to=RICH.address)
    wait_until(lambda: archived(node) == node.head())

    def details(other) -> str:
        return other.health()[1]["components"]["archive"].get("details", "")

    def other(name: str, **options) -> Node:
        (tmp_path / name).mkdir()
        return Node(tmp_path / name, ARCHIVE_PATH=str(archive), **OPTIONS, **options)

    second = other("second")
    foreign = other("foreign", RPC_CHAIN_ID="271")
    try:
        second.start()
        wait_until(lambda: details(second) == f"another process writes to the archive {archive}")
        # Blocks are made and served all the same; others than the first has, however soon both were started.
        Wallet(second, RICH).transact(to=RICH.address, value=1)
        assert second.health()[0] == 200
        before = {each.name: each.read_bytes() for each in segments(archive)}
        assert node.stop() == 0
        # Free now, and of another life of the same chain.
        wait_until(lambda: details(second).startswith("the archive has 0x"))
        foreign.launch()
        wait_until(lambda: "the archive is of chain 270 with genesis" in foreign.log())
        assert {each.name: each.read_bytes() for each in segments(archive)} == before
    finally:
        second.close()
        foreign.close()


def test_a_full_archive_holds_nobody_up(own_node, tmp_path, small_disk):
    """Also the alert of an archive that is behind."""
    disk = small_disk(1)
    archive = disk / "archive"
    archive.mkdir()
    node = own_node(ARCHIVE_PATH=str(archive), **OPTIONS)
    wallet = Wallet(node, RICH)
    wallet.transact(to=RICH.address)
    wait_until(lambda: archived(node) == node.head())
    before = archived(node)
    with open(disk / "filling", "wb") as file:
        free = os.statvfs(disk)
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)
    wallet.transact(to=RICH.address)

    def failure() -> str:
        return node.health()[1]["components"]["archive"].get("details", "")

    wait_until(lambda: "No space left on device" in failure())
    assert node.health()[0] == 200
    wallet.transact(to=RICH.address)
    assert archived(node) == before and node.metrics()["archive_errors_total"] > 0
    if shutil.which("prometheus"):
        watching = Prometheus(tmp_path / "prometheus", node)
        try:
            wait_until(lambda: "ArchiveBehind" in watching.firing(), 40)
        finally:
            watching.close()
    # No half of a segment is left, and with room it goes on by itself.
    assert not list(archive.glob(".part-*"))
    (disk / "filling").unlink()
    wait_until(lambda: archived(node) == node.head() and failure() == "", 60)
    assert f"blocks 1-{node.head()}" in zkos("archive", "verify", archive)
