"""What becomes of proofs: forged ones, unverified ones, and a flood of them. That a real proof of the node's own block is
accepted is shown in Tests/Programs/NodeTests/ProofTests.swift, where the time of the block can be set."""

import base64
import collections
import os
import pathlib
import struct
import subprocess
import threading

import pytest
import requests

from node import RICH, Wallet, wait_until
from provers import PROGRAM, ZKOS, available, claim, forged, public_input, statuses

IMAGE = os.environ.get("PROOF_VERIFIER_IMAGE")
PROOFS = os.environ.get("FRI_PROOFS")
needs_image = pytest.mark.skipif(IMAGE is None, reason="PROOF_VERIFIER_IMAGE is not set")
needs_proofs = pytest.mark.skipif(PROOFS is None, reason="FRI_PROOFS is not set")


def with_image() -> dict[str, str]:
    return {"PROVER_API_VERIFIER_IMAGE": str(pathlib.Path(IMAGE).absolute())}


def pick(url: str, prover: str) -> tuple[int, bytes]:
    """A job: its number, and what it has to prove."""
    wait_until(lambda: statuses(url))
    job = requests.post(f"{url}/FRI/pick", params={"id": prover}, timeout=10).json()
    return job["block_number"], public_input(base64.b64decode(job["prover_input"]))


def submit(url: str, number: int, proof: bytes, prover: str) -> requests.Response:
    body = {"block_number": number, "proof": base64.b64encode(proof).decode()}
    return requests.post(f"{url}/FRI/submit", params={"id": prover}, json=body, timeout=60)


def real(name: str) -> bytes:
    return pathlib.Path(PROOFS, name).read_bytes()


def provers_health(node) -> dict:
    status, report = node.health()
    assert status == 200
    return report["components"]["provers"]


def test_without_an_image_proofs_are_unverified_and_the_node_says_so(proving):
    node, url = proving()
    assert "proofs are not verified: there is no prover_api_verifier_image" in node.log()
    assert provers_health(node) == {
        "status": "degraded", "details": "proofs are stored unverified: there is no prover_api_verifier_image"}
    number, result = pick(url, "p")
    other = submit(url, number, claim(bytes(32)), "p")
    assert other.status_code == 400
    assert other.text == (
        "proof verification failed: the proof is of another batch: its public input is 0x" + "00" * 32
        + f", that of this batch 0x{result.hex()}")
    program = submit(url, number, claim(result, (1,) * 8), "p")
    assert program.status_code == 400
    assert program.text.startswith(
        "proof verification failed: the proof is of another program: its chain hash is 0x" + "01000000" * 8)
    assert submit(url, number, claim(result), "p").status_code == 204
    assert available(url)[number] == ["fri_unverified"]
    assert requests.get(f"{url}/FRI/{number}", timeout=10).json()["is_unverified"] is True
    assert node.metrics()['prover_proofs_total{kind="fri_unverified"}'] == 1
    listed = subprocess.run(
        [str(ZKOS), "batch", "list", str(node.directory / "db" / "proofs")], capture_output=True, encoding="utf-8", timeout=60)
    assert listed.stdout.splitlines()[number - 1] == f"batch {number}  fri_unverified", listed


def test_any_program_is_a_decision_that_is_said(proving):
    node, url = proving(PROVER_API_ALLOWED_PROGRAMS="any")
    assert "proofs of any program are accepted (prover_api_allowed_programs)" in node.log()
    number, result = pick(url, "p")
    assert submit(url, number, claim(result, (1,) * 8), "p").status_code == 204


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"PROVER_API_REQUIRE_VERIFIED_PROOFS": "true"}, "proofs would not be verified: prover_api_verifier_image is empty"),
        ({"PROVER_API_VERIFIER_IMAGE": "/bin/sh"}, "/bin/sh cannot verify proofs: the image's SHA-256 is 0x"),
        ({"PROVER_API_ALLOWED_PROGRAMS": "0x12"}, "prover_api_allowed_programs: \"0x12\" is not published, any, or a list"),
    ],
)
def test_a_node_that_cannot_verify_as_asked_does_not_start(proving, options, reason):
    with pytest.raises(RuntimeError, match=reason):
        proving(**options)


@needs_image
def test_what_was_stored_unverified_is_proved_again_when_it_does_not_hold(proving):
    node, url = proving()
    number, result = pick(url, "liar")
    assert submit(url, number, claim(result), "liar").status_code == 204
    assert node.stop() == 0
    node.options.update(with_image())
    node.start()
    wait_until(lambda: number in statuses(url))
    wait_until(lambda: "a stored proof does not hold; the batch is proved again" in node.log())
    assert number not in available(url)
    wait_until(lambda: provers_health(node) == {"status": "ready"})
    again, same = pick(url, "honest")
    assert (again, same) == (number, result)
    answer = submit(url, number, claim(result), "liar")
    assert answer.status_code == 400
    assert answer.text.startswith("proof verification failed: the argument does not hold: ")


@needs_image
@needs_proofs
def test_forged_proofs_are_refused_kept_and_do_not_keep_the_job(proving):
    node, url = proving(**with_image(), PROVER_API_MAX_REFUSED_PROOFS="3")
    assert provers_health(node) == {"status": "ready"}
    number, result = pick(url, "forger")
    words = struct.unpack("<8I", result)
    for proof, reason in [
        (real("block-1.bincode1"), "the proof is of another batch: its public input is 0x6124ef98"),
        (forged(real("batch-snark-job.bincode1"), words), "the proof is of another program: its chain hash is 0x"),
        (forged(real("batch-snark-job.bincode1"), words + PROGRAM), "the argument does not hold: "),
        (forged(real("block-1.bincode1"), words), "the argument does not hold: "),
    ]:
        answer = submit(url, number, proof, "forger")
        assert answer.status_code == 400
        assert answer.text.startswith("proof verification failed: " + reason), answer.text
    folder = node.directory / "db" / "proofs_refused"
    kept = sorted(folder.iterdir(), key=lambda path: path.name)
    assert [path.name.split(".")[1] for path in kept] == ["argument", "argument", "other_program"]
    assert forged(real("block-1.bincode1"), words) in [path.read_bytes() for path in kept]
    # An operator can ask what is in one.
    said = subprocess.run(
        [str(ZKOS), "proof", "fri", str(kept[0]), "--verifier", IMAGE], capture_output=True, encoding="utf-8", timeout=60)
    assert said.returncode == 1 and "refused: the proof does not hold" in said.stdout, said
    # Free for the next prover at once.
    assert pick(url, "honest")[0] == number
    assert number not in available(url)
    assert node.metrics()['prover_proofs_refused_total{reason="argument"}'] == 2


@needs_image
@needs_proofs
def test_a_flood_of_forged_proofs_is_bounded(proving):
    node, url = proving(**with_image(), PROVER_API_MAX_WAITING_SUBMISSIONS="16")
    rich = Wallet(node, RICH)
    number, result = pick(url, "forger")
    proof = forged(real("batch-snark-job.bincode1"), struct.unpack("<8I", result) + PROGRAM)
    before = node.resident_bytes()
    answers = collections.Counter()
    lock = threading.Lock()

    def send(index: int):
        answer = submit(url, number, proof, f"forger {index}")
        with lock:
            answers[answer.status_code] += 1
            if answer.status_code == 503:
                assert answer.headers["Retry-After"] == "5"

    threads = [threading.Thread(target=send, args=[index]) for index in range(64)]
    for thread in threads:
        thread.start()
    # Everybody else is served meanwhile.
    for _ in range(3):
        rich.transact(to=rich.address, value=1)
        assert requests.get(f"{url}/status", timeout=10).status_code == 200
    for thread in threads:
        thread.join()
    assert sum(answers.values()) == 64 and set(answers) <= {400, 503}, answers
    assert answers[400] >= 16
    # What they sent is 122 MB, and one verification holds a few.
    assert node.resident_bytes() - before < 300 << 20
    assert number in statuses(url)
    # The same bytes are kept once for each name that sent them, and no more than the bound.
    assert len(list((node.directory / "db" / "proofs_refused").iterdir())) <= 64
