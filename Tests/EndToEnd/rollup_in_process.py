"""A node that is a whole rollup: what `make run` starts, with a development L1 in the process and proofs that are none."""

import pathlib
import subprocess

from l1_contracts import L1
from node import CHAIN_ID, ROOT, Node, free_port, wait_until
from rollup import BRIDGEHUB

ZKOS = ROOT / ".build/release/zkos"
# The first of the accounts that every development chain has: it deposits here.
DEPOSITOR = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def start(own_node, **options: str) -> tuple[Node, L1]:
    port = free_port()
    node = own_node(
        DEVELOPMENT_L1_ENABLED="true", DEVELOPMENT_L1_ADDRESS=f"localhost:{port}", PROVER_API_FAKE_PROVERS="1",
        PROVER_API_FAKE_COMPUTE_TIME="0s", PROVER_API_FAKE_MIN_AGE="0s", L1_SENDER_POLL_INTERVAL="50ms",
        L1_WATCHER_POLL_INTERVAL="50ms", **options)
    l1 = L1(f"http://127.0.0.1:{port}", BRIDGEHUB, CHAIN_ID, DEPOSITOR)
    # What clients are told of L1 comes once the node has looked.
    wait_until(lambda: node.call("zks_getMainContract"), 30)
    return node, l1


def withdrawal_helper(node: Node) -> str:
    """Creates the contract of L2 whose withdrawals anybody may finalize; its address."""
    run = subprocess.run(
        [ZKOS, "l1", "withdrawal-helper", "--rpc", node.url], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def log_proof(node: Node, transaction: str, index: int = 0) -> dict:
    """The proof of a message to L1, once its batch is executed."""
    return wait_until(lambda: node.call("zks_getL2ToL1LogProof", transaction, hex(index)), 60)
