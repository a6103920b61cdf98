#!/usr/bin/env python3
"""How long transfers take while 64 forged proofs at once keep the verifier busy.

    PROOF_VERIFIER_IMAGE=… FRI_PROOFS=… .venv/bin/python Tests/EndToEnd/load_proofs.py [--clients 64] [--seconds 20]

Each proof is a real one of something else, whose registers claim the node's own batch: the verifier has to run to its end
to find out. Prints one line of JSON for the time from a transfer to its receipt, alone and under the load; then how the
submissions were answered, and by what factor p99 grew. On a machine that does nothing else.
"""

import argparse
import base64
import collections
import http.client
import json
import multiprocessing
import os
import pathlib
import struct
import tempfile
import threading
import time
import urllib.parse

import requests

from measuring import send_to_receipt
from node import Node, free_port, wait_until
from provers import PROGRAM, forged, public_input, statuses

IMAGE = os.environ.get("PROOF_VERIFIER_IMAGE")
PROOFS = os.environ.get("FRI_PROOFS")


def forged_submission(url: str) -> bytes:
    """The body of a submission for block 1 that costs the verifier as much as any."""
    wait_until(lambda: 1 in statuses(url))
    job = requests.post(f"{url}/FRI/pick", timeout=10).json()
    result = public_input(base64.b64decode(job["prover_input"]))
    real = pathlib.Path(PROOFS, "batch-snark-job.bincode1").read_bytes()
    proof = forged(real, struct.unpack("<8I", result) + PROGRAM)
    return json.dumps({"block_number": job["block_number"], "proof": base64.b64encode(proof).decode()}).encode()


def submit_at_once(url: str, body: bytes, clients: int, stopped, answers) -> None:
    """A process of its own: rounds of submissions, each of all clients at once, until told to stop."""
    counts = collections.Counter()
    lock = threading.Lock()
    address = urllib.parse.urlsplit(url)

    def submit(index: int) -> None:
        try:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
            connection.request(
                "POST", f"{address.path}/FRI/submit?id=forger-{index}", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
            with lock:
                counts[f"{answer.status} {text.split(':')[0]}"] += 1
        except (OSError, http.client.HTTPException) as error:
            with lock:
                counts[type(error).__name__] += 1

    while not stopped.is_set():
        threads = [threading.Thread(target=submit, args=[index]) for index in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    answers.put(dict(counts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        port = free_port()
        url = f"http://127.0.0.1:{port}/prover-jobs"
        node = Node(
            pathlib.Path(directory), PROVER_API_COMPONENT_ENABLED="true", PROVER_API_ADDRESS=f"127.0.0.1:{port}",
            PROVER_API_VERIFIER_IMAGE=str(pathlib.Path(IMAGE).absolute()), PROVER_API_MAX_UNPROVED_BLOCKS="1000000",
        ).start()
        stopped, answers = multiprocessing.Event(), multiprocessing.Queue()
        load = multiprocessing.Process(
            target=submit_at_once, args=[url, forged_submission(url), arguments.clients, stopped, answers])
        try:
            send_to_receipt(node, "warm", 3)
            alone = send_to_receipt(node, "alone", arguments.seconds)
            load.start()
            time.sleep(1)
            loaded = send_to_receipt(node, f"{arguments.clients} forged proofs at once", arguments.seconds)
        finally:
            stopped.set()
        print(json.dumps({"case": "submissions", "answers": answers.get(timeout=300)}))
        print(json.dumps({
            "case": "verifications", "count": node.metrics()["prover_verification_seconds_count"],
            "mean_ms": round(1_000 * node.metrics()["prover_verification_seconds_sum"]
                             / node.metrics()["prover_verification_seconds_count"], 1),
            "resident_mb": node.resident_bytes() >> 20,
        }))
        print(json.dumps({"case": "factor", "p99": round(loaded / alone, 2)}))
        node.close()
        load.join()


if __name__ == "__main__":
    main()
