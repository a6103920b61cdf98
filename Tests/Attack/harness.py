"""What an attack costs everybody else, measured on the real node.

To add an attack, put a class and a test into a file `test_….py` of this folder; this is all of it:

    from harness import Attack

    class SlowHeads(Attack):
        '''Connections that never end their request.'''

        def start(self):  # in a process of its own: set up, and return when the attack is in full force
            self.connections = [self.node.connect() for _ in range(500)]

        def step(self):  # again and again until the end; a failure here fails the test
            for connection in self.connections:
                connection.sendall(b"X-More: 1\\r\\n")
            time.sleep(1)

        def stop(self):  # let go of everything
            for connection in self.connections:
                connection.close()

    def test_slow_heads(under_attack):
        under_attack(SlowHeads, processes=2, RPC_MAX_CONNECTIONS="1000")

`under_attack(attack, processes=…, bounds=…, meanwhile=…, OPTION=…)` starts a node with these options, measures an honest
user and a prober of JSON-RPC and of the metrics port without the attack, then with it, then after it, and asserts
`Bounds`: inclusion p99 grows by less than a factor of 3, memory by less than 300 MB, and all is as before 5 s after the end.
`meanwhile(node)` is called in the middle of the attack, to look at what else must hold then. It returns a `Report`.

`make test` runs the short form, some seconds an attack; `make attack` the long one (`ATTACK_SECONDS=30`), which prints a line
for the table in `docs/security.md`. All attacks run at a lower priority than the node: attackers have machines of their own.
"""

import collections
import dataclasses
import http.client
import itertools
import json
import multiprocessing
import os
import sys
import threading
import time
import traceback

from eth_account import Account

from clients import encode, rpc
from measuring import percentile
from node import RICH, Node, Wallet, fund

LONG = "ATTACK_SECONDS" in os.environ
SECONDS = float(os.environ.get("ATTACK_SECONDS", "2.5"))
# Of the baseline, and the time in which everything must be as before.
BASELINE_SECONDS = SECONDS / 2 if LONG else 1.0
RECOVERY_SECONDS = 5.0
# What a loaded machine may add to the time of a block without that the node is to blame.
ALLOWANCE = 0.05 if LONG else 0.15
BLOCK_TIME = 0.1
MEGABYTE = 1 << 20
# An address of this machine that honest clients do not come from, for attackers: `node.connect(source=STRANGER)`.
STRANGER = "127.0.0.2"

_processes = multiprocessing.get_context("fork")


class Attack:
    """One attacker. Everything but the constructor runs in a process of the attacker's own."""

    def __init__(self, node: Node, index: int):
        self.node = node
        """Which of the attackers this one is."""
        self.index = index

    def start(self) -> None:
        """Sets the attack up, and returns when it is in full force."""

    def step(self) -> None:
        """Goes on with the attack; called again and again until its end."""
        time.sleep(0.05)

    def stop(self) -> None:
        """Ends the attack, as a stranger would: connections are closed."""


@dataclasses.dataclass
class Bounds:
    """What an attack may cost. An attack that says why may have others."""

    inclusion_factor: float = 3
    memory: int = 300 * MEGABYTE
    """Threads that may be there more than before: those of the system's pool come and go by a dozen."""
    threads: int = 32
    """Seconds in which a cheap call is answered at all times, its 99th percentile."""
    rpc: float = 1.0
    """The same for the pages of the metrics port."""
    operations: float = 1.0
    recovery: float = RECOVERY_SECONDS


@dataclasses.dataclass
class Phase:
    """What was measured during one phase; times in seconds."""

    inclusion: list[float]
    rpc: list[float]
    operations: list[float]
    memory: int
    threads: int

    def summary(self) -> dict:
        def milliseconds(times, share):
            return round(percentile(times, share) * 1_000, 1)

        return {
            "transfers": len(self.inclusion),
            "inclusion_p50_ms": milliseconds(self.inclusion, 0.5), "inclusion_p99_ms": milliseconds(self.inclusion, 0.99),
            "rpc_p50_ms": milliseconds(self.rpc, 0.5), "rpc_p99_ms": milliseconds(self.rpc, 0.99),
            "operations_p99_ms": milliseconds(self.operations, 0.99),
            "memory_mb": round(self.memory / MEGABYTE), "threads": self.threads,
        }


@dataclasses.dataclass
class Report:
    name: str
    before: Phase
    during: Phase
    """Seconds from the end of the attack until everything was as before; `None` where it did not come to that."""
    recovery: float | None
    """Bytes more than before, then."""
    kept: int

    def show(self) -> None:
        print(json.dumps({
            "attack": self.name, "before": self.before.summary(), "during": self.during.summary(),
            "recovery_s": self.recovery and round(self.recovery, 2), "kept_mb": round(self.kept / MEGABYTE),
        }, indent=1 if LONG else None), file=sys.stderr, flush=True)
        before, during = self.before.summary(), self.during.summary()
        print(
            f"| {self.name} | inclusion p99 {before['inclusion_p99_ms']:.0f} → {during['inclusion_p99_ms']:.0f} ms, RPC p99 "
            f"{before['rpc_p99_ms']:.1f} → {during['rpc_p99_ms']:.1f} ms, memory {during['memory_mb'] - before['memory_mb']:+d} MB, "
            f"threads {during['threads'] - before['threads']:+d}; after it {round(self.kept / MEGABYTE):+d} MB, "
            f"{'never' if self.recovery is None else f'{self.recovery:.1f} s'} |", file=sys.stderr, flush=True)


def measure(node: Node, attack: type[Attack], *, processes: int = 1, bounds: Bounds | None = None, meanwhile=None) -> Report:
    """Measures `node` without, with and after the attack, and asserts the bounds."""
    bounds = bounds or Bounds()
    name = (attack.__doc__ or attack.__name__).strip().splitlines()[0].rstrip(".")
    watch = _Watch(node)
    attackers = _Attackers(node, attack, processes)
    try:
        watch.start()
        before = watch.phase(BASELINE_SECONDS)
        attackers.start()
        watch.begin()
        if meanwhile is None:
            watch.sleep(SECONDS)
        else:
            watch.sleep(SECONDS / 2)
            meanwhile(node)
            watch.sleep(SECONDS / 2)
        during = watch.end()
        attackers.stop()
        limit = bounds.inclusion_factor * max(percentile(before.inclusion, 0.99), BLOCK_TIME + ALLOWANCE)
        recovery, kept = watch.recovery(before, limit, bounds)
    finally:
        attackers.kill()
        watch.stop()
    report = Report(name, before, during, recovery, kept)
    report.show()
    assert node.process.poll() is None, node.log()[-4_000:]
    assert percentile(during.inclusion, 0.99) < limit, f"inclusion beyond {limit:.2f} s"
    assert percentile(during.rpc, 0.99) < bounds.rpc, "JSON-RPC is slow"
    assert percentile(during.operations, 0.99) < bounds.operations, "the metrics port is slow"
    assert during.memory - before.memory < bounds.memory, "memory"
    assert during.threads - before.threads < bounds.threads, "threads"
    assert recovery is not None, f"not as before within {bounds.recovery} s of the end, {kept / MEGABYTE:.0f} MB kept"
    return report


# MARK: Attackers


class _Attackers:
    def __init__(self, node: Node, attack: type[Attack], count: int):
        self.ready = [_processes.Event() for _ in range(count)]
        self.stopped = _processes.Event()
        self.failures = _processes.SimpleQueue()
        self.processes = [
            _processes.Process(target=self._run, args=[attack, node, index], daemon=True) for index in range(count)]

    def start(self) -> None:
        for process in self.processes:
            process.start()
        for ready, process in zip(self.ready, self.processes):
            while not ready.wait(0.1):
                self._check()
                assert process.is_alive(), "the attack did not begin"

    def stop(self) -> None:
        """Returns when the attackers have gone."""
        self.stopped.set()
        for process in self.processes:
            process.join(20)
        self._check()

    def kill(self) -> None:
        for process in self.processes:
            if process.is_alive():
                process.kill()

    def _check(self) -> None:
        if not self.failures.empty():
            raise AssertionError(f"the attack failed:\n{self.failures.get()}")

    def _run(self, kind: type[Attack], node: Node, index: int) -> None:
        os.nice(5)
        try:
            attack = kind(node, index)
            attack.start()
            self.ready[index].set()
            while not self.stopped.is_set():
                attack.step()
            attack.stop()
        except BaseException:
            self.failures.put(traceback.format_exc())


# MARK: Measuring


class _Caller:
    """One connection that is kept, and opened again where the node closed it."""

    def __init__(self, port: int):
        self.port = port
        self.connection: http.client.HTTPConnection | None = None

    def call(self, method: str, *params):
        return self.send(rpc(method, *params))

    def send(self, request: dict | list):
        """The answer, or `None` where there was none in a second: the caller tries again."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            self.connection.request("POST", "/", encode(request), {"Content-Type": "application/json"})
            return json.loads(self.connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return None

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class _User:
    """An honest user: a transfer each 100 ms, whatever became of the last. Who sends does not wait for who asks for receipts."""

    def __init__(self, port: int, account, samples):
        self.port, self.account, self.samples = port, account, samples
        self.unsent: collections.deque[tuple[float, bytes]] = collections.deque()
        self.waiting: collections.deque[tuple[float, str]] = collections.deque()

    def run(self) -> None:
        sender = threading.Thread(target=self._send, daemon=True)
        asker = threading.Thread(target=self._ask, daemon=True)
        sender.start()
        asker.start()
        due = time.monotonic()
        for nonce in itertools.count():
            time.sleep(max(0, due - time.monotonic()))
            transaction = {
                "type": 2, "chainId": 270, "nonce": nonce, "gas": 21_000, "maxFeePerGas": 10_000, "maxPriorityFeePerGas": 0,
                "to": RICH.address, "value": 0, "data": b""}
            self.unsent.append((due, self.account.sign_transaction(transaction)))
            due += 0.1
            # A thread that fails has said why; without it nothing more is measured.
            if not sender.is_alive() or not asker.is_alive():
                return

    def _send(self) -> None:
        caller = _Caller(self.port)
        while True:
            if not self.unsent:
                time.sleep(0.002)
                continue
            start, signed = self.unsent[0]
            answer = caller.call("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex())
            # An answer that got lost on its way leaves the transaction known.
            if answer is not None and ("result" in answer or "already known" in answer["error"]["message"]):
                self.waiting.append((start, "0x" + signed.hash.hex()))
                self.unsent.popleft()
            elif answer is None or answer["error"]["code"] == -32005:
                time.sleep(0.02)
            else:
                raise RuntimeError(f"an honest transfer was refused: {answer['error']}")

    def _ask(self) -> None:
        caller = _Caller(self.port)
        while True:
            waiting = list(itertools.islice(self.waiting, 50))
            if waiting:
                answers = caller.send([rpc("eth_getTransactionReceipt", each) for _, each in waiting])
                for answer in answers if isinstance(answers, list) else []:
                    if not answer.get("result"):
                        break
                    start, _ = self.waiting.popleft()
                    self.samples.put(("inclusion", start, time.monotonic()))
            # What is not in yet counts with the time that it has waited.
            oldest = min([start for start, _ in [*list(self.waiting)[:1], *list(self.unsent)[:1]]], default=time.monotonic())
            self.samples.put(("oldest", oldest, time.monotonic()))
            time.sleep(0.004)


def _probe(port: int, address: str, samples) -> None:
    """Cheap calls over a connection that is kept, and every tenth over a new one."""
    caller, count = _Caller(port), 0
    while True:
        count += 1
        if count % 10 == 0:
            caller.close()
        start = time.monotonic()
        while True:
            answer = caller.call("eth_blockNumber") if count % 2 else caller.call("eth_getBalance", address, "latest")
            if answer is not None and "result" in answer:
                break
            samples.put(("rpc-waiting", start, time.monotonic()))
            time.sleep(0.02)
        samples.put(("rpc", start, time.monotonic()))
        time.sleep(0.02)


def _probe_operations(port: int, samples) -> None:
    """The pages that decide whether the node is restarted, as Prometheus and a supervisor ask for them."""
    pages = ["/health", "/metrics", "/status"]
    while True:
        for page in pages:
            start = time.monotonic()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request("GET", page)
                connection.getresponse().read()
                connection.close()
            except OSError:
                pass
            samples.put(("operations", start, time.monotonic()))
            time.sleep(0.1)


class _Watch:
    """The honest user, the probers and the node's own figures. Samples are kept by when they began."""

    def __init__(self, node: Node):
        self.node = node
        self.samples = _processes.Queue()
        self.kept: dict[str, list[tuple[float, float]]] = {}
        self.oldest = (0.0, 0.0)
        self.waiting_probe = (0.0, 0.0)
        self.figures: list[tuple[float, int, int]] = []
        self.since = 0.0
        account = Account.create()
        fund(node, [Wallet(node, account)], 10**18)
        tasks = [
            (_User(node.port, account, self.samples).run, []), (_probe, [node.port, account.address, self.samples]),
            (_probe_operations, [node.metrics_port, self.samples])]
        self.processes = [
            _processes.Process(target=task, args=arguments, daemon=True) for task, arguments in tasks]

    def start(self) -> None:
        for process in self.processes:
            process.start()
        # Python's and the node's first steps are slower than all others.
        self.sleep(0.5)

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.join()

    def phase(self, seconds: float) -> Phase:
        self.begin()
        self.sleep(seconds)
        return self.end()

    def begin(self) -> None:
        self._collect()
        self.since = time.monotonic()

    def sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._collect()
            time.sleep(0.05)

    def end(self) -> Phase:
        self._collect()
        figures = [figure for figure in self.figures if figure[0] >= self.since]
        return Phase(
            self._times("inclusion"), self._times("rpc"), self._times("operations"),
            max(memory for _, memory, _ in figures), max(threads for _, _, threads in figures))

    def _times(self, kind: str) -> list[float]:
        """How long it took what ended in this phase; what has not ended counts with the time so far."""
        times = [end - start for start, end in self.kept.get(kind, []) if end >= self.since]
        unended = {"inclusion": self.oldest, "rpc": self.waiting_probe}.get(kind)
        if unended and unended[1] >= self.since:
            times.append(unended[1] - unended[0])
        assert times, f"nothing of {kind} came to its end"
        return times

    def recovery(self, before: Phase, limit: float, bounds: Bounds) -> tuple[float | None, int]:
        """Waits until a second is as good as before the attack; when it began, and the bytes that are kept."""
        end = time.monotonic()
        deadline = end + bounds.recovery
        while True:
            self.sleep(0.25)
            now = time.monotonic()
            memory, threads = self.figures[-1][1:]
            kept = memory - before.memory
            # Good is what began after `since`: at least half a second of it must have gone well.
            bad = [
                stop for kind, most in [("inclusion", limit), ("rpc", bounds.rpc), ("operations", bounds.operations)]
                for start, stop in self.kept.get(kind, []) if stop >= end and stop - start > most]
            since = max(bad, default=end)
            oldest, seen = self.oldest
            good = sum(1 for start, stop in self.kept.get("inclusion", []) if start >= since)
            calm = now - since >= 0.5 and good >= 3 and seen - oldest < limit
            if calm and kept < bounds.memory / 2 and threads <= before.threads + 4:
                return since - end, kept
            # The last second serves to see that it goes well.
            if now > deadline + 1 or since > deadline:
                return None, kept

    def _collect(self) -> None:
        while not self.samples.empty():
            kind, start, end = self.samples.get()
            if kind == "oldest":
                self.oldest = (start, end)
            elif kind == "rpc-waiting":
                self.waiting_probe = (start, end)
            else:
                self.kept.setdefault(kind, []).append((start, end))
        for process in self.processes:
            assert process.is_alive(), "a measuring process has ended"
        self.figures.append((time.monotonic(), self.node.resident_bytes(), self.node.thread_count()))
