"""Every query of the dashboards has data, and every alert that a fault can cause here in seconds fires for it."""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import requests

from node import RICH, ROOT, Wallet, wait_until
from prometheus import ALERTS, Prometheus, queries

DASHBOARD = ROOT / "ops/grafana/dashboards/node.json"


@pytest.fixture
def prometheus(tmp_path):
    started = []

    def start(node):
        started.append(Prometheus(tmp_path / "prometheus", node))
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


def wait_firing(watching, *names: str) -> None:
    wait_until(lambda: set(names) <= watching.firing(), 40)


def test_a_node_whose_provers_are_gone_says_so(proving, prometheus):
    """Held back by settlement; a refused proof; then the node itself is gone."""
    node, jobs = proving(PROVER_API_MAX_UNPROVED_BLOCKS="1", SEQUENCER_BLOCK_TIME="10ms")
    watching = prometheus(node)
    wallet = Wallet(node, RICH)

    def is_held() -> bool:
        if node.health()[1]["components"]["sequencer"]["status"] != "ready":
            return True
        wallet.send(to=RICH.address)
        return False

    wait_until(is_held, 60)
    wallet.send(to=RICH.address)
    body = {"block_number": 1, "proof": base64.b64encode(b"no proof").decode()}

    def all_fire() -> bool:
        assert requests.post(f"{jobs}/FRI/submit", json=body, timeout=10).status_code == 400
        return {"HeldBack", "ProductionStopped", "ProofsRefused"} <= watching.firing()

    wait_until(all_fire, 40)
    node.kill()
    wait_firing(watching, "NodeDown")


def test_a_node_without_disk_or_l1_says_so(own_node, prometheus):
    node = own_node(
        SEQUENCER_MIN_FREE_DISK_BYTES=str(free_bytes() // 3), L1_WATCHER_L1_API_URL="http://127.0.0.1:9",
        L1_WATCHER_POLL_INTERVAL="50ms")
    watching = prometheus(node)
    wait_firing(watching, "DiskNearlyFull", "L1Unreachable")


def free_bytes() -> int:
    status = os.statvfs("/tmp")
    return status.f_bavail * status.f_frsize


def test_the_dashboard_is_what_its_list_says():
    subprocess.run([ROOT / "scripts/dashboard", "check"], check=True)
    assert json.loads(DASHBOARD.read_text())["uid"] == "zksync-os-node"
