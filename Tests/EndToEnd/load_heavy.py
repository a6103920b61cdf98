#!/usr/bin/env python3
"""How a node serves everybody else while many clients loop on calls that take long, and how soon it then stops.

    .venv/bin/python Tests/EndToEnd/load_heavy.py [--clients 32] [--seconds 10]

Prints one line of JSON per kind of call: alone, then under the load; then how the heavy calls were answered, and how long
Ctrl-C took while they went on. On a machine that does nothing else.
"""

import argparse
import collections
import http.client
import json
import multiprocessing
import pathlib
import tempfile
import threading
import time

from clients import LONG_CALLS, encode, heavy_estimate
from measuring import send_and_read
from node import Node


def loop_on_heavy_calls(port: int, clients: int, stopped, answers) -> None:
    """A process of its own: the load must not wait for the interpreter that measures."""
    counts = collections.Counter()

    def loop(index: int) -> None:
        # One in four sends batches.
        body = encode([heavy_estimate(id) for id in range(8)] if index % 4 == 0 else heavy_estimate())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while not stopped.is_set():
            try:
                connection.request("POST", "/", body, {"Content-Type": "application/json"})
                answer = json.loads(connection.getresponse().read())
                for each in answer if isinstance(answer, list) else [answer]:
                    counts[each["error"]["code"] if "error" in each else "answered"] += 1
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.01)

    threads = [threading.Thread(target=loop, args=[index]) for index in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put(dict(counts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        node = Node(pathlib.Path(directory), **LONG_CALLS).start()
        stopped, answers = multiprocessing.Event(), multiprocessing.Queue()
        load = multiprocessing.Process(target=loop_on_heavy_calls, args=[node.port, arguments.clients, stopped, answers])
        try:
            send_and_read(node, "alone", arguments.seconds / 2)
            load.start()
            time.sleep(1)
            send_and_read(node, f"{arguments.clients} clients with heavy calls", arguments.seconds)
            start = time.monotonic()
            code = node.stop(timeout=120)
            print(json.dumps({"case": "Ctrl-C", "seconds": round(time.monotonic() - start, 2), "exit_code": code}))
        finally:
            node.close()
            stopped.set()
        print(json.dumps({"case": "heavy calls", "answers": answers.get(timeout=150)}))
        load.join()


if __name__ == "__main__":
    main()
