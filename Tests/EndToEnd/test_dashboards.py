"""Every query of the dashboards has data, and every alert fires for its fault."""

import base64
import functools
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import time

import pytest
import requests

import rollup_in_process
from node import RICH, ROOT, Node, Wallet, free_port, wait_until
from prometheus import ALERTS, Prometheus, queries
from test_damage import flip, tables

DASHBOARD = ROOT / "ops/grafana/dashboards/node.json"


@pytest.fixture
def prometheus(tmp_path):
    started = []

    def start(*nodes):
        started.append(Prometheus(tmp_path / "prometheus", *nodes))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def nodes(tmp_path):
    """Starts several nodes of one test, each in a folder of its own: `nodes("name", OPTION="value")`."""
    started = []

    def start(name: str, **options: str) -> Node:
        directory = tmp_path / name
        directory.mkdir()
        started.append(Node(directory, **options).start())
        return started[-1]

    yield start
    for each in started:
        each.close()


def without_data(prometheus, dashboard: pathlib.Path) -> list[tuple[str, str]]:
    return [(title, query) for title, query in queries(dashboard) if not prometheus.query(query)]


def rollup_options() -> dict[str, str]:
    """A whole rollup in one process."""
    return {
        "NODE_PROFILE": "development", "DEVELOPMENT_L1_ENABLED": "true", "DEVELOPMENT_L1_ADDRESS": "127.0.0.1:0",
        "DEVELOPMENT_L1_STATE": "memory",
    }


def test_every_panel_has_data(own_node, prometheus):
    node = own_node(**rollup_options())
    watching = prometheus(node)
    wallet = Wallet(node, RICH)

    def is_complete() -> bool:
        wallet.transact(to=RICH.address)
        node.call("eth_estimateGas", {"to": RICH.address})
        node.request("eth_noSuchMethod")
        return not without_data(watching, DASHBOARD)

    try:
        wait_until(is_complete, 60)
    except TimeoutError:
        pytest.fail(f"without data: {without_data(watching, DASHBOARD)}")
    # With windows of seconds a transaction that waits while nothing has been scraped yet is a production that stands.
    wait_until(lambda: not watching.firing())


@pytest.mark.skipif("REFERENCE_DASHBOARD" not in os.environ, reason="REFERENCE_DASHBOARD is not set")
def test_the_dashboard_of_the_reference_runs_unchanged(own_node, prometheus):
    node = own_node(**rollup_options())
    watching = prometheus(node)
    wallet = Wallet(node, RICH)
    dashboard = pathlib.Path(os.environ["REFERENCE_DASHBOARD"])

    def is_complete() -> bool:
        wallet.transact(to=RICH.address)
        return not without_data(watching, dashboard)

    try:
        wait_until(is_complete, 60)
    except TimeoutError:
        pytest.fail(f"without data: {without_data(watching, dashboard)}")


def test_alerts_are_well_formed_and_have_their_paragraph():
    if shutil.which("promtool"):
        subprocess.run(["promtool", "check", "rules", ALERTS], check=True)
    names = re.findall(r"- alert: (\w+)", ALERTS.read_text())
    paragraphs = re.findall(r"^### (\w+)$", (ROOT / "docs/operating.md").read_text(), re.MULTILINE)
    assert sorted(names) == sorted(paragraphs)
    for name in names:
        assert f"runbook: docs/operating.md#{name.lower()}\n" in ALERTS.read_text()


# The faults. Each starts a node that has one, or several; where something has to be done again and again for the alerts to
# fire, it is what comes back beside the node.


def without_provers(start, _):
    """Nobody proves, so that production is held back while transactions wait; and a proof comes that is none."""
    port = free_port()
    node = start(
        PROVER_API_COMPONENT_ENABLED="true", PROVER_API_ADDRESS=f"127.0.0.1:{port}", PROVER_API_MAX_UNPROVED_BLOCKS="1",
        SEQUENCER_BLOCK_TIME="5ms")
    wallet = Wallet(node, RICH)

    def is_held() -> bool:
        if node.health()[1]["components"]["sequencer"]["status"] != "ready":
            return True
        wallet.send(to=RICH.address)
        return False

    wait_until(is_held, 60)
    wallet.send(to=RICH.address)
    body = {"block_number": 1, "proof": base64.b64encode(b"no proof").decode()}

    def submit() -> None:
        answer = requests.post(f"http://127.0.0.1:{port}/prover-jobs/FRI/submit", json=body, timeout=10)
        assert answer.status_code == 400

    return node, submit


def in_bad_surroundings(start, _):
    """Little room on the disk, no L1, a clock that has moved on, a file with a wrong bit, and clients that ask too much."""
    node = start(SEQUENCER_BLOCKS_TO_RETAIN_IN_MEMORY="0")
    # What the first run has written becomes files with the second one.
    for _ in range(2):
        node.stop()
        node.start()
    node.stop()
    last_block = time.time()
    node.options |= {
        "SEQUENCER_MIN_FREE_DISK_BYTES": str(free_bytes() // 3), "L1_WATCHER_L1_API_URL": "http://127.0.0.1:9",
        "L1_WATCHER_POLL_INTERVAL": "50ms", "SEQUENCER_MAX_CLOCK_GAP": "1s", "SEQUENCER_SCRUB_PERCENT": "50",
        "SEQUENCER_SCRUB_PAUSE": "100ms", "RPC_MAX_BYTES_PER_ADDRESS": "1000"}
    wait_until(lambda: time.time() > last_block + 2)
    # Files as small as these begin with what is stored, and end with what the start reads.
    flip(tables(node.directory / "db/state")[-1], at=16)
    node.start()

    def ask() -> None:
        for _ in range(20):
            node.request("eth_getBlockByNumber", "0x0", True)

    return node, ask


def with_another_guest(start, directory):
    """The guest program reads other words than the prover input has: no batch can be made."""
    image = directory / "jump.bin"
    image.write_bytes(struct.pack("<I", 0x0000006F))  # a jump to itself
    return start(PROVER_API_FAKE_PROVERS="1", PROVER_INPUT_MODE="both", PROVER_INPUT_IMAGE=str(image)), None


def with_an_l1_gone_wrong(start, _):
    """The operator has nothing left to pay with, and L1 has a request that can be in no block."""
    node, l1 = rollup_in_process.start(start)
    code = l1.rpc("eth_getCode", l1.chain, "latest")
    assert "618008" in code
    l1.rpc("anvil_setCode", l1.chain, code.replace("618008", "618009"))
    mint = l1.base_cost(l1.gas_price(), 500_000)
    message = bytes.fromhex("62f84b24") + (32).to_bytes(32) + bytes(32)
    l1.send(l1.bridgehub, l1.direct(mint, "0x" + "8008".rjust(40, "0"), value=0, data=message, gas=500_000), mint)
    name = r'l1_sender_balance\{account="(0x\w{40})"'
    for account in wait_until(lambda: re.findall(name, " ".join(node.metrics()))):
        l1.rpc("anvil_setBalance", account, hex(10**17))
    return node, None


FAULTS = {
    without_provers: {"HeldBack", "ProductionStopped", "ProofsRefused", "NobodyProves", "Lagging"},
    in_bad_surroundings: {"DiskNearlyFull", "L1Unreachable", "ClockRefused", "StoreDamaged", "ClientsRefused"},
    with_another_guest: {"SettlementHalted"},
    with_an_l1_gone_wrong: {"OperatorBalanceLow", "L1RequestsHalted"},
}
# After all others, as the node is killed for it.
KILLED = "NodeDown"
# In `test_archive.py`, where an archive is made to fail.
ELSEWHERE = ["ArchiveBehind"]
NOT_CAUSED = {
    "WritesStalled": "RocksDB stops writers once hundreds of megabytes wait to be merged, more than a test can write here",
}


def test_each_alert_has_its_fault_or_a_reason():
    caused = [name for names in FAULTS.values() for name in names] + [KILLED] + ELSEWHERE
    assert sorted(caused + list(NOT_CAUSED)) == sorted(re.findall(r"- alert: (\w+)", ALERTS.read_text()))


def test_each_alert_fires_for_its_fault(nodes, tmp_path, prometheus):
    faulty = []
    for fault, names in FAULTS.items():
        node, again = fault(functools.partial(nodes, fault.__name__), tmp_path)
        faulty.append((node, again, names))
    watching = prometheus(*(node for node, _, _ in faulty))

    def missing() -> list[str]:
        for _, again, _ in faulty:
            if again:
                again()
        return [name for node, _, names in faulty for name in names - watching.firing(node)]

    try:
        wait_until(lambda: not missing(), 60)
    except TimeoutError:
        pytest.fail(f"do not fire: {missing()}")
    down = faulty[0][0]
    down.kill()
    wait_until(lambda: KILLED in watching.firing(down), 40)


def free_bytes() -> int:
    status = os.statvfs("/tmp")
    return status.f_bavail * status.f_frsize


def test_the_dashboard_is_what_its_list_says():
    subprocess.run([ROOT / "scripts/dashboard", "check"], check=True)
    assert json.loads(DASHBOARD.read_text())["uid"] == "zksync-os-node"
