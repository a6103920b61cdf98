"""Calls that a client can make take long: they have a bound and an end, and nobody else waits for them."""

import select

import pytest

from clients import LONG_CALLS, WebSocket, encode, heavy_estimate, post
from node import RICH, Wallet, wait_until

BUSY = -32005
PLAIN_TRANSFER = {"from": RICH.address, "to": RICH.address}


def batch_of_heavy_calls() -> bytes:
    return encode([heavy_estimate(id) for id in range(8)])


def heavy_calls_in_work(node) -> float:
    return node.metrics()['rpc_requests_in_flight{kind="heavy"}']


def test_who_sends_heavy_calls_and_leaves_holds_nobody_up(own_node):
    node = own_node(**LONG_CALLS)
    rich = Wallet(node, RICH)
    attackers = [post(node, batch_of_heavy_calls()) for _ in range(2)]
    wait_until(lambda: heavy_calls_in_work(node) == 2)
    for attacker in attackers:
        attacker.close()
    # What nobody waits for any more ends, and is not counted as having taken too long; other calls are answered.
    rich.transact(to=RICH.address)
    wait_until(lambda: heavy_calls_in_work(node) == 0)
    assert node.metrics()["rpc_abandoned_requests"] == 2
    assert node.call("eth_call", {"to": RICH.address}, "latest") == "0x"


def test_other_calls_are_served_while_heavy_calls_run(own_node):
    node = own_node(**LONG_CALLS)
    rich = Wallet(node, RICH)
    attackers = [post(node, batch_of_heavy_calls()) for _ in range(4)]
    for attacker in attackers:
        attacker.setblocking(False)
    for _ in range(3):
        rich.transact(to=RICH.address)
        assert int(node.call("eth_getBalance", RICH.address, "latest"), 16) > 0
    # All that came about while the heavy calls went on.
    for attacker in attackers:
        with pytest.raises(BlockingIOError):
            attacker.recv(1)
        attacker.close()


def test_heavy_calls_beyond_the_bound_are_refused_at_once(own_node):
    node = own_node(**LONG_CALLS)
    client = WebSocket(node)
    for id in range(64):
        client.send(encode(heavy_estimate(id)))
    # Refusals overtake the calls that were taken.
    refused = client.receive()
    assert refused["error"]["code"] == BUSY, refused
    # The bound of one connection leaves room for others.
    wait_until(lambda: node.request("eth_estimateGas", PLAIN_TRANSFER).get("result") == hex(21_000))
    client.close()


def test_what_all_clients_together_may_have_waiting_is_bounded(own_node):
    node = own_node(**LONG_CALLS)
    clients = [WebSocket(node) for _ in range(70)]
    for client in clients:
        for id in range(16):
            client.send(encode(heavy_estimate(id)))
    # Whoever comes too late is told so before anybody else is answered.
    first, *_ = select.select([client.socket for client in clients], [], [], 30)[0]
    answer = next(client for client in clients if client.socket is first).receive()
    assert answer["error"]["code"] == BUSY, answer
    for client in clients:
        client.close()
    # Who left has made room.
    wait_until(lambda: heavy_calls_in_work(node) == 0)
    assert node.call("eth_estimateGas", PLAIN_TRANSFER) == hex(21_000)


def test_a_batch_has_one_limit_for_all_its_calls(own_node):
    """However many heavy calls a batch has, it ends."""
    node = own_node(**LONG_CALLS)
    client = WebSocket(node)
    client.send(encode([heavy_estimate(id) for id in range(40)]))
    client.socket.settimeout(15)
    answers = client.receive()
    errors = [answer["error"] for answer in answers if "error" in answer] if isinstance(answers, list) else [answers["error"]]
    assert errors, "forty heavy calls were all worked off"


def test_ctrl_c_ends_the_node_while_heavy_calls_run(own_node):
    node = own_node(**LONG_CALLS)
    clients = [post(node, batch_of_heavy_calls()) for _ in range(8)]
    wait_until(lambda: heavy_calls_in_work(node) == 8)
    assert node.stop(timeout=5) == 0
    for client in clients:
        client.close()
