"""A disk that fails, is full, writes half, refuses to sync, and a power cut: nothing that a client was told is lost.

`FAULT_RUNS=1000` for the long form, `FAULT_SEED` for another course of events. Each run is a life of one process over the
same database: it starts, takes transfers, and ends, by itself or killed; then the node starts without faults and must know
every receipt that any life has shown.
"""

import os
import pathlib
import random
import shutil
import signal
import time

import pytest
import requests

import faults.power as power
from node import RICH, Node, RpcError, Wallet, fund

RUNS = int(os.environ.get("FAULT_RUNS", "10"))
SEED = int(os.environ.get("FAULT_SEED", "20261129"))


class Chain:
    """One database through many lives, and what clients were told in them."""

    def __init__(self, node: Node, shim: pathlib.Path):
        self.node, self.shim = node, shim
        self.directory = node.directory
        node.start()
        self.accounts = [Wallet(node) for _ in range(3)]
        fund(node, self.accounts, 10**18)
        self.accounts = [wallet.account for wallet in self.accounts]
        self.receipts: dict[str, dict] = {}
        self.head = 0
        self.assertions = 0
        node.stop()
        self.options = dict(node.options)

    def live(self, seconds: float, ends_by_kill: bool, **options: str) -> None:
        """A life with faults: whatever happens, the process must not trap."""
        self.node.options = {
            **self.options, "SWIFT_BACKTRACE": "enable=no", "LD_PRELOAD": str(self.shim), "FAULTS_FOLDER": str(self.directory / "db"), **options}
        self.log_start = len(self.node.log())
        try:
            self.node.start(timeout=10)
            self.load(seconds)
        except (RuntimeError, TimeoutError, requests.RequestException, RpcError):
            pass
        finally:
            self.node.options = self.options
        process = self.node.process
        if process.poll() is None:
            if ends_by_kill:
                self.node.kill()
                return
            process.terminate()
        code = process.wait(30)
        if code == -signal.SIGABRT and "rocksdb::" in self.node.log()[self.log_start :]:
            # Debian builds RocksDB with assertions, some of which fail where writing a manifest has failed before. The
            # process ends, which the journal is there for.
            self.assertions += 1
            return
        assert code in (0, 1), f"ended with {code}:\n{self.node.log()[-3000:]}"

    def load(self, seconds: float) -> None:
        wallets = [Wallet(self.node, account) for account in self.accounts]
        deadline = time.monotonic() + seconds
        pending: list[str] = []
        while time.monotonic() < deadline and self.node.process.poll() is None:
            for wallet in wallets:
                try:
                    pending.append(wallet.send(to=RICH.address, value=1))
                except RpcError:
                    # The state could not be read, or the nonce is that of a transaction which came through after all.
                    wallet.nonce = int(self.node.call("eth_getTransactionCount", wallet.address, "pending"), 16)
            for transaction_hash in list(pending):
                try:
                    receipt = self.node.call("eth_getTransactionReceipt", transaction_hash)
                except RpcError:
                    continue
                if receipt is not None:
                    self.receipts[transaction_hash] = receipt
                    pending.remove(transaction_hash)
            self.head = max(self.head, self.node.head())

    def check(self, what: str) -> None:
        """Without faults everything that was told is there, and the chain goes on."""
        try:
            self.node.start(timeout=60)
        except (RuntimeError, TimeoutError) as error:
            raise AssertionError(f"after {what}: {error}") from error
        assert self.node.head() >= self.head, what
        for transaction_hash, receipt in self.receipts.items():
            assert self.node.call("eth_getTransactionReceipt", transaction_hash) == receipt, what
        self.load(0.05)
        assert self.node.stop() == 0
        # Receipts of long ago have been seen often enough.
        self.receipts = dict(list(self.receipts.items())[-300:])


@pytest.fixture
def chain(own_node, shim):
    node = own_node(SEQUENCER_BLOCK_TIME="10ms", SEQUENCER_SCRUB_PERCENT="0", SEQUENCER_BLOCKS_TO_RETAIN_IN_MEMORY="4")
    node.stop()
    return Chain(node, shim)


def test_a_failing_disk_loses_nothing_that_was_told(chain):
    faults = chain.directory / "faults.log"
    for run in range(RUNS):
        chance = random.Random(f"{SEED} fault {run}")
        kinds = chance.sample(["read", "write", "space", "short", "sync"], chance.randint(1, 5))
        options = {
            "FAULTS_SEED": str(chance.getrandbits(32)),
            "FAULTS_EVERY": str(chance.choice([5, 20, 100, 400])),
            "FAULTS_AFTER": str(chance.choice([0, 20, 100, 300])),
            "FAULTS_KINDS": " ".join(kinds),
            "FAULTS_STICKY": str(chance.randint(0, 1)),
            "FAULTS_LOG": str(faults),
        }
        chain.live(chance.uniform(0.1, 0.6), chance.random() < 0.5, **options)
        chain.check(f"run {run} with {options}")
    assert chain.receipts, "the load produced no receipts"
    count = len(faults.read_text().splitlines())
    print(f"{RUNS} runs, {count} faults, {chain.assertions} assertions of RocksDB")
    assert count > 0


def test_a_power_cut_loses_nothing_that_was_told(chain):
    journal, shadow = chain.directory / "journal", chain.directory / "shadow"
    for run in range(RUNS):
        chance = random.Random(f"{SEED} power {run}")
        journal.unlink(missing_ok=True)
        shutil.rmtree(shadow, ignore_errors=True)
        shadow.mkdir()
        options = {"POWER_JOURNAL": str(journal), "POWER_SHADOW": str(shadow)}
        if chance.random() < 0.3:
            # The machine goes down because its disk does.
            options |= {
                "FAULTS_SEED": str(chance.getrandbits(32)), "FAULTS_EVERY": "100", "FAULTS_AFTER": "100",
                "FAULTS_KINDS": "sync short"}
        chain.live(chance.uniform(0.0, 0.6), True, **options)
        lost = power.cut(chain.directory / "db", journal, shadow, chance)
        chain.check(f"run {run} with {options}: {lost}")
    assert chain.receipts, "the load produced no receipts"


def test_a_power_cut_during_the_first_start(own_node, shim, tmp_path):
    for run in range(max(3, RUNS // 4)):
        chance = random.Random(f"{SEED} first {run}")
        directory = tmp_path / str(run)
        directory.mkdir()
        journal, shadow = directory / "journal", directory / "shadow"
        shadow.mkdir()
        node = Node(directory)
        node.options = {
            # The folder of the databases is made in this one.
            "LD_PRELOAD": str(shim), "FAULTS_FOLDER": str(directory), "POWER_JOURNAL": str(journal),
            "POWER_SHADOW": str(shadow)}
        told = None
        try:
            node.start()
            told = node.call("eth_getBlockByNumber", "0x1", True)
            time.sleep(chance.uniform(0, 0.1))
        finally:
            node.kill()
        power.cut(directory / "db", journal, shadow, chance)
        node.options = {}
        try:
            node.start()
            assert node.call("eth_getBlockByNumber", "0x1", True) == told
        finally:
            node.close()
