"""To whom a node is open: its files, its ports, and what it warns of."""

import base64
import os
import stat
import subprocess

import pytest
import requests

from node import RICH, Wallet, free_port, wait_until
from provers import ZKOS, claim, public_input
from test_startup import complaint

TOKEN = "a token that nobody guesses"


def modes(folder) -> dict[str, int]:
    """The permission bits of everything below a folder."""
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def warnings(node) -> list[str]:
    return [line.split("node: ", 1)[1] for line in node.log().splitlines() if " WARNING " in line]


def test_files_belong_to_the_node_and_its_group(own_node):
    node = own_node(PROVER_API_FAKE_PROVERS="1")
    Wallet(node, RICH).transact(to=RICH.address)
    folder = node.directory / "db"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    for name, mode in modes(folder).items():
        assert mode == (0o750 if (folder / name).is_dir() else 0o640), f"{name}: {mode:o}"
    node.stop()
    # What an earlier version wrote for everybody is closed at the next start.
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    node.start()
    assert not {name: mode for name, mode in modes(folder).items() if mode & 0o027}


def test_a_key_that_everybody_knows_is_warned_of_where_everybody_can_use_it(own_node):
    node = own_node()
    assert not [text for text in warnings(node) if "known to everybody" in text]
    node.stop()
    node.options["RPC_ADDRESS"] = f"0.0.0.0:{node.port}"
    node.start()
    found = [text for text in warnings(node) if "known to everybody" in text]
    assert len(found) == 1 and RICH.address.lower() in found[0].lower() and "0.0.0.0" in found[0]


def test_an_l1_that_everybody_can_move_is_warned_of(own_node):
    node = own_node(DEVELOPMENT_L1_ENABLED="true", DEVELOPMENT_L1_ADDRESS=f"127.0.0.1:{free_port()}")
    assert not [text for text in warnings(node) if "development L1" in text]
    node.stop()
    address = f"0.0.0.0:{free_port()}"
    node.options["DEVELOPMENT_L1_ADDRESS"] = address
    node.start()
    assert [text for text in warnings(node) if text.startswith(f"the development L1 at {address} does what whoever")]


@pytest.mark.skipif(os.geteuid() != 0, reason="these tests do not run as root")
def test_root_is_warned(own_node):
    assert [text for text in warnings(own_node()) if text.startswith("the node runs as root")]


def test_a_prover_api_for_everybody_is_a_decision(tmp_path, own_node):
    address = f"0.0.0.0:{free_port()}"
    options = {"PROVER_API_COMPONENT_ENABLED": "true", "PROVER_API_ADDRESS": address}
    text = complaint(tmp_path / "other", **options)
    assert text.startswith(f"the prover API at {address} can be reached from other machines: set prover_api_token")
    assert complaint(tmp_path / "other", **options, PROVER_API_TOKEN="short") == (
        "prover_api_token has fewer than 16 characters")
    node = own_node(**options, PROVER_API_OPEN="true")
    assert [text for text in warnings(node) if "takes proofs from whoever reaches it" in text]


def test_provers_show_the_token(own_node):
    port = free_port()
    node = own_node(
        PROVER_API_COMPONENT_ENABLED="true", PROVER_API_ADDRESS=f"0.0.0.0:{port}", PROVER_API_TOKEN=TOKEN)
    url = f"http://127.0.0.1:{port}/prover-jobs"
    right = {"Authorization": f"Bearer {TOKEN}"}
    wait_until(lambda: requests.get(f"{url}/status", headers=right, timeout=10).json())
    for headers in [{}, {"Authorization": "Bearer wrong"}]:
        assert requests.get(f"{url}/status", headers=headers, timeout=10).status_code == 401
        assert requests.post(f"{url}/FRI/pick", headers=headers, timeout=10).status_code == 401
    assert requests.get(f"{url}/status", headers=right, timeout=10).json()[0]["status"] == "Pending"
    assert requests.post(f"{url}/FRI/pick", headers=right, timeout=10).status_code == 200
    assert TOKEN not in node.log()


def test_one_prover_does_not_hold_every_job(proving):
    node, url = proving(PROVER_API_MAX_JOBS_PER_PROVER="2")
    rich = Wallet(node, RICH)
    for _ in range(4):
        rich.transact(to=rich.address)
    wait_until(lambda: len(requests.get(f"{url}/status", timeout=10).json()) >= 5)
    picked = [requests.post(f"{url}/FRI/pick", params={"id": "greedy"}, timeout=10).status_code for _ in range(4)]
    assert picked == [200, 200, 204, 204]
    assert requests.post(f"{url}/FRI/pick", params={"id": "modest"}, timeout=10).status_code == 200
    assert node.metrics()["prover_jobs_refused_total"] == 2
    assert "greedy at 127.0.0.1 holds 2" in node.log()


def test_a_forged_proof_leaves_the_input_for_another(proving):
    node, url = proving()
    wait_until(lambda: requests.get(f"{url}/status", timeout=10).json())
    job = requests.post(f"{url}/FRI/pick", timeout=10).json()
    words = base64.b64decode(job["prover_input"])

    def submit() -> int:
        body = {"block_number": job["block_number"], "proof": base64.b64encode(claim(public_input(words))).decode()}
        return requests.post(f"{url}/FRI/submit", json=body, timeout=30).status_code

    assert submit() == 204
    assert submit() == 404
    node.stop()
    zkos = [str(ZKOS), "batch", "reopen", str(node.directory / "db" / "proofs"), str(job["block_number"])]
    reopened = subprocess.run(zkos, capture_output=True, text=True, timeout=60)
    assert reopened.returncode == 0, reopened.stderr
    assert reopened.stdout == f"batch {job['block_number']} waits for a proof again\n"
    assert subprocess.run(zkos, capture_output=True, text=True, timeout=60).returncode != 0
    node.start()
    again = wait_until(lambda: requests.post(f"{url}/FRI/pick", timeout=10).json())
    assert again == job
    assert submit() == 204
