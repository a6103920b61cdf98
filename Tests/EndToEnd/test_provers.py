"""The prover API of a running node: jobs appear, are refused or proved, and survive kill -9."""

import time

import pytest
import requests

from node import RICH, Wallet, free_port, wait_for_receipt


@pytest.fixture
def proving(own_node):
    """Starts a node whose blocks wait for provers; the node, and where provers find it."""

    def start(**options):
        port = free_port()
        node = own_node(
            PROVER_API_COMPONENT_ENABLED="true", PROVER_API_ADDRESS=f"127.0.0.1:{port}", **options
        )
        return node, f"http://127.0.0.1:{port}/prover-jobs"

    return start


def wait_until(condition, timeout=20):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise TimeoutError("the condition never came true")


def jobs(url):
    return requests.get(f"{url}/status", timeout=10).json()


def statuses(url):
    return {job["block_number"]: job["status"] for job in jobs(url)}


def test_every_block_becomes_a_job(proving):
    node, url = proving()
    rich = Wallet(node, RICH)
    last = wait_for_receipt(node, rich.send(to=rich.address, value=1))
    expected = set(range(1, int(last["blockNumber"], 16) + 1))
    wait_until(lambda: set(statuses(url)) == expected)
    assert set(statuses(url).values()) == {"Pending"}


def test_a_picked_job_carries_the_prover_input_and_is_not_given_twice(proving):
    _, url = proving()
    wait_until(lambda: 1 in statuses(url))
    job = requests.post(f"{url}/FRI/pick", timeout=10)
    assert job.status_code == 200
    assert job.json()["block_number"] == 1
    assert len(job.json()["prover_input"]) > 0
    assert requests.post(f"{url}/FRI/pick", timeout=10).status_code == 204
    assert statuses(url)[1] == "Assigned"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"block_number": 1, "proof": "!"}', b'{"block_number":1,"proof":"AAAA"}'])
def test_garbage_is_refused_and_the_job_stays(proving, body):
    node, url = proving()
    wait_until(lambda: 1 in statuses(url))
    answer = requests.post(
        f"{url}/FRI/submit", data=body, headers={"Content-Type": "application/json"}, timeout=10
    )
    assert 400 <= answer.status_code < 500
    assert 1 in statuses(url)
    assert node.call("eth_chainId") == "0x10e"


def test_jobs_survive_kill_9(proving):
    node, url = proving()
    rich = Wallet(node, RICH)
    for _ in range(5):
        wait_for_receipt(node, rich.send(to=rich.address, value=1))
    head = int(node.call("eth_blockNumber"), 16)
    node.kill()
    node.start()
    wait_until(lambda: set(range(1, head + 1)) <= set(statuses(url)))


def test_fake_provers_prove_every_block(proving):
    _, url = proving(PROVER_API_FAKE_PROVERS="1")
    kinds = wait_until(lambda: requests.get(f"{url}/available", timeout=10).json(), timeout=30)
    assert "fake_fri" in str(kinds)
    assert statuses(url).get(1) != "Pending"
