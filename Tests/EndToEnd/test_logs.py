"""What the log says, of which part, how loudly, and for whom."""

import collections
import json
import os
import pty
import re
import select
import subprocess
import time

from eth_account import Account

from node import BINARY, RICH, ROOT, Node, Wallet, wait_until

ZKOS = ROOT / ".build/release/zkos"

COLOURED = re.compile(r"\x1b\[32mINFO\x1b\[0m \x1b\[2mnode:\x1b\[0m serving ")


def refuse(node: Node) -> None:
    """Sends a transaction that its sender cannot pay for."""
    transaction = {"to": RICH.address, "value": 1, "gas": 21_000, "gasPrice": 2_000, "nonce": 0, "chainId": 270}
    raw = Account.from_key(bytes([9] * 32)).sign_transaction(transaction).raw_transaction
    assert "insufficient funds" in node.refusal("eth_sendRawTransaction", "0x" + raw.hex().removeprefix("0x")).message


def most_in_a_second(lines: list[tuple[str, str]]) -> int:
    """How often the same was said within a second of the clock: twice where two seconds between lines share it."""
    return max(collections.Counter((when[:19], what) for when, what in lines).values())


def test_each_module_has_a_logger_of_its_own(own_node):
    node = own_node(RUST_LOG="warn,mempool=debug,rpc=debug,chain")
    assert "DEBUG chain: a block is durable and visible block=1" in node.log()
    refuse(node)
    lines = wait_until(lambda: [line for line in node.log().splitlines() if " mempool: " in line])
    assert re.search(
        r"DEBUG mempool: a transaction is refused hash=0x\w{64} nonce=0 reason=insufficient funds .* sender=0x\w{40}$",
        lines[0]), lines
    assert "code=-32000 method=eth_sendRawTransaction reason=insufficient funds" in node.log()
    others = [line for line in node.log().splitlines() if "DEBUG" not in line and "WARNING" not in line]
    assert not others, others


def test_the_log_of_a_chain_of_those_who_develop_tells_of_refused_transactions(own_node):
    node = own_node(
        NODE_PROFILE="development", DEVELOPMENT_L1_ADDRESS="127.0.0.1:0", DEVELOPMENT_L1_STATE="memory",
        WEB_PAGE_ENABLED="false", LOG_FORMAT="json")
    for _ in range(20):
        refuse(node)
    events = [json.loads(line) for line in node.log().splitlines() if line.endswith("}")]
    told = [event for event in events if event["message"] == "a transaction is refused"]
    assert told and all(event["target"] == "mempool" and event["level"] == "info" for event in told)
    assert most_in_a_second([(event["timestamp"], event["message"]) for event in told]) <= 2


def test_a_node_that_is_held_back_does_not_flood_its_log(proving):
    node, _ = proving(PROVER_API_MAX_UNPROVED_BLOCKS="1", SEQUENCER_BLOCK_TIME="5ms")
    rich = Wallet(node, RICH)

    def is_held() -> bool:
        rich.send(to=rich.address, value=1)
        return node.health()[1]["components"]["sequencer"]["status"] != "ready"

    wait_until(is_held, 60)
    for _ in range(50):
        rich.send(to=rich.address, value=1)
    time.sleep(1)
    lines = [re.match(r"(\S+)\s+\w+ (\w+: .*?)( \w+=|$)", line) for line in node.log().splitlines()]
    said = [(line[1], line[2]) for line in lines if line and line[2] != "sequencer: block"]
    assert most_in_a_second(said) <= 2, node.log()


def on_a_terminal(command: list, until: bytes | None = None, **keywords) -> str:
    """What a program writes to a terminal, to its end or until it has written something."""
    near, far = pty.openpty()
    process = subprocess.Popen(command, stdout=far, stderr=far, **keywords)
    os.close(far)
    text = b""
    try:
        deadline = time.monotonic() + 60
        while until is None or until not in text:
            assert time.monotonic() < deadline, text
            if select.select([near], [], [], 0.1)[0]:
                text += os.read(near, 65536)
    except OSError:
        pass  # a terminal at whose other end nobody is left
    finally:
        process.kill()
        process.wait()
        os.close(near)
    return text.decode()


def start_on_a_terminal(directory, **options: str) -> str:
    """What a node writes to a terminal until it serves."""
    environment = {
        "PATH": os.environ.get("PATH", ""), "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
        "RPC_ADDRESS": "127.0.0.1:0", "METRICS_ADDRESS": "127.0.0.1:0", "SEQUENCER_ROCKS_DB_PATH": str(directory / "db"),
        "L1_WATCHER_L1_API_URL": "", "L1_SENDER_L1_API_URL": "", "TERMINAL_OUTPUT": "never", **options,
    }
    return on_a_terminal([BINARY], until=b"serving", env=environment, cwd=directory)


def test_colours_are_for_those_who_look_on(tmp_path):
    assert COLOURED.search(start_on_a_terminal(tmp_path))
    assert "\x1b" not in start_on_a_terminal(tmp_path, NO_COLOR="1")
    assert "\x1b" not in start_on_a_terminal(tmp_path, LOG_FORMAT="json")


def test_a_command_shows_how_far_it_is_to_those_who_look_on(node):
    command = [ZKOS, "loadtest", "--rpc", node.url, "--wallets", "2", "--in-flight", "2", "--seconds", "1"]
    piped = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "never included" in piped.stdout and "\r" not in piped.stdout and piped.stderr == ""
    text = on_a_terminal(command)
    line = r"\r\x1b\[Kincluded: \d+ transactions, [\d.]+ a second, \d+ in flight, 0 errors, [01] s left"
    assert re.search(line, text), text
    # The line has gone when the result comes.
    assert re.search(r"\r\x1b\[Ksubmitted ", text), text
