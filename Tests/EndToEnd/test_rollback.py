"""An operator takes blocks back, of a node that does not run."""

import signal
import subprocess

import rollup_in_process
from l1_contracts import deposit
from node import RICH, Wallet, fund, wait_until
from rollup import tagged
from test_checkpoints import PROVED, ZKOS, everything, proofs, zkos
from web3 import Web3

OTHER = Web3.to_checksum_address("0x" + "b0" * 20)


def rollback(node, to: int, *flags: str) -> subprocess.CompletedProcess:
    return zkos("chain", "rollback", "--to", to, *flags, node.directory / "db")


def caught_up(node) -> None:
    wait_until(lambda: node.metrics()["tree_lag_blocks"] == 0)


def test_the_chain_is_that_of_the_block(own_node):
    node = own_node(**PROVED)
    wallet = Wallet(node, RICH)
    for _ in range(3):
        wallet.transact(to=RICH.address)
    target, nonce = node.head(), wallet.nonce
    caught_up(node)
    before, roots = everything(node, target), proofs(node, target)
    lost = [wallet.transact(to=OTHER, value=7) for _ in range(4)]
    # It waits, and would be in a block of its own as soon as the gap is closed.
    wallet.send(to=RICH.address, nonce=wallet.nonce + 1)
    last = node.head()
    wait_until(lambda: node.metrics()['block_number{stage="batcher"}'] >= last)
    running = rollback(node, target)
    assert running.returncode != 0 and "another node uses this database" in running.stderr
    node.stop()

    # Nothing says what L1 has of the batches, as the node has none.
    unknown = rollback(node, target)
    assert unknown.returncode != 0 and "it is not known whether L1 has them" in unknown.stderr
    dry = rollback(node, target, "--force", "--dry-run")
    assert dry.returncode == 0 and "nothing was changed" in dry.stdout
    assert f"blocks    {target + 1} to {last}, with 4 transactions" in dry.stdout
    assert f"batches   {target + 1} to " in dry.stdout and f"to {target}\n" in dry.stdout
    beyond = rollback(node, last + 1)
    assert beyond.returncode != 0 and f"there is no block {last + 1}" in beyond.stderr
    node.start()
    assert node.head() == last
    node.stop()

    done = rollback(node, target, "--force")
    assert done.returncode == 0, done.stderr
    assert f"block {target} is the last: {before[-1][0]['hash']}" in done.stdout
    node.start()
    assert node.head() == target and everything(node, target) == before
    caught_up(node)
    assert proofs(node, target) == roots
    for receipt in lost:
        assert node.call("eth_getTransactionReceipt", receipt["transactionHash"]) is None
        assert node.call("eth_getBlockByHash", receipt["blockHash"], False) is None
    assert node.call("txpool_status") == {"pending": "0x0", "queued": "0x0"}
    # Other blocks come in their place, and are batched and proved.
    wallet.nonce = nonce
    receipt = wallet.transact(to=OTHER, value=9)
    assert int(receipt["blockNumber"], 16) == target + 1
    assert int(node.call("eth_getBalance", OTHER, "latest"), 16) == 9
    caught_up(node)
    assert node.health()[0] == 200
    node.stop()
    checked = zkos("database", "verify", node.directory / "db")
    assert checked.returncode == 0, checked.stdout
    listed = zkos("batch", "list", node.directory / "db/proofs")
    assert listed.stdout.splitlines()[-1].startswith(f"batch {target + 1}  "), listed.stdout


def test_a_rollback_that_is_killed_leaves_a_node_that_starts(own_node):
    node = own_node(**PROVED)
    wallets = [Wallet(node) for _ in range(4)]
    fund(node, wallets, 10**18)
    target = node.head()
    for _ in range(25):
        for wallet in wallets:
            wallet.send(to=OTHER, value=1)
    wait_until(lambda: int(node.call("eth_getBalance", OTHER, "latest"), 16) == 100)
    last = node.head()
    before = everything(node, last)
    node.stop()
    for place in range(6):
        command = [str(ZKOS), "chain", "rollback", "--to", str(target), "--force", str(node.directory / "db")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        # Before a step, within the next one: they take milliseconds.
        for _ in range(place):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        node.start()
        # As long as before, or as long as it was to become; never something between, never with other blocks.
        head = node.head()
        assert head in (target, last), place
        assert everything(node, head) == before[:head + 1]
        assert node.health()[0] == 200
        node.stop()
        if head == target:
            break
    if head == last:
        assert rollback(node, target, "--force").returncode == 0
    node.start()
    assert node.head() == target and everything(node, target) == before[:target + 1]


def test_what_l1_has_stays(own_node):
    node, l1 = rollup_in_process.start(own_node)
    first = wait_until(lambda: node.head())
    hash = deposit(l1, OTHER, 10**15)[1]
    receipt = wait_until(lambda: node.call("eth_getTransactionReceipt", hash))
    number = int(receipt["blockNumber"], 16)
    wait_until(lambda: tagged(node, "finalized") >= number, 60)
    node.stop()
    for flags in [(), ("--force",)]:
        refused = rollback(node, number - 1, *flags)
        assert refused.returncode != 0 and "what is executed stays for ever" in refused.stderr, refused.stderr
    assert first <= number
    # A deposit in a block that no batch has yet comes again.
    node.options.update(PROVER_API_FAKE_PROVERS="0", BATCHER_COMPONENT_ENABLED="false")
    node.start()
    head = node.head()
    hash = deposit(l1, OTHER, 10**15 + 1)[1]
    wait_until(lambda: node.call("eth_getTransactionReceipt", hash))
    balance = node.call("eth_getBalance", OTHER, "latest")
    node.stop()
    done = rollback(node, head)
    assert done.returncode == 0, done.stderr
    assert "1 of them requested by L1" in done.stdout and "read from L1 again" in done.stdout
    node.start()
    wait_until(lambda: node.call("eth_getTransactionReceipt", hash))
    assert node.call("eth_getBalance", OTHER, "latest") == balance
