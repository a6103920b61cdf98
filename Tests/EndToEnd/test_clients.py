"""Who a client is, what it may have, and what it is told where it breaks the rules of the protocols."""

import json

import pytest

from clients import WebSocket, encode, rpc
from node import Node, RpcError


def post(node: Node, request: dict, source: str = "127.0.0.1", headers: str = "") -> dict:
    """The answer to a request from an address of this machine, over a connection of its own."""
    with node.connect(source=source) as connection:
        body = encode(request)
        head = f"POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)
        reader = connection.makefile("rb")
        length = 0
        while (line := reader.readline().lower()) not in (b"\r\n", b""):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(reader.read(length))


def test_an_address_has_a_limit_of_its_own(own_node):
    node = own_node(RPC_MAX_CONNECTIONS_PER_ADDRESS="3", RPC_TRUSTED_ADDRESSES="127.0.1.0/24, ::1")
    crowd = [WebSocket(node, source="127.0.0.2") for _ in range(3)]
    with pytest.raises(AssertionError, match="429"):
        WebSocket(node, source="127.0.0.2")
    assert node.metrics()['rpc_connections_refused{reason="address"}'] == 1
    crowd += [WebSocket(node, source="127.0.1.7") for _ in range(5)]
    assert node.call("eth_chainId") == "0x10e"
    for client in crowd:
        assert client.request("eth_chainId")["result"] == "0x10e"
        client.close()


def test_a_full_node_has_a_place_for_another_address(own_node):
    node = own_node(RPC_MAX_CONNECTIONS="4", RPC_MAX_CONNECTIONS_PER_ADDRESS="4")
    crowd = [WebSocket(node, source="127.0.0.2") for _ in range(4)]
    other = WebSocket(node, source="127.0.0.3")
    assert other.request("eth_chainId")["result"] == "0x10e"
    # The oldest has made room.
    with pytest.raises((EOFError, ConnectionError)):
        crowd[0].request("eth_chainId")
    assert node.metrics()["rpc_connections_displaced"] == 1
    for client in [*crowd, other]:
        client.close()


def test_a_trusted_proxy_says_who_asks(own_node):
    node = own_node(RPC_TRUSTED_PROXIES="127.0.0.9", RPC_MAX_FILTERS_PER_CLIENT="1")
    add = rpc("eth_newBlockFilter")
    assert "result" in post(node, add, "127.0.0.9", "X-Forwarded-For: 10.0.0.1\r\n")
    # Another client of the same proxy; what it claims itself comes first, and does not count.
    assert "result" in post(node, add, "127.0.0.9", "X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n")
    assert post(node, add, "127.0.0.9", "X-Forwarded-For: 10.0.0.1\r\n")["error"]["message"] == "too many filters"
    # Nobody else is believed.
    assert "result" in post(node, add, "127.0.0.4", "X-Forwarded-For: 10.0.0.3\r\n")
    assert "error" in post(node, add, "127.0.0.4", "X-Forwarded-For: 10.0.0.4\r\n")
    assert node.metrics()['rpc_filter_refusals{reason="client"}'] == 2
    assert node.metrics()["rpc_filters"] == 3


def test_what_filters_and_subscriptions_name_is_bounded(own_node):
    node = own_node(RPC_MAX_FILTER_BYTES="65536", RPC_MAX_LOG_TERMS_PER_CONNECTION="5", RPC_MAX_LOG_TERMS="8")
    large = {"address": ["0x" + f"{index:040x}" for index in range(900)]}
    assert node.refusal("eth_newFilter", large).message == "too many filters"
    client, other = WebSocket(node), WebSocket(node)
    five = {"address": large["address"][:3], "topics": [["0x" + "11" * 32, "0x" + "22" * 32]]}
    first = client.subscribe("logs", five)
    for client_ in (client, other):
        with pytest.raises(RpcError) as refusal:
            client_.subscribe("logs", five)
        assert refusal.value.code == -32005
    assert client.request("eth_unsubscribe", first)["result"] is True
    other.subscribe("logs", five)
    refused = {name: value for name, value in node.metrics().items() if name.startswith("rpc_log_subscription_refusals")}
    assert sum(refused.values()) == 2
    client.close()
    other.close()


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n", 400),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 7\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 426),
        ("GET / HTTP/1.0\r\n\r\n", 200),
    ],
)
def test_requests_that_break_the_rules_are_told_so(node, request_head, status):
    with node.connect() as connection:
        connection.sendall(request_head.encode())
        assert connection.makefile("rb").readline().split()[1] == str(status).encode()


def test_a_text_that_is_not_utf8_closes_the_socket(node):
    client = WebSocket(node)
    client.send(b'{"jsonrpc":"2.0","id":"\xff","method":"eth_chainId"}')
    kind, content = client.receive_frame()
    assert (kind, content[:2]) == (WebSocket.CLOSE, (1007).to_bytes(2, "big"))
    client.close()
