#!/usr/bin/env python3
"""What subscribers cost everybody else: the time from sending a transfer to its receipt, with and without them.

    .venv/bin/python Tests/EndToEnd/load_subscribers.py [--sockets 40] [--subscriptions 1024] [--seconds 10]

Every WebSocket subscribes to new heads that many times and reads without looking. Prints one line of JSON per case, then
the notifications' bytes that arrived. On a machine that does nothing else.
"""

import argparse
import json
import multiprocessing
import pathlib
import selectors
import tempfile

from clients import WebSocket, encode, rpc
from measuring import send_to_receipt
from node import Node


def read_everything(node: Node, sockets: int, subscriptions: int, ready, stopped, received) -> None:
    """A process of its own: reading must not wait for the interpreter that measures."""
    selector = selectors.DefaultSelector()
    for _ in range(sockets):
        client = WebSocket(node)
        for id in range(subscriptions):
            client.send(encode(rpc("eth_subscribe", "newHeads", id=id)))
            answer = client.receive()
            while "id" not in answer:
                answer = client.receive()
            assert "result" in answer, answer
        client.socket.setblocking(False)
        selector.register(client.socket, selectors.EVENT_READ, client)
    ready.set()
    total, open_sockets, buffer = 0, sockets, bytearray(1 << 20)
    while not stopped.is_set():
        for key, _ in selector.select(timeout=0.1):
            try:
                count = key.fileobj.recv_into(buffer)
            except ConnectionError:
                count = 0
            total += count
            if count == 0:
                selector.unregister(key.fileobj)
                open_sockets -= 1
    received.put({"megabytes": round(total / 1e6, 1), "sockets_left": open_sockets})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockets", type=int, default=40)
    parser.add_argument("--subscriptions", type=int, default=1_024)
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    options = {"SEQUENCER_BLOCK_TIME": "5ms"}
    if arguments.subscriptions > 32:
        options["RPC_MAX_SUBSCRIPTIONS_PER_CONNECTION"] = str(arguments.subscriptions)
    with tempfile.TemporaryDirectory() as directory:
        node = Node(pathlib.Path(directory), **options).start()
        ready, stopped, received = multiprocessing.Event(), multiprocessing.Event(), multiprocessing.Queue()
        reader = multiprocessing.Process(
            target=read_everything, args=[node, arguments.sockets, arguments.subscriptions, ready, stopped, received])
        try:
            send_to_receipt(node, "alone", arguments.seconds / 2)
            reader.start()
            assert ready.wait(120), "the subscribers did not come to their subscriptions"
            case = f"{arguments.sockets} sockets with {arguments.subscriptions} subscriptions each"
            send_to_receipt(node, case, arguments.seconds)
            stopped.set()
            print(json.dumps({"case": "received"} | received.get(timeout=30)))
        finally:
            stopped.set()
            node.close()


if __name__ == "__main__":
    main()
