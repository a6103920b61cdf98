"""WebSocket subscribers: everybody gets the same in the same order, within bounds, and nobody waits for a slow one."""

import pytest

from clients import WebSocket
from node import RICH, RpcError, Wallet, fund, wait_until

TOO_MANY_SUBSCRIPTIONS = -32006


def heads(client: WebSocket, subscriptions: list[str], until: int) -> dict[str, list[dict]]:
    """What comes for each subscription, up to the block `until`."""
    seen = {each: [] for each in subscriptions}
    while any(not items or int(items[-1]["number"], 16) < until for items in seen.values()):
        notification = client.receive()
        assert notification["method"] == "eth_subscription"
        seen[notification["params"]["subscription"]].append(notification["params"]["result"])
    return seen


def test_all_subscribers_get_the_same_heads_without_gaps(node, rich):
    clients = [WebSocket(node) for _ in range(4)]
    subscriptions = [[client.subscribe("newHeads") for _ in range(8)] for client in clients]
    first = node.head() + 1
    for _ in range(10):
        last = int(rich.transact(to=RICH.address)["blockNumber"], 16)
    expected = [node.call("eth_getBlockByNumber", hex(number), False)["hash"] for number in range(first, last + 1)]
    for client, ids in zip(clients, subscriptions):
        for items in heads(client, ids, last).values():
            assert [item["hash"] for item in items] == expected
        client.close()


def test_logs_come_once_each_and_in_order(node, rich, token):
    client = WebSocket(node)
    subscriptions = {client.subscribe("logs", {"address": token.address}) for _ in range(3)}
    everything = client.subscribe("logs", {"address": "0x" + "77" * 20})
    amounts = list(range(1, 21))
    for amount in amounts:
        rich.send(to=token.address, data=token.encode_abi("transfer", [RICH.address, amount]), gas=200_000)
    seen = {each: [] for each in subscriptions}
    while any(len(items) < len(amounts) for items in seen.values()):
        notification = client.receive()["params"]
        assert notification["subscription"] != everything
        seen[notification["subscription"]].append(int(notification["result"]["data"], 16))
    assert all(items == amounts for items in seen.values())
    client.close()


def test_the_subscriptions_of_a_connection_are_limited(node):
    client, other = WebSocket(node), WebSocket(node)
    ids = [client.subscribe("newHeads") for _ in range(32)]
    with pytest.raises(RpcError) as refusal:
        client.subscribe("newHeads")
    assert refusal.value.code == TOO_MANY_SUBSCRIPTIONS
    other.subscribe("newHeads")
    # One that ends makes room.
    assert client.request("eth_unsubscribe", ids[0])["result"] is True
    client.subscribe("newHeads")
    client.close()
    other.close()


def test_an_option_allows_more_subscriptions(own_node):
    client = WebSocket(own_node(RPC_MAX_SUBSCRIPTIONS_PER_CONNECTION="40"))
    for _ in range(40):
        client.subscribe("newHeads")
    with pytest.raises(RpcError) as refusal:
        client.subscribe("newHeads")
    assert refusal.value.code == TOO_MANY_SUBSCRIPTIONS
    client.close()


def test_a_subscriber_that_never_reads_is_dropped_and_the_others_go_on(own_node):
    node = own_node()
    sender = Wallet(node)
    fund(node, [sender], 10**18)
    slow, quick = WebSocket(node, receive_buffer=4_096), WebSocket(node)
    for _ in range(32):
        slow.subscribe("newPendingTransactions", True)
    follower = quick.subscribe("newPendingTransactions")
    before = node.resident_bytes()
    sent = []
    # Each is 200 kB as JSON, times thirty-two.
    for _ in range(20):
        sent.append(sender.send(to=RICH.address, data=bytes(100_000), gas=2_000_000))
    for expected in sent:
        notification = quick.receive()["params"]
        assert (notification["subscription"], notification["result"]) == (follower, expected)
    assert node.resident_bytes() - before < 100 << 20
    wait_until(lambda: "slow consumer" in node.log())
    # Whatever it still finds, the connection is at its end.
    with pytest.raises((EOFError, ConnectionError)):
        while True:
            slow.receive_frame()
    quick.close()
