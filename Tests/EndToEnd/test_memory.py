"""What the requests of strangers may take of the node's memory."""

import socket
import threading

from clients import LONG_CALLS, SPINNER, WebSocket, encode, heavy_estimate, rpc
from node import RICH, Wallet, wait_until

BUDGET = 64 << 20
MESSAGE = 8 << 20


class Flood(threading.Thread):
    """One WebSocket that sends long messages as fast as the node takes them, and reads nothing."""

    def __init__(self, node, message: bytes):
        super().__init__(daemon=True)
        self.client, self.message, self.sent = WebSocket(node), message, 0

    def run(self):
        try:
            while True:
                self.client.send(self.message)
                self.sent += 1
        except OSError:
            pass

    def stop(self):
        # Closing alone would not wake the thread that sends.
        try:
            self.client.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the node has refused it already
        self.join()
        self.client.close()


def test_long_messages_to_a_busy_node_stay_within_the_budget(own_node):
    node = own_node(RPC_MAX_MEMORY_BYTES=str(BUDGET), **LONG_CALLS)
    rich = Wallet(node, RICH)
    rich.transact(to=RICH.address)
    before = node.resident_bytes()
    # Each message holds a call that takes long, so the node is as busy as they make it; the length is in another.
    call = {"to": SPINNER, "data": "0x" + "00" * (MESSAGE // 2 - 1_000)}
    message = encode([heavy_estimate(), rpc("eth_call", call, "latest")])
    floods = [Flood(node, message) for _ in range(24)]
    for flood in floods:
        flood.start()
    largest = 0

    def sent_enough() -> bool:
        nonlocal largest
        largest = max(largest, node.resident_bytes() - before)
        return sum(flood.sent for flood in floods) >= 96

    try:
        wait_until(sent_enough, timeout=10)
    except TimeoutError:
        pass  # back-pressure: the node takes no more than it has room for
    # Nobody else is refused anything.
    rich.transact(to=RICH.address)
    # A request is held as it came and, while it is worked off, once more as the call reads it. Without the option the same
    # clients make the node grow by six times the budget.
    assert max(largest, node.resident_bytes() - before) < 3 * BUDGET
    for flood in floods:
        flood.stop()
    wait_until(lambda: node.request("eth_estimateGas", {"from": RICH.address, "to": RICH.address}).get("result") == "0x5208")
