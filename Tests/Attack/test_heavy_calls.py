"""Calls that take long, from clients that want as many as they can get."""

import select
import time

from clients import LONG_CALLS, SPINNER, WebSocket, encode, heavy_estimate
from harness import STRANGER, Attack
from node import RICH


class HeavyCalls(Attack):
    """Four WebSockets that keep sixteen heavy calls each in work"""

    count = 4

    def start(self):
        self.clients = [WebSocket(self.node, source=STRANGER) for _ in range(self.count)]
        for client in self.clients:
            for id in range(16):
                client.send(encode(heavy_estimate(id)))

    def step(self):
        for client in self.clients:
            while select.select([client.socket], [], [], 0)[0]:
                client.receive()
                client.send(encode(heavy_estimate()))
        select.select([client.socket for client in self.clients], [], [], 0.1)

    def stop(self):
        for client in self.clients:
            client.close()


class FullQueue(HeavyCalls):
    """A hundred WebSockets that together fill the queue of heavy calls"""

    count = 100


def calls_of_others_are_answered(node):
    """Whoever has nothing in work does not wait for those who have much."""
    for _ in range(5):
        start = time.monotonic()
        assert node.call("eth_call", {"to": RICH.address}, "latest") == "0x"
        assert node.call("eth_estimateGas", {"from": RICH.address, "to": SPINNER}) == hex(21_000)
        assert time.monotonic() - start < 2


def test_heavy_calls(under_attack):
    under_attack(HeavyCalls, meanwhile=calls_of_others_are_answered, **LONG_CALLS)


def test_a_full_queue_of_heavy_calls(under_attack):
    under_attack(FullQueue, meanwhile=calls_of_others_are_answered, **LONG_CALLS)
