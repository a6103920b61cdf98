"""Calls that take long, from clients that want as many as they can get."""

import select

from clients import WebSocket, encode, heavy_estimate
from harness import Attack


class HeavyCalls(Attack):
    """Four WebSockets that keep sixteen heavy calls each in work"""

    def start(self):
        self.clients = [WebSocket(self.node) for _ in range(4)]
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


def test_heavy_calls(under_attack):
    under_attack(HeavyCalls)
