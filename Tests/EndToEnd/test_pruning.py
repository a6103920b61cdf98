"""What nobody needs any more is let go of, where the operator wants that."""

import requests

import rollup_in_process
from node import RICH, Wallet, free_port, wait_until
from rollup import tagged
from test_checkpoints import zkos


def test_proofs_of_what_is_final_on_l1(own_node):
    port = free_port()
    node, _ = rollup_in_process.start(
        own_node, PRUNING_KEPT_PROOFS="3", PROVER_API_COMPONENT_ENABLED="true", PROVER_API_ADDRESS=f"127.0.0.1:{port}")
    wallet = Wallet(node, RICH)
    for _ in range(7):
        last = int(wallet.transact(to=RICH.address)["blockNumber"], 16)
    wait_until(lambda: tagged(node, "finalized") == last, 60)
    wait_until(lambda: node.metrics()["pruned_proofs_batch"] == last - 3)
    assert node.metrics()["pruned_proofs_total"] == last - 3

    def proof(batch: int) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{port}/prover-jobs/FRI/{batch}", timeout=10)

    def check():
        assert proof(last).status_code == 200 and proof(last - 2).status_code == 200
        for batch in (1, last - 3):
            assert proof(batch).status_code == 410
            assert proof(batch).text == f"pruned: proofs are kept from batch {last - 2} on (pruning_kept_proofs)"
        assert proof(last + 9).status_code == 204

    check()
    # For good; and which kind each had stays known.
    node.kill()
    node.options["PRUNING_KEPT_PROOFS"] = "0"
    node.start()
    check()
    wallet.transact(to=RICH.address)
    wait_until(lambda: tagged(node, "finalized") == last + 1, 60)
    check()
    assert node.health()[0] == 200
    node.stop()
    listed = zkos("batch", "list", "--from", 1, node.directory / "db/proofs").stdout.splitlines()
    assert listed[0] == "batch 1  fake_fri" and len(listed) == last + 1
    assert zkos("database", "verify", node.directory / "db").returncode == 0
