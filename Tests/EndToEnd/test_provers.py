"""The prover API of a running node: jobs appear, are refused or proved, and survive kill -9."""

import os
import pathlib

import pytest
import requests

from node import RICH, Node, Wallet, wait_until
from provers import statuses


def test_every_block_becomes_a_job(proving):
    node, url = proving()
    rich = Wallet(node, RICH)
    last = rich.transact(to=rich.address, value=1)
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
        rich.transact(to=rich.address, value=1)
    head = node.head()
    node.kill()
    node.start()
    wait_until(lambda: set(range(1, head + 1)) <= set(statuses(url)))


def test_fake_provers_prove_every_block(proving):
    _, url = proving(PROVER_API_FAKE_PROVERS="1")
    kinds = wait_until(lambda: requests.get(f"{url}/available", timeout=10).json(), timeout=30)
    assert "fake_fri" in str(kinds)
    assert statuses(url).get(1) != "Pending"


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"PROVER_INPUT_MODE": "both"}, "prover input mode both needs a guest image"),
        ({"PROVER_INPUT_MODE": "guest", "PROVER_INPUT_IMAGE": "/nowhere/app.bin"}, "cannot read /nowhere/app.bin"),
        ({"PROVER_INPUT_MODE": "magic"}, "one of native, guest, both"),
    ],
)
def test_a_mode_that_cannot_work_stops_the_start(proving, options, reason):
    with pytest.raises(RuntimeError, match=reason):
        proving(**options)


def test_a_taken_port_stops_the_start_and_is_named(proving):
    first, url = proving()
    port = url.split(":")[2].split("/")[0]
    other = Node(first.directory / "other", PROVER_API_COMPONENT_ENABLED="true", PROVER_API_ADDRESS=f"127.0.0.1:{port}")
    other.directory.mkdir()
    with pytest.raises(RuntimeError, match=f"cannot listen on 127.0.0.1:{port}"):
        other.start()


IMAGE = os.environ.get("ZKSYNC_OS_IMAGE_V0_0_5")


@pytest.mark.skipif(IMAGE is None, reason="ZKSYNC_OS_IMAGE_V0_0_5 is not set")
def test_the_guest_beside_the_node_agrees_on_every_block(proving):
    node, url = proving(PROVER_INPUT_MODE="both", PROVER_INPUT_IMAGE=str(pathlib.Path(IMAGE).absolute()))
    rich = Wallet(node, RICH)
    for _ in range(5):
        rich.transact(to=rich.address, value=1)
    head = node.head()
    wait_until(lambda: set(range(1, head + 1)) <= set(statuses(url)), timeout=60)
