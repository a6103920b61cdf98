"""Connections: many of them, and requests that never end."""

import time

from harness import Attack


class SlowHeads(Attack):
    """Five hundred connections that send their request a line at a time"""

    def start(self):
        self.connections = [self.node.connect() for _ in range(500)]
        for connection in self.connections:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: node\r\n")

    def step(self):
        for index, connection in enumerate(self.connections):
            try:
                connection.sendall(b"X-More: 1\r\n")
            except OSError:  # the node has had enough of it
                connection.close()
                self.connections[index] = self.node.connect()
        time.sleep(0.2)

    def stop(self):
        for connection in self.connections:
            connection.close()


def test_slow_heads(under_attack):
    under_attack(SlowHeads)
