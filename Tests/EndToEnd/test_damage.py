"""Files of every store are damaged or gone: the node says which, where and what to do, and makes again what it can."""

import shutil
import subprocess
import time

import pytest
import requests

import rollup_in_process
from l1_contracts import deposit
from node import BINARY, RICH, ROOT, Node, Wallet, fund, wait_until
from rollup import tagged
from test_startup import environment_of, complaint

ZKOS = ROOT / ".build/release/zkos"


def verify(folder) -> subprocess.CompletedProcess:
    return subprocess.run([ZKOS, "database", "verify", str(folder)], capture_output=True, text=True, timeout=120)


def flip(file, every: int | None = None, at: int | None = None) -> None:
    """Flips one bit of a file, in the middle if nothing else is said, or one in each so many bytes."""
    content = bytearray(file.read_bytes())
    place = len(content) // 2 if at is None else at
    for position in [place] if every is None else range(0, len(content), every):
        content[position] ^= 0x10
    # In place: a node that has the file open reads what is there now.
    with open(file, "r+b") as target:
        target.write(content)


def tables(folder) -> list:
    files = sorted(folder.glob("*.sst"), key=lambda file: file.stat().st_size)
    assert files, f"no sorted file in {folder}"
    return files


@pytest.fixture
def old_chain(own_node):
    """A stopped node whose stores have sorted files; the node and the receipts that it gave."""
    node = own_node(SEQUENCER_BLOCKS_TO_RETAIN_IN_MEMORY="0")
    wallets = [Wallet(node) for _ in range(3)]
    fund(node, wallets, 10**18)
    receipts = [Wallet(node, RICH).transact(to=RICH.address) for _ in range(3)]
    for _ in range(2):
        node.stop()
        node.start()
    node.stop()
    return node, receipts


def expect_whole(node: Node, receipts: list) -> None:
    for receipt in receipts:
        assert node.call("eth_getTransactionReceipt", receipt["transactionHash"]) == receipt
    Wallet(node, RICH).transact(to=RICH.address)


def test_a_sound_database_is_called_sound(old_chain):
    node, receipts = old_chain
    result = verify(node.directory / "db")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "sound" in result.stdout and "executed again" in result.stdout
    node.start()
    busy = verify(node.directory / "db")
    assert busy.returncode != 0 and "another process uses the state tree" in busy.stderr
    expect_whole(node, receipts)


@pytest.mark.parametrize("store, name", [("state", "state store"), ("blocks", "block store"), ("tree", "state tree")])
@pytest.mark.parametrize("kind", ["missing", "unreadable", "one bit"])
def test_a_derived_store_is_made_again_when_the_operator_agrees(old_chain, store, name, kind):
    node, receipts = old_chain
    folder = node.directory / "db"
    if kind == "missing":
        shutil.rmtree(folder / store)
    elif kind == "unreadable":
        for file in [folder / "tree" / "superblock"] if store == "tree" else tables(folder / store):
            flip(file, every=7)
    elif store == "tree":
        # The value of the fourth leaf; the file ends in places for leaves that do not exist yet.
        flip(folder / "tree" / "leaves", at=72 * 3 + 40)
    else:
        flip(tables(folder / store)[-1])

    checked = verify(folder)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert f"the {name} is damaged" in checked.stdout and str(folder / store) in checked.stdout

    # One flipped bit may be where the start does not look.
    if kind != "one bit":
        text = complaint(folder)
        assert text.startswith(f"the {name} is damaged"), text
        assert f"({folder}/{store})" in text
        assert "start with --repair, which moves it aside and makes it again from the replay log" in text

    node.options["SEQUENCER_REPAIR"] = "true"
    node.start()
    expect_whole(node, receipts)
    if kind != "missing":
        assert (folder / f"{store}.damaged-1").is_dir()
        assert "a damaged store is made again" in node.log()
    assert node.health()[0] == 200
    wait_until(lambda: node.metrics()["tree_lag_blocks"] == 0)
    node.stop()
    sound = verify(folder)
    assert sound.returncode == 0, sound.stdout + sound.stderr


def test_repair_on_the_command_line_and_nothing_to_repair(old_chain):
    node, _ = old_chain
    folder = node.directory / "db"
    shutil.rmtree(folder / "blocks")
    assert "is not there, and the log has" in complaint(folder)
    log_path = node.directory / "repair.log"
    with open(log_path, "wb") as log:
        process = subprocess.Popen([str(BINARY), "--repair"], env=environment_of(folder), stdout=log, stderr=log)
    wait_until(lambda: "serving" in log_path.read_text(), 30)
    # It listens to signals a moment after it says that it serves.
    time.sleep(0.5)
    process.terminate()
    assert process.wait(20) == 0
    assert verify(folder).returncode == 0
    node.options["SEQUENCER_REPAIR"] = "true"
    node.start()
    assert "no damage found" in node.log()
    assert not list(folder.glob("*.damaged-*"))


def test_what_was_sent_to_l1_and_read_from_it_is_named_and_can_be_removed(own_node):
    node, l1 = rollup_in_process.start(own_node)
    receiver = "0x" + "c0" * 20
    hash = deposit(l1, receiver, 10**15)[1]
    number = int(wait_until(lambda: node.call("eth_getTransactionReceipt", hash))["blockNumber"], 16)
    wait_until(lambda: tagged(node, "finalized") >= number, 60)
    node.stop()
    folder = node.directory / "db"
    for store in ("l1_sender", "l1_watcher"):
        (folder / store / "CURRENT").write_text("MANIFEST")
    text = complaint(folder, **node.options).splitlines()[-1]
    assert f"the store of what was sent to L1 is damaged ({folder}/l1_sender): " in text and "or remove it: " in text
    shutil.rmtree(folder / "l1_sender")
    node.start()
    wait_until(lambda: f"the queue of requests in {folder}/l1_watcher cannot be used" in node.log())
    assert "stop the node and remove the folder: it is read from L1 again" in node.log()
    node.stop()
    shutil.rmtree(folder / "l1_watcher")
    node.start()
    hash = deposit(l1, receiver, 10**15)[1]
    assert wait_until(lambda: node.call("eth_getTransactionReceipt", hash))["status"] == "0x1"


def test_a_damaged_replay_log_is_named_and_left_alone(old_chain):
    node, _ = old_chain
    folder = node.directory / "db"
    for file in tables(folder / "replay_log"):
        flip(file, every=7)
    checked = verify(folder)
    assert checked.returncode == 1
    assert "restore the folder from a backup" in checked.stdout
    for options in [{}, {"SEQUENCER_REPAIR": "true"}]:
        text = complaint(folder, **options).splitlines()[-1]
        assert "the replay log is damaged" in text and f"({folder}/replay_log)" in text
        assert "restore the folder from a backup, as nothing else can make it again" in text
    assert not list(folder.glob("*.damaged-*"))


@pytest.mark.parametrize("store, name", [("replay_log", "replay log"), ("state", "state store"), ("blocks", "block store")])
def test_a_running_node_finds_damage_that_nobody_has_met(old_chain, store, name):
    node, _ = old_chain
    folder = node.directory / "db" / store
    flip(tables(folder)[-1])
    node.options |= {"SEQUENCER_SCRUB_PERCENT": "50", "SEQUENCER_SCRUB_PAUSE": "100ms"}
    try:
        node.start()
    except RuntimeError:
        # Where the bit is in what the start reads, the node has said so already.
        assert f"the {name} is damaged" in node.log()
        return
    status, report = wait_until(lambda: (health := node.health())[0] == 503 and health, 30)
    details = report["components"]["scrub"]["details"]
    assert details.startswith(f"the {name} is damaged") and f"({folder})" in details
    assert "--repair" in details or "from a backup" in details
    assert node.metrics()[f'scrub_damage{{store="{store}"}}'] == 1
    assert "damage found" in node.log()
    # It goes on to serve what it can.
    assert requests.get(f"{node.metrics_url}/status", timeout=10).json()["status"] == "not_ready"
    assert node.head() >= 1


def test_a_sound_node_scrubs_and_stays_ready_under_load(own_node):
    node = own_node(
        SEQUENCER_SCRUB_PERCENT="50", SEQUENCER_SCRUB_PAUSE="10ms", SEQUENCER_BLOCKS_TO_RETAIN_IN_MEMORY="0",
        SEQUENCER_BLOCK_TIME="10ms")
    rich = Wallet(node, RICH)
    for _ in range(100):
        rich.transact(to=RICH.address)
    wait_until(lambda: node.metrics()["scrub_passes_total"] >= 5 and node.metrics()["scrub_blocks_total"] > 100, 60)
    assert node.health()[0] == 200, node.health()
    assert "damage" not in node.log()
