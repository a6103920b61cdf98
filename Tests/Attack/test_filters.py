"""Filters and subscriptions: many, large, and much to tell them."""

import os

from eth_utils import to_checksum_address

from clients import WebSocket, encode, rpc
from harness import LONG, STRANGER, Attack
from node import RICH, Node, Wallet

# Writes two hundred logs, the number of each as its topic.
LOGS = "60c85b805f5fa1600190038060025700"


def random_addresses(count: int) -> list[str]:
    return ["0x" + os.urandom(20).hex() for _ in range(count)]


class LogWriter:
    """Sends transactions that write two hundred logs each."""

    def __init__(self, node: Node):
        self.wallet = Wallet(node, RICH)
        creation = bytes.fromhex(f"60{len(LOGS) // 2:02x}8060095f395ff3" + LOGS)
        receipt = self.wallet.transact(data=creation, gas=1_000_000)
        self.address = to_checksum_address(receipt["contractAddress"])

    def write(self):
        self.wallet.send(to=self.address, gas=400_000)


class PendingFilters(Attack):
    """Ten thousand filters for waiting transactions, polled in turn"""

    count = 10_000

    def start(self):
        self.filters, self.next = [], 0
        for _ in range(self.count // 500):
            batch = encode([rpc("eth_newPendingTransactionFilter") for _ in range(500)])
            self.filters += [answer["result"] for answer in self.node.raw(batch).json()]

    def step(self):
        batch = [rpc("eth_getFilterChanges", self.filters[(self.next + index) % self.count]) for index in range(100)]
        self.next += 100
        answers = self.node.raw(encode(batch)).json()
        assert all("result" in answer for answer in answers), answers[0]

    def stop(self):
        for first in range(0, self.count, 500):
            self.node.raw(encode([rpc("eth_uninstallFilter", id) for id in self.filters[first:first + 500]]))


class Subscriptions(Attack):
    """Five WebSockets with 1,024 log subscriptions of fifty addresses each, and 1,000 logs a second"""

    count, addresses = 1_024, 50

    def start(self):
        self.clients = [WebSocket(self.node, source=STRANGER) for _ in range(5)]
        self.accepted = 0
        for client in self.clients:
            self.subscribe(client)
        self.logs = LogWriter(self.node)

    def subscribe(self, client):
        for first in range(0, self.count, 16):
            for id in range(16):
                filter = {"address": random_addresses(self.addresses), "topics": []}
                client.send(encode(rpc("eth_subscribe", "logs", filter, id=first + id)))
            for _ in range(16):
                self.accepted += "result" in client.receive()

    def step(self):
        self.logs.write()
        super().step()

    def stop(self):
        for client in self.clients:
            client.close()


class LargeSubscriptions(Subscriptions):
    """Five WebSockets that ask for 1,024 log subscriptions of 1,000 addresses each"""

    count, addresses = 1_024 if LONG else 64, 1_000

    def start(self):
        super().start()
        assert self.accepted == 5 * 10, "each connection may name ten thousand addresses"


class PopularSubscriptions(Subscriptions):
    """Five WebSockets with 1,024 log subscriptions each for what is written, with topics that never come"""

    def start(self):
        self.logs = LogWriter(self.node)
        self.clients = [WebSocket(self.node, source=STRANGER) for _ in range(5)]
        for client in self.clients:
            for id in range(self.count):
                topics = ["0x" + os.urandom(32).hex() for _ in range(4)]
                client.send(encode(rpc("eth_subscribe", "logs", {"address": self.logs.address, "topics": [topics]}, id=id)))
                assert "result" in client.receive()


SUBSCRIPTIONS = {"RPC_MAX_SUBSCRIPTIONS_PER_CONNECTION": "1024"}


def test_pending_filters(under_attack):
    under_attack(PendingFilters, RPC_MAX_FILTERS_PER_CLIENT="10000")


def test_log_subscriptions(under_attack):
    under_attack(Subscriptions, RPC_MAX_LOG_TERMS_PER_CONNECTION="60000", RPC_MAX_LOG_TERMS="1200000", **SUBSCRIPTIONS)


def test_large_log_subscriptions(under_attack):
    under_attack(LargeSubscriptions, **SUBSCRIPTIONS)


def test_popular_log_subscriptions(under_attack):
    under_attack(PopularSubscriptions, **SUBSCRIPTIONS)
