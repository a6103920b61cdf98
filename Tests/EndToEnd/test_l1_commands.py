"""What operators ask and do about settlement, with a node beside them: `zkos l1 status`, `retry`, `revert`."""

import subprocess

from node import free_port, wait_until
from provers import ZKOS


def zkos(*arguments):
    return subprocess.run([ZKOS, "l1", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_status_retry_and_revert(own_node):
    port = free_port()
    node = own_node(
        DEVELOPMENT_L1_ENABLED="true",
        DEVELOPMENT_L1_ADDRESS=f"127.0.0.1:{port}",
        PROVER_API_FAKE_PROVERS="1",
        PROVER_API_FAKE_COMPUTE_TIME="0s",
        PROVER_API_FAKE_MIN_AGE="0s",
    )
    # The first block, which has the deposit of the rich account.
    wait_until(lambda: "error" not in node.request("eth_getBlockByNumber", "finalized", False), 60)
    databases = node.directory / "db"

    status = zkos("status", "--databases", databases)
    assert status.returncode == 0, status.stderr
    assert "batches  made 1, committed 1, proved on L1 1, executed 1" in status.stdout
    assert "blocks   safe 1, finalized 1" in status.stdout
    assert "batch 1  executed" in status.stdout
    details = node.call("zks_getL1BatchDetails", 1)
    for name in ["commitTxHash", "proveTxHash", "executeTxHash"]:
        assert details[name] in status.stdout

    revert = ["revert", "--rpc", f"http://127.0.0.1:{port}"]
    nothing = zkos(*revert, 1)
    assert nothing.returncode == 0 and "nothing to revert" in nothing.stdout, nothing.stderr
    refused = zkos(*revert, 0)
    assert refused.returncode != 0 and "batches up to 1 are executed and stay for ever" in refused.stderr

    retry = zkos("retry", "--databases", databases)
    assert retry.returncode == 0, retry.stderr
    # The node takes the request away when it has seen it.
    wait_until(lambda: not (databases / "l1_sender.retry").exists())
    node.stop()
    assert zkos("status", "--databases", databases).stdout == status.stdout
