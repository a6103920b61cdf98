"""Input that no honest client sends, and clients that no server likes."""

import json
import resource
import socket
import time

import pytest

from node import RICH, Wallet


def error_code(response) -> int:
    return response.json()["error"]["code"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"', b"\xff\xfe", b'{"jsonrpc":"2.0","method":"\xc3\x28"}', b"[1,"],
)
def test_what_is_no_json(node, body):
    response = node.raw(body)
    assert response.status_code in (200, 400)
    assert error_code(response) == -32700


def test_json_that_is_no_request(node):
    assert error_code(node.raw(b"[]")) == -32600
    assert error_code(node.raw(b'{"jsonrpc":"2.0","id":1}')) == -32600
    assert error_code(node.raw(b"17")) == -32600


def test_unknown_methods_and_bad_parameters(node):
    assert node.request("eth_nonsense")["error"]["code"] == -32601
    assert node.request("eth_getBalance")["error"]["code"] == -32602
    assert node.request("eth_getBalance", "0x12", "latest")["error"]["code"] == -32602
    assert node.request("eth_getBlockByNumber", "0xzz", False)["error"]["code"] == -32602


def test_deep_nesting_is_refused(node):
    response = node.raw(b"[" * 100_000 + b"]" * 100_000)
    assert error_code(response) in (-32700, -32600)


def test_a_huge_batch_is_refused_whole(node):
    one = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    response = node.raw(json.dumps([one] * 20_000).encode())
    assert response.status_code in (200, 413)
    if response.status_code == 200:
        assert error_code(response) == -32600


def test_an_oversized_body_is_refused(node):
    try:
        response = node.raw(b" " * (64 << 20))
        assert response.status_code == 413
    except OSError:
        pass  # the node may close the connection before the client has written everything
    assert node.call("eth_chainId") == "0x10e"


def test_batches_answer_in_order(node):
    batch = [{"jsonrpc": "2.0", "id": index, "method": "eth_chainId", "params": []} for index in range(50)]
    answers = node.raw(json.dumps(batch).encode()).json()
    assert [answer["id"] for answer in answers] == list(range(50))


def raise_file_limit(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this machine allows {hard} open files, {wanted} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def open_connections(node, count: int) -> list[socket.socket]:
    """Connections of which every tenth has begun a request that it never ends; the others say nothing."""
    connections = []
    for index in range(count):
        connection = socket.create_connection(("127.0.0.1", node.port))
        if index % 10 == 0:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: node\r\nContent-Length: 100\r\n\r\n{")
        connections.append(connection)
    return connections


def test_ten_thousand_idle_and_slow_connections_do_not_stop_the_chain(own_node):
    raise_file_limit(12_000)
    node = own_node(RPC_MAX_CONNECTIONS="20000")
    before = node.resident_bytes()
    connections = open_connections(node, 10_000)
    time.sleep(0.5)
    rich = Wallet(node, RICH)
    rich.transact(to=RICH.address)
    held = node.resident_bytes() - before
    assert held < 300 << 20
    for connection in connections:
        connection.close()
    # Their memory serves the next ones: it does not grow with every wave.
    for _ in range(2):
        for connection in open_connections(node, 10_000):
            connection.close()
    rich.transact(to=RICH.address)
    assert node.resident_bytes() - before < held + (100 << 20)


def test_idle_connections_beyond_the_limit_keep_nobody_out(own_node):
    raise_file_limit(12_000)
    node = own_node(RPC_MAX_CONNECTIONS="500")
    before = node.resident_bytes()
    connections = open_connections(node, 10_000)
    # A connection must have been silent for a second before another takes its place.
    time.sleep(1.2)
    rich = Wallet(node, RICH)
    rich.transact(to=RICH.address)
    assert node.resident_bytes() - before < 100 << 20
    for connection in connections:
        connection.close()
