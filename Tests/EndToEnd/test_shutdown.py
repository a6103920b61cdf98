"""Ctrl-C ends the node in time, whatever it is doing."""

import time

from clients import LONG_CALLS, WebSocket, encode, heavy_estimate, post
from node import Node, wait_until


def busy_node(own_node, **options) -> Node:
    node = own_node(**LONG_CALLS, **options)
    # Whoever asked stays and waits for the answer.
    node.clients = [post(node, encode([heavy_estimate(id) for id in range(8)])) for _ in range(4)]
    for _ in range(20):
        client = WebSocket(node)
        client.subscribe("newHeads")
        client.send(encode(heavy_estimate()))
        node.clients.append(client)
    wait_until(lambda: node.metrics()['rpc_requests_in_flight{kind="heavy"}'] == 24)
    return node


def seconds_to_stop(node: Node) -> float:
    start = time.monotonic()
    assert node.stop(timeout=10) == 0
    return time.monotonic() - start


def test_ctrl_c_with_heavy_calls_and_open_sockets(own_node):
    node = busy_node(own_node)
    assert seconds_to_stop(node) < 5.5
    assert "stopped" in node.log()
    # What was cut off is not lost: the chain is where it was.
    node.start()
    assert node.head() >= 1


def test_the_grace_is_an_option(own_node):
    node = busy_node(own_node, SHUTDOWN_GRACE="1s")
    assert seconds_to_stop(node) < 2.5


def test_no_grace_at_all(own_node):
    node = busy_node(own_node, SHUTDOWN_GRACE="0s")
    assert seconds_to_stop(node) < 2
    node.start()
