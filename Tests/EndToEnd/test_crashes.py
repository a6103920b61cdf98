"""kill -9 under load: whatever a client was told stays true."""

import random
import threading
import time

import requests

from node import RICH, RpcError, Wallet, fund


class Witness:
    """Sends transfers and remembers every block and receipt that the node showed."""

    def __init__(self, node, wallet):
        self.node = node
        self.wallet = wallet
        self.receipts: dict[str, dict] = {}
        self.pending: list[str] = []
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            try:
                for _ in range(10):
                    self.pending.append(self.wallet.send(to=RICH.address, value=1))
                for transaction_hash in list(self.pending):
                    receipt = self.node.call("eth_getTransactionReceipt", transaction_hash)
                    if receipt is not None:
                        self.receipts[transaction_hash] = receipt
                        self.pending.remove(transaction_hash)
            except (requests.RequestException, RpcError):
                return


def test_ten_kills_under_load_lose_nothing(own_node):
    chance = random.Random(20260701)
    node = own_node()
    wallets = [Wallet(node) for _ in range(3)]
    fund(node, wallets, 10**18)
    told: dict[str, dict] = {}
    blocks: dict[str, dict] = {}

    for _ in range(10):
        witnesses = [Witness(node, Wallet(node, wallet.account)) for wallet in wallets]
        threads = [threading.Thread(target=witness.run) for witness in witnesses]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.1, 1.0))
        head = node.call("eth_getBlockByNumber", "latest", False)
        node.kill()
        for witness, thread in zip(witnesses, threads):
            witness.stopped.set()
            thread.join()
            told |= witness.receipts
        blocks[head["number"]] = head

        node.start()
        assert node.head() >= int(head["number"], 16)

    assert told, "the load produced no receipts"
    for transaction_hash, receipt in told.items():
        assert node.call("eth_getTransactionReceipt", transaction_hash) == receipt
    for number, block in blocks.items():
        assert node.call("eth_getBlockByNumber", number, False) == block
    rich = Wallet(node, RICH)
    rich.transact(to=RICH.address)


def test_ctrl_c_stops_cleanly_and_the_chain_goes_on(own_node):
    node = own_node()
    rich = Wallet(node, RICH)
    receipt = rich.transact(to=RICH.address, value=5)
    assert node.stop() == 0
    node.start()
    assert node.call("eth_getTransactionReceipt", receipt["transactionHash"]) == receipt
    Wallet(node, RICH).transact(to=RICH.address)
