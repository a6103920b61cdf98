"""Connections: many of them, busy ones, and requests that never end."""

import selectors
import time

import requests

from clients import WebSocket, encode, rpc
from harness import STRANGER, Attack, Bounds
from node import free_port


def post(request: dict) -> bytes:
    body = encode(request)
    return b"POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


class SlowHeads(Attack):
    """Five hundred connections that send their request a line at a time"""

    def start(self):
        self.connections = [self.connect() for _ in range(500)]

    def connect(self):
        connection = self.node.connect()
        connection.sendall(b"POST / HTTP/1.1\r\nHost: node\r\n")
        return connection

    def step(self):
        for index, connection in enumerate(self.connections):
            try:
                connection.sendall(b"X-More: 1\r\n")
            except OSError:  # the node has had enough of it
                connection.close()
                self.connections[index] = self.connect()
        time.sleep(0.2)

    def stop(self):
        for connection in self.connections:
            connection.close()


class Crowd(Attack):
    """1,100 connections of one address that each ask once a second, and come again where they are closed"""

    source = "127.0.0.1"
    count = 550

    def start(self):
        self.connections = [self.node.connect(source=self.source) for _ in range(self.count)]
        self.next = 0
        for connection in self.connections:
            connection.setblocking(False)

    def step(self):
        for _ in range(self.count // 20):
            index, self.next = self.next, (self.next + 1) % self.count
            connection = self.connections[index]
            try:
                while True:
                    if not connection.recv(65_536):
                        raise ConnectionError
            except BlockingIOError:
                pass
            except OSError:
                connection.close()
                connection = self.connections[index] = self.node.connect(source=self.source)
                connection.setblocking(False)
            try:
                connection.send(post(rpc("eth_chainId")))
            except OSError:
                pass
        time.sleep(0.05)

    def stop(self):
        for connection in self.connections:
            connection.close()


class Strangers(Crowd):
    """The same from an address that honest clients do not come from"""

    source = STRANGER


class Sockets(Attack):
    """1,100 WebSockets of one address, opened again where they are closed"""

    def start(self):
        self.sockets = []
        self.step()

    def step(self):
        while len(self.sockets) < 550:
            try:
                self.sockets.append(WebSocket(self.node, source=STRANGER))
            except (AssertionError, OSError):
                break
        time.sleep(0.1)

    def stop(self):
        for socket in self.sockets:
            socket.close()


class Unfinished(Attack):
    """Four hundred connections that each send 10 MB of a body and not its end"""

    length = 10 << 20

    def start(self):
        self.piece = b" " * (1 << 20)
        self.connections = [self.connect() for _ in range(200)]
        for _ in range(20):
            self.step()

    def connect(self):
        connection = self.node.connect()
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % self.length)
        connection.setblocking(False)
        return [connection, self.length - 1]

    def step(self):
        for each in self.connections:
            connection, left = each
            try:
                each[1] -= connection.send(self.piece[:left]) if left else 0
            except BlockingIOError:
                pass
            except OSError:
                connection.close()
                each[:] = self.connect()
        time.sleep(0.02)

    def stop(self):
        for connection, _ in self.connections:
            connection.close()


class Flood(Attack):
    """A hundred connections that ask for balances as fast as they are answered, 32 at a time"""

    def start(self):
        self.request = post(rpc("eth_getBalance", "0x" + "11" * 20, "latest")) * 32
        self.selector = selectors.DefaultSelector()
        for _ in range(50):
            connection = self.node.connect(source=STRANGER)
            connection.sendall(self.request)
            self.selector.register(connection, selectors.EVENT_READ, [0])

    def step(self):
        for key, _ in self.selector.select(timeout=0.1):
            key.data[0] += key.fileobj.recv(1 << 20).count(b"HTTP/1.1 200")
            if key.data[0] >= 32:
                key.data[0] -= 32
                key.fileobj.sendall(self.request)

    def stop(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()


def test_slow_heads(under_attack):
    under_attack(SlowHeads)


def test_a_crowd_of_one_address(under_attack):
    under_attack(Crowd, processes=2)


def test_a_crowd_of_strangers(under_attack):
    under_attack(Strangers, processes=2)


def test_a_crowd_of_sockets(under_attack):
    under_attack(Sockets, processes=2)


def test_unfinished_bodies(under_attack):
    under_attack(Unfinished, processes=2)


def provers_are_served(node):
    """A prover asks for work, on a port and an event loop that the flood does not reach."""
    for _ in range(20):
        start = time.monotonic()
        answer = requests.get(f"http://{node.options['PROVER_API_ADDRESS']}/prover-jobs/status", timeout=10)
        assert answer.status_code == 200
        assert time.monotonic() - start < 1


# Requests of the honest user take their turn at the event loop behind those of a hundred connections, and a transfer needs
# three: that is what the flood costs, not the making of blocks.
BEHIND_A_FLOOD = Bounds(inclusion_factor=6)


def test_a_flood_of_calls(under_attack):
    under_attack(
        Flood, processes=2, bounds=BEHIND_A_FLOOD, meanwhile=provers_are_served, PROVER_API_COMPONENT_ENABLED="true",
        PROVER_API_ADDRESS=f"127.0.0.1:{free_port()}")
