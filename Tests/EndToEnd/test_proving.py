"""Whole lives of proof jobs: provers of every character, a node that dies, provers that do not come."""

import base64
import struct
import time

import pytest
import requests

from node import RICH, Wallet, wait_for_receipt, wait_until
from provers import (
    IMAGE,
    DoubleProver,
    DyingProver,
    Ledger,
    LyingProver,
    Prover,
    SlowProver,
    available,
    claim,
    jobs,
    load,
    public_input,
    statuses,
    stop,
)

JOB_TIMEOUT = 3


def finish(process) -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(None, id="without the guest"),
        pytest.param(
            IMAGE,
            id="running the guest",
            marks=pytest.mark.skipif(IMAGE is None, reason="ZKSYNC_OS_IMAGE_V0_0_5 is not set"),
        ),
    ],
)
def test_every_block_ends_with_exactly_one_proof(proving, image):
    node, url = proving(PROVER_API_JOB_TIMEOUT=f"{JOB_TIMEOUT}s")
    ledger = Ledger(image)
    provers = [
        Prover(url, ledger, "steady one"),
        Prover(url, ledger, "steady two"),
        SlowProver(url, ledger, "slow", timeout=JOB_TIMEOUT),
        DyingProver(url, ledger, "dying"),
        LyingProver(url, ledger, "lying"),
        DoubleProver(url, ledger, "double"),
    ]
    for prover in provers:
        prover.start()
    try:
        finish(load(node.url, 4))
        interrupted = load(node.url, 10)
        time.sleep(3)
        proved_before = set(ledger.accepted)
        node.kill()
        node.start()
        interrupted.kill()
        interrupted.communicate()
        finish(load(node.url, 4))

        head = node.head()
        assert head > 20
        wait_until(lambda: ledger.faults or jobs(url) == [] and len(available(url)) == head, timeout=240)
        assert node.head() == head
    finally:
        stop(provers)

    assert ledger.faults == []
    assert available(url) == {number: ["fri_unverified"] for number in range(1, head + 1)}
    assert requests.post(f"{url}/FRI/pick", timeout=10).status_code == 204
    for number in range(1, head + 1):
        accepted = ledger.accepted[number]
        kept = base64.b64decode(requests.get(f"{url}/FRI/{number}", timeout=10).json()["proof"])
        if accepted:
            assert len(accepted) == 1 and accepted[0][1] == kept, f"block {number}"
        else:
            # The node was killed between keeping the proof and saying so.
            assert kept in ledger.unanswered[number], f"block {number}"
    # The life was as hard as it was meant to be.
    assert any(len(names) > 1 for names in ledger.picks.values()), "no job was given to a second prover"
    assert any("dying" in names for names in ledger.picks.values())
    assert ledger.answers["lying", 204] == 0 and ledger.answers["lying", 400] > 0
    assert ledger.answers["double", 404] > 0 and ledger.answers["double", 204] > 0
    assert ledger.answers["slow", 204] + ledger.answers["slow", 404] > 0
    assert proved_before and proved_before < set(range(1, head + 1))
    # A name of the prover's choice is a label, decoded.
    assert 'prover_prove_time_seconds_count{prover="steady one"}' in node.metrics()


def test_without_provers_the_chain_stops_and_with_them_it_goes_on(proving):
    limit = 3
    node, url = proving(PROVER_API_MAX_UNPROVED_BLOCKS=str(limit), SEQUENCER_BLOCK_TIME="5ms")
    rich = Wallet(node, RICH)
    sent = []

    # One transaction at a time, so that every block has one, until none comes any more.
    last, since = node.head(), time.monotonic()
    while time.monotonic() - since < 4:
        if len(sent) < last + 200:
            sent.append(rich.send(to=rich.address, value=1))
        time.sleep(0.02)
        if node.head() != last:
            last, since = node.head(), time.monotonic()
    stopped_at = last
    # Unproved jobs, and the backlog behind them.
    assert stopped_at == limit + 100
    assert sorted(statuses(url)) == list(range(1, limit + 1))
    assert "block production waits for settlement" in node.log()

    # Everything but blocks is as before.
    assert node.call("eth_chainId") == "0x10e"
    assert int(node.call("eth_getBalance", RICH.address, "latest"), 16) > 0
    assert node.call("eth_call", {"to": RICH.address, "data": "0x"}, "latest") == "0x"
    assert int(node.call("eth_estimateGas", {"from": RICH.address, "to": RICH.address}), 16) > 0
    sent.append(rich.send(to=rich.address, value=1))
    time.sleep(1)
    assert node.head() == stopped_at
    assert node.call("eth_getTransactionReceipt", sent[-1]) is None

    # One proof makes room for one block, if anybody waits for it.
    job = requests.post(f"{url}/FRI/pick", timeout=10).json()
    assert job["block_number"] == 1
    proof = base64.b64encode(claim(public_input(base64.b64decode(job["prover_input"])))).decode()
    answer = requests.post(f"{url}/FRI/submit", json={"block_number": 1, "proof": proof}, timeout=10)
    assert answer.status_code == 204, answer.text
    wait_until(lambda: node.head() > stopped_at)
    wait_until(lambda: sorted(statuses(url)) == list(range(2, limit + 2)))

    ledger = Ledger()
    provers = [Prover(url, ledger, "late"), Prover(url, ledger, "later")]
    for prover in provers:
        prover.start()
    try:
        for transaction_hash in sent:
            assert wait_for_receipt(node, transaction_hash, timeout=120)["status"] == "0x1"
    finally:
        stop(provers)
    assert ledger.faults == []
    assert "block production goes on" in node.log()


def test_a_node_that_waits_for_provers_stops_cleanly_and_waits_again(proving):
    node, url = proving(PROVER_API_MAX_UNPROVED_BLOCKS="1", SEQUENCER_BLOCK_TIME="5ms")
    rich = Wallet(node, RICH)
    for _ in range(180):
        rich.send(to=rich.address, value=1)
        time.sleep(0.01)
    wait_until(lambda: "block production waits for settlement" in node.log())
    head = node.head()
    assert head == 101
    status, report = node.health()
    assert status == 200 and report["components"]["sequencer"]["status"] == "degraded"
    # Nothing is to be restarted, and yet nobody should be sent here: the stages say whom all of them wait for.
    ready = requests.get(f"{node.metrics_url}/status/ready", timeout=10)
    while ready.status_code == 200:
        time.sleep(0.05)
        ready = requests.get(f"{node.metrics_url}/status/ready", timeout=10)
    assert ready.json()["status"] == "not_ready" and ready.json()["state"] == "running"
    stages = {each["name"]: each for each in requests.get(f"{node.metrics_url}/status/pipeline", timeout=10).json()["stages"]}
    waits = {name: stages[name]["waiting_for"] for name in ("production", "batches", "proofs")}
    assert waits == {"production": "settlement", "batches": "provers", "proofs": "a prover that takes a job"}
    assert stages["production"]["position"] == head and stages["batches"]["lag"] == head - stages["batches"]["position"]
    assert [reason.split(" since ")[0] for reason in ready.json()["reasons"]][0] == "production waits for settlement"
    assert node.stop() == 0
    # A restart adds not one block beyond the bound.
    node.start()
    wait_until(lambda: sorted(statuses(url)) == [1])
    assert node.call("eth_chainId") == "0x10e"
    Wallet(node, RICH).send(to=rich.address, value=1)
    wait_until(lambda: node.health()[1]["components"]["sequencer"]["status"] == "degraded")
    assert node.head() == head


def test_a_guest_that_reads_other_words_stops_the_batches_and_not_the_chain(proving, tmp_path):
    image = tmp_path / "halt.bin"
    image.write_bytes(struct.pack("<I", 0x0000006F))  # a jump to itself: ends well, and has read nothing
    node, url = proving(PROVER_INPUT_MODE="both", PROVER_INPUT_IMAGE=str(image))
    report = (
        "no prover input for block 1: the native prover input differs from the guest's: word 0, which is word 0 of the "
        "answer to query 0 (nothing): native 0000082e, guest nothing"
    )
    wait_until(lambda: report in node.log())
    # RPC serves: the node must not be taken out of service for it.
    status, health = node.health()
    assert status == 200, health
    reason = health["components"]["settlement"]["details"]
    assert "word 0" in reason
    rich = Wallet(node, RICH)
    rich.transact(to=rich.address, value=1)
    assert jobs(url) == []
    assert requests.post(f"{url}/FRI/pick", timeout=10).status_code == 204


def test_fake_provers_keep_up_with_a_chain_under_load(own_node):
    """As they are by default, one that takes two seconds for what is three seconds old: block by block it would take
    seven minutes for these."""
    node = own_node(
        DEVELOPMENT_L1_ENABLED="true", DEVELOPMENT_L1_ADDRESS="127.0.0.1:0", DEVELOPMENT_L1_STATE="memory",
        PROVER_API_FAKE_PROVERS="1", L1_SENDER_POLL_INTERVAL="50ms", SEQUENCER_BLOCK_TIME="1ms")
    rich = Wallet(node, RICH)
    for _ in range(200):
        rich.send(to=rich.address, value=1)
    wait_until(lambda: int(node.call("eth_getTransactionCount", rich.address, "latest"), 16) == rich.nonce, 60)
    head = node.head()
    assert head > 100
    assert node.health()[1]["components"]["sequencer"] == {"status": "ready"}

    def finalized() -> int:
        """0 while there is none."""
        block = node.request("eth_getBlockByNumber", "finalized", False).get("result")
        return int(block["number"], 16) if block else 0

    wait_until(lambda: finalized() >= head, 120)
    assert "block production waits" not in node.log()
