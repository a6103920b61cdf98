"""Checkpoints of a node, made while it runs, and what comes of them."""

import json
import shutil
import subprocess
import threading

import requests

import rollup_in_process
from l1_contracts import deposit
from node import RICH, ROOT, Node, Wallet, everything, fund, wait_until
from rollup import tagged
from test_startup import complaint

ZKOS = ROOT / ".build/release/zkos"
PROVED = dict(
    PROVER_API_FAKE_PROVERS="1", PROVER_API_FAKE_COMPUTE_TIME="0s", PROVER_API_FAKE_MIN_AGE="0s",
    SEQUENCER_BLOCK_TIME="100ms",
)


def zkos(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([ZKOS, *map(str, arguments)], capture_output=True, text=True, timeout=120)


def checkpoint(node: Node, folder) -> dict:
    """Takes one; its manifest."""
    result = zkos("database", "checkpoint", "--node", f"http://127.0.0.1:{node.admin_port}", folder)
    assert result.returncode == 0, result.stdout + result.stderr
    assert str(folder) in result.stdout
    return json.loads((folder / "checkpoint.json").read_text())


def proofs(node: Node, last: int) -> list:
    """What the state tree says, as far as it keeps versions."""
    return [node.call("zks_getProof", RICH.address, ["0x" + "00" * 32], number) for number in range(last + 1)]


class Load:
    """Transfers of some accounts in a thread, until told to end."""

    def __init__(self, node: Node):
        self.wallets = [Wallet(node) for _ in range(4)]
        fund(node, self.wallets, 10**18)
        self.ends = threading.Event()
        self.sent = 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ends.is_set():
            for wallet in self.wallets:
                wallet.send(to=RICH.address, value=1)
            self.sent += 4
            # Less than the chain can take: a pool that is full is no matter of this test.
            self.ends.wait(0.01)

    def end(self):
        self.ends.set()
        self.thread.join()


def settled(node: Node, last: int) -> None:
    """Waits until tree and batches are that far: receipts name a batch from the moment on that it is made."""
    wait_until(lambda: node.metrics()["tree_lag_blocks"] == 0 and int(node.call("zks_L1BatchNumber"), 16) >= last)


def test_a_node_goes_on_from_a_checkpoint_taken_under_load(own_node, tmp_path):
    node = own_node(**PROVED)
    load = Load(node)
    wait_until(lambda: node.head() > 5)
    before = node.head()
    first = checkpoint(node, tmp_path / "first")
    between = node.head()
    second = checkpoint(node, tmp_path / "second")
    wait_until(lambda: node.head() > second["block"] + 2)
    load.end()
    assert before <= first["block"] <= between <= second["block"]
    metrics = node.metrics()
    assert metrics['checkpoints_total{outcome="made"}'] == 2 and metrics["checkpoint_block"] == second["block"]
    assert "checkpoint made" in node.log()
    last = second["block"]
    settled(node, last)
    expected, roots = everything(node, last), proofs(node, last)
    assert expected[-1][0]["hash"] == second["blockHash"]
    node.kill()
    # Files are shared with the database that goes on.
    assert any(file.stat().st_nlink > 1 for file in (tmp_path / "second/blocks").glob("*.sst"))

    # It can be looked at as it is, which changes nothing that the first start would notice.
    for name in ("first", "second"):
        checked = zkos("database", "verify", tmp_path / name)
        assert checked.returncode == 0 and "as written" in checked.stdout and "sound" in checked.stdout, checked
    restored = Node(tmp_path / "restored", **PROVED)
    restored.directory.mkdir()
    shutil.copytree(tmp_path / "second", restored.directory / "db")
    try:
        restored.start()
        assert "a checkpoint is restored" in restored.log()
        assert restored.head() >= last
        settled(restored, last)
        assert everything(restored, last) == expected
        assert proofs(restored, last) == roots
        sent = Wallet(restored, RICH).transact(to=RICH.address)["transactionHash"]
        settled(restored, restored.head())
        receipt = restored.call("eth_getTransactionReceipt", sent)
        assert restored.health()[0] == 200
        # It is a database like any other now.
        restored.kill()
        restored.start()
        settled(restored, restored.head())
        assert restored.call("eth_getTransactionReceipt", sent) == receipt
        assert restored.log().count("a checkpoint is restored") == 1
    finally:
        restored.close()
    # The other one starts where it lies, while the node that it came from goes on.
    node.start()
    twin = Node(tmp_path / "twin", **PROVED, SEQUENCER_ROCKS_DB_PATH=str(tmp_path / "first"))
    twin.directory.mkdir()
    try:
        twin.start()
        settled(twin, first["block"])
        assert everything(twin, first["block"]) == expected[:first["block"] + 1]
        Wallet(twin, RICH).transact(to=RICH.address)
    finally:
        twin.close()
    settled(node, last)
    assert node.call("eth_getBlockByNumber", hex(last), True) == expected[-1][0]


def test_a_checkpoint_that_is_not_whole_is_refused(own_node, tmp_path):
    node = own_node()
    Wallet(node, RICH).transact(to=RICH.address)
    folder = tmp_path / "checkpoint"
    manifest = checkpoint(node, folder)
    admin = f"http://127.0.0.1:{node.admin_port}/admin/checkpoint"
    # Neither into what there is, nor for a page in a browser, nor by a name that leads here.
    again = zkos("database", "checkpoint", "--node", f"http://127.0.0.1:{node.admin_port}", folder)
    assert again.returncode != 0 and "is there already" in again.stderr
    assert requests.post(admin, data='{"folder": "/tmp/x"}', headers={"Content-Type": "text/plain"}).status_code == 415
    assert requests.get(admin, headers={"Host": "evil.example"}).status_code == 403
    assert requests.post(admin, json={"folder": "here"}).status_code == 400
    assert requests.post(admin, json={"folder": str(tmp_path / "no/folder")}).status_code == 202
    failed = wait_until(lambda: (state := requests.get(admin).json())["state"] == "failed" and state)
    assert "there is no such folder" in failed["reason"]
    assert not list(tmp_path.glob("*.incomplete"))
    assert node.metrics()['checkpoints_total{outcome="failed"}'] == 2
    node.stop()

    def refused(change) -> str:
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        change(copy)
        text = complaint(copy).splitlines()[-1]
        checked = zkos("database", "verify", copy)
        assert checked.returncode == 1 and checked.stdout.strip() == text, (checked.stdout, text)
        shutil.rmtree(copy)
        return text

    file = max(manifest["files"], key=lambda file: file["bytes"])["path"]

    def flip(copy):
        content = bytearray((copy / file).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / file).write_bytes(content)

    def cut(copy):
        text = (copy / "checkpoint.json").read_bytes()
        (copy / "checkpoint.json").write_bytes(text[:-40])

    assert "is damaged at" in (text := refused(lambda copy: (copy / file).unlink())) and f"{file}: it is missing" in text
    assert f"{file}: it has 3 bytes, not" in refused(lambda copy: (copy / file).write_bytes(b"abc"))
    assert f"{file}: its SHA-256 is another" in refused(flip)
    assert "checkpoint.json: it is cut off" in refused(cut)
    assert "whose making was cut off" in refused(lambda copy: (copy / "checkpoint.incomplete").touch())

    # Of a node that does not run; what an earlier attempt left is in nobody's way.
    (tmp_path / "stopped.incomplete").mkdir()
    (tmp_path / "stopped.incomplete/checkpoint.incomplete").touch()
    made = zkos("database", "checkpoint", "--database", node.directory / "db", tmp_path / "stopped")
    assert made.returncode == 0, made.stderr
    assert json.loads((tmp_path / "stopped/checkpoint.json").read_text())["block"] == manifest["block"]
    assert zkos("database", "verify", tmp_path / "stopped").returncode == 0
    assert zkos("database", "verify", node.directory / "db").returncode == 0


def test_a_development_l1_comes_along(own_node, tmp_path):
    node, l1 = rollup_in_process.start(own_node)
    receiver = "0x" + "c0" * 20
    deposits = [deposit(l1, receiver, 10**15 + number)[1] for number in range(3)]
    for hash in deposits[:2]:
        wait_until(lambda: node.call("eth_getTransactionReceipt", hash))
    manifest = checkpoint(node, tmp_path / "checkpoint")
    last = manifest["block"]
    expected = everything(node, last)
    node.kill()
    shutil.rmtree(node.directory / "db")
    (tmp_path / "checkpoint").rename(node.directory / "db")
    node.start()
    assert everything(node, last) == expected
    # L1 has every deposit that is in a block, takes batches as before, and new deposits.
    hash = deposit(l1, receiver, 10**15)[1]
    receipt = wait_until(lambda: node.call("eth_getTransactionReceipt", hash))
    number = int(receipt["blockNumber"], 16)
    wait_until(lambda: tagged(node, "finalized") >= number, 60)
    assert node.health()[0] == 200, node.health()
    assert all(part["status"] == "ready" for part in node.health()[1]["components"].values()), node.health()
