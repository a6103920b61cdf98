"""What the scripts that put a node under load have in common: one client whose calls are timed."""

import http.client
import json
import statistics
import time

from clients import encode, rpc
from node import RICH, Node, Wallet


def percentile(values: list[float], share: float) -> float:
    """The smallest value that is not below `share` of them, between 0 and 1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class TimedClient:
    """One connection that is kept. It is as thin as it can be, so that its own work does not count as the node's."""

    def __init__(self, node: Node):
        self.connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=120)
        self.milliseconds: dict[str, list[float]] = {}

    def call(self, method: str, *params):
        body = encode(rpc(method, *params))
        start = time.perf_counter()
        self.connection.request("POST", "/", body, {"Content-Type": "application/json"})
        text = self.connection.getresponse().read()
        self.note(method, start)
        answer = json.loads(text)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def note(self, what: str, start: float) -> None:
        self.milliseconds.setdefault(what, []).append((time.perf_counter() - start) * 1_000)

    def report(self, case: str, *calls: str) -> None:
        """One line of JSON for each kind of call."""
        for call in calls:
            times = sorted(self.milliseconds[call])
            print(json.dumps({
                "case": case, "call": call, "count": len(times), "p50_ms": round(statistics.median(times), 2),
                "p99_ms": round(percentile(times, 0.99), 2), "max_ms": round(times[-1], 2),
            }), flush=True)


def send_and_read(node: Node, case: str, seconds: float) -> None:
    """Sends transfers and asks for balances, in turn, and says how long the answers took."""
    client, wallet = TimedClient(node), Wallet(node, RICH)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        raw = "0x" + wallet.sign(to=RICH.address).hex()
        wallet.nonce += 1
        client.call("eth_sendRawTransaction", raw)
        client.call("eth_getBalance", RICH.address, "latest")
    client.report(case, "eth_sendRawTransaction", "eth_getBalance")


def send_to_receipt(node: Node, case: str, seconds: float) -> float:
    """Sends one transfer after the other, each when the last one's receipt has come, and says how long that took; p99 in
    milliseconds."""
    client, wallet = TimedClient(node), Wallet(node, RICH)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        raw = "0x" + wallet.sign(to=RICH.address).hex()
        wallet.nonce += 1
        start = time.perf_counter()
        transaction_hash = client.call("eth_sendRawTransaction", raw)
        while client.call("eth_getTransactionReceipt", transaction_hash) is None:
            time.sleep(0.001)
        client.note("send to receipt", start)
    client.report(case, "send to receipt")
    return percentile(client.milliseconds["send to receipt"], 0.99)
