"""Clients that do exactly what they are told: they leave before the answer comes, never read, or read without looking."""

import base64
import json
import os
import socket
import struct

from node import Node, RpcError

# A contract that nobody deployed, for state overrides.
SPINNER = "0x" + "5e".zfill(40)
# Hashes 64 KiB again and again until little gas is left. An estimate of it runs that loop for each limit that it tries.
LOOP = "0x5b61ffff5f20506175305a115f5700"


def rpc(method: str, *params, id: int = 1) -> dict:
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": list(params)}


# Options with which a node lets an estimate compute as long as the virtual machine would. By default it ends where no
# transaction may compute any longer, which is soon.
LONG_CALLS = {"SEQUENCER_MAX_TRANSACTION_NATIVE": str(1 << 36), "SEQUENCER_MAX_BLOCK_CYCLES": str(1 << 40)}


def heavy_estimate(id: int = 1) -> dict:
    """A small request that takes a node with `LONG_CALLS` seconds to answer."""
    return rpc("eth_estimateGas", {"to": SPINNER}, "latest", {SPINNER: {"code": LOOP}}, id=id)


def encode(request: dict | list) -> bytes:
    return json.dumps(request, separators=(",", ":")).encode()


def post(node: Node, body: bytes) -> socket.socket:
    """Sends a request over HTTP and does not wait for its answer; closing the connection leaves."""
    connection = socket.create_connection(("127.0.0.1", node.port), timeout=30)
    head = "POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
    connection.sendall(head.format(len(body)).encode() + body)
    return connection


class WebSocket:
    """A WebSocket connection whose frames are read when the test says so, into a receive buffer of the test's choice."""

    TEXT, CLOSE, PING = 1, 8, 9

    def __init__(self, node: Node, receive_buffer: int | None = None, source: str = "127.0.0.1"):
        self.socket = node.connect(receive_buffer, source)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            "GET / HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.reader = self.socket.makefile("rb")
        status = self.reader.readline()
        assert status.startswith(b"HTTP/1.1 101"), status
        while self.reader.readline() not in (b"\r\n", b""):
            pass

    def send(self, text: bytes) -> None:
        # A mask of zeros is as good as any other, and changes nothing.
        self.socket.sendall(struct.pack("!BBQ4x", 0x80 | self.TEXT, 0x80 | 127, len(text)) + text)

    def receive_frame(self) -> tuple[int, bytes]:
        """The next frame's kind and content. Raises `EOFError` where the connection ends."""
        kind, length = self._exactly(2)
        if length == 126:
            (length,) = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._exactly(8))
        return kind & 0x0F, self._exactly(length)

    def receive(self) -> dict:
        while True:
            kind, content = self.receive_frame()
            if kind == self.TEXT:
                return json.loads(content)
            assert kind == self.PING, f"frame of kind {kind}: {content}"

    def request(self, method: str, *params) -> dict:
        """The whole answer. Notifications must not come in between."""
        self.send(encode(rpc(method, *params)))
        return self.receive()

    def subscribe(self, *params) -> str:
        answer = self.request("eth_subscribe", *params)
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def close(self) -> None:
        self.reader.close()
        self.socket.close()

    def _exactly(self, count: int) -> bytes:
        content = self.reader.read(count)
        if len(content) < count:
            raise EOFError
        return content
