"""Provers as the node sees them: they pick jobs over HTTP, work on them, and submit, each in its own way.

A proof takes a GPU, so what they submit has the form of a real proof and claims the result that they computed, which a node
without the verifier's image takes as an unverified one. That result is their own: they run the guest image over the words of the job, or, where there is none, execute the words with
`zkos guest verify`.
"""

import base64
import collections
import itertools
import os
import re
import struct
import subprocess
import tempfile
import threading

import requests

from node import BINARY

ZKOS = BINARY.parent / "zkos"
IMAGE = os.environ.get("ZKSYNC_OS_IMAGE_V0_0_5")


def public_input(words: bytes, image: str | None = None) -> bytes:
    """What the words of a job prove."""
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(words)
        file.flush()
        if image is not None:
            command = [str(ZKOS), "guest", "run", "--image", image, "--input", file.name]
            pattern = r"^x10…x17 0x([0-9a-f]{64}), 0 words left$"
        else:
            command = [str(ZKOS), "guest", "verify", "--input", file.name]
            pattern = r"^public input 0x([0-9a-f]{64})$"
        output = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    assert output.returncode == 0, output.stdout + output.stderr
    return bytes.fromhex(re.search(pattern, output.stdout, re.MULTILINE).group(1))


_serial = itertools.count()

# The chain hash of the guest of 0.0.5, recursion of airbender v0.3.3 (ProgramChain.known).
PROGRAM = (
    2914915295, 1576365464, 1956008492, 953907104, 1812942949, 1774777713, 3649152531, 2090441745,
)


def claim(result: bytes, program: tuple[int, ...] = PROGRAM) -> bytes:
    """A proof that can be read and proves nothing: bincode 1 of zksync-airbender's ProgramProof, `result` in x10 … x17, and
    of `program` in x18 … x25. No two are equal."""
    registers = [0] * 32
    registers[10:18] = struct.unpack("<8I", result)
    registers[18:26] = program
    none = bytes(8)
    proof = (
        bytes(28 * 4) + b"\0" + bytes(12 * 4) + none  # challenges, boundary values, public inputs
        + none * 4 + bytes(16) + b"\0"  # commitments, accumulators
        + none * 7  # quotient, evaluations, DEEP, foldings, last leaves, monomials, queries
        + struct.pack("<QHH", next(_serial), 0, 0)
    )
    return (
        struct.pack("<Q", 1) + proof + struct.pack("<QQ", 0, 32)
        + b"".join(struct.pack("<IQ", value, 1) for value in registers)
        + bytes(32) + b"\x01" + bytes(64) + b"\x00"
    )


def forged(proof: bytes, words: tuple[int, ...]) -> bytes:
    """A real proof with its registers overwritten from x10 on, in bincode 1: it claims something else than it shows."""
    end = len(proof) - 65 - 32
    (start,) = [
        end - tail - 32 * 12 for tail in (1, 33)
        if proof[end - tail - 32 * 12 - 8 : end - tail - 32 * 12] == struct.pack("<Q", 32)
    ]
    changed = bytearray(proof)
    for index, word in enumerate(words):
        at = start + (10 + index) * 12
        changed[at : at + 4] = struct.pack("<I", word)
    return bytes(changed)


def jobs(url: str) -> list[dict]:
    return requests.get(f"{url}/status", timeout=10).json()


def statuses(url: str) -> dict[int, str]:
    return {job["block_number"]: job["status"] for job in jobs(url)}


def available(url: str) -> dict[int, list[str]]:
    """The kinds of proof by block, each block once."""
    entries = requests.get(f"{url}/available", timeout=10).json()
    numbers = [entry["block_number"] for entry in entries]
    assert len(numbers) == len(set(numbers))
    return {entry["block_number"]: entry["available_proofs"] for entry in entries}


class Ledger:
    """What happened, from the side of the provers. Checked as it is written: a prover that sees a wrong answer says so."""

    def __init__(self, image: str | None = None):
        self.image = image
        self.lock = threading.Lock()
        self.picks: dict[int, list[str]] = collections.defaultdict(list)
        self.accepted: dict[int, list[tuple[str, bytes]]] = collections.defaultdict(list)
        self.unanswered: dict[int, list[bytes]] = collections.defaultdict(list)
        self.answers: dict[tuple[str, int], int] = collections.Counter()
        self.faults: list[str] = []

    def fault(self, text: str):
        with self.lock:
            self.faults.append(text)


class Prover(threading.Thread):
    """The usual prover: picks, computes, submits. The node may be down meanwhile; then it tries again."""

    rest = 0.1

    def __init__(self, url: str, ledger: Ledger, name: str):
        super().__init__(daemon=True)
        self.url, self.ledger, self.prover = url, ledger, name
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            try:
                job = self.pick()
                if job is None:
                    self.stopped.wait(self.rest)
                else:
                    self.work(*job)
            except requests.RequestException:
                self.stopped.wait(0.2)
            except Exception as error:
                return self.ledger.fault(f"{self.prover}: {error!r}")

    def pick(self) -> tuple[int, bytes] | None:
        answer = requests.post(f"{self.url}/FRI/pick", timeout=30)
        if answer.status_code == 204:
            return None
        assert answer.status_code == 200, answer.text
        job = answer.json()
        number = job["block_number"]
        with self.ledger.lock:
            self.ledger.picks[number].append(self.prover)
            if self.ledger.accepted[number]:
                self.ledger.faults.append(f"block {number} was handed out after its proof was accepted")
        return number, base64.b64decode(job["prover_input"])

    def submit(self, number: int, proof: bytes) -> int:
        body = {"block_number": number, "proof": base64.b64encode(proof).decode()}
        try:
            answer = requests.post(f"{self.url}/FRI/submit", params={"id": self.prover}, json=body, timeout=30)
        except requests.RequestException:
            with self.ledger.lock:
                self.ledger.unanswered[number].append(proof)
            raise
        with self.ledger.lock:
            self.ledger.answers[self.prover, answer.status_code] += 1
            if answer.status_code == 204:
                self.ledger.accepted[number].append((self.prover, proof))
            elif answer.status_code == 404:
                assert answer.text == "unknown block"
        return answer.status_code

    def work(self, number: int, words: bytes):
        status = self.submit(number, claim(public_input(words, self.ledger.image)))
        assert status in (204, 404), status


class SlowProver(Prover):
    """Submits after the timeout: too late, unless nobody else was faster."""

    def __init__(self, *arguments, timeout: float):
        super().__init__(*arguments)
        self.delay = timeout + 1

    def work(self, number: int, words: bytes):
        proof = claim(public_input(words, self.ledger.image))
        self.stopped.wait(self.delay)
        assert self.submit(number, proof) in (204, 404)


class DyingProver(Prover):
    """Picks and is never heard of again; another one takes its place after a while."""

    def work(self, number: int, words: bytes):
        self.stopped.wait(1)


class LyingProver(Prover):
    """Submits what proves nothing, each time something else. None of it may end the job."""

    def work(self, number: int, words: bytes):
        result = public_input(words, self.ledger.image)
        other = bytes([result[0] ^ 1]) + result[1:]
        for proof in [b"", b"\x00" * 8, os.urandom(2_000), claim(other), claim(result)[:-1], f"fake proof of batch {number}".encode()]:
            status = self.submit(number, proof)
            assert status in (400, 404), f"{status} for a proof of nothing"
        for body, expected in [(b"{", 400), (b"[]", 422), (b'{"block_number":1,"proof":"!"}', 400)]:
            answer = requests.post(
                f"{self.url}/FRI/submit", data=body, headers={"Content-Type": "application/json"}, timeout=30
            )
            assert answer.status_code == expected, answer.text
        self.stopped.wait(1)


class DoubleProver(Prover):
    """Submits every proof twice, and a second proof of the same block; only the first may be taken."""

    def work(self, number: int, words: bytes):
        proof = claim(public_input(words, self.ledger.image))
        assert self.submit(number, proof) in (204, 404)
        assert self.submit(number, proof) == 404
        assert self.submit(number, claim(public_input(words, self.ledger.image))) == 404


def stop(provers: list[Prover]):
    for prover in provers:
        prover.stopped.set()
    for prover in provers:
        prover.join(60)


def load(url: str, seconds: int) -> subprocess.Popen:
    """A node's life with traffic: few transactions, many blocks."""
    command = [str(ZKOS), "loadtest", "--rpc", url, "--wallets", "4", "--in-flight", "2", "--seconds", str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
