"""The L1 that a node runs in its own process, and the words for whoever starts one at a terminal."""

import os
import pty
import select
import signal
import socket
import subprocess

import pytest
from web3 import Web3

from node import BINARY, RICH, Node, free_port, wait_until

BRIDGEHUB = Web3.to_checksum_address("0x4b37536b9824c4a4cf3d15362135e346adb7cb9c")


@pytest.fixture
def with_l1(own_node):
    """Starts a node with an L1; the node, and a client of its L1."""

    def start(**options):
        port = free_port()
        node = own_node(DEVELOPMENT_L1_ENABLED="true", DEVELOPMENT_L1_ADDRESS=f"localhost:{port}", **options)
        return node, Web3(Web3.HTTPProvider(f"http://127.0.0.1:{port}"))

    return start


def test_both_chains_in_one_process_survive_a_kill(with_l1):
    node, l1 = with_l1()
    assert l1.eth.chain_id == 9
    assert len(l1.eth.get_code(BRIDGEHUB)) > 0
    key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    sender = l1.eth.account.from_key(key)
    raw = sender.sign_transaction({
        "chainId": 9, "nonce": 0, "gas": 21_000, "gasPrice": 10**11, "to": RICH.address, "value": 7}).raw_transaction
    receipt = l1.eth.wait_for_transaction_receipt(l1.eth.send_raw_transaction(raw), timeout=60, poll_latency=0.01)
    node.kill()
    node.start()
    assert l1.eth.get_transaction_receipt(receipt.transactionHash).blockHash == receipt.blockHash
    assert l1.eth.get_balance(RICH.address) == 10_000 * 10**18 + 7


def test_a_port_in_use_gets_one_clear_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        node = Node(tmp_path, DEVELOPMENT_L1_ENABLED="true", DEVELOPMENT_L1_ADDRESS=f"127.0.0.1:{port}")
        node.launch()
        assert node.process.wait(timeout=60) == 1
    complaints = [line for line in node.log().splitlines() if line.startswith("sequencer: ")]
    assert complaints == [f"sequencer: the development L1 cannot listen on 127.0.0.1:{port}: address already in use"]


def test_an_l1_that_begins_with_a_dump(with_l1, tmp_path):
    dump = tmp_path / "dump.json"
    address = "0x00000000000000000000000000000000000000aa"
    dump.write_text(
        '{"block":{"number":"0x7","timestamp":"0x64","gas_limit":"0x1c9c380","basefee":"0x3b9aca00"},'
        f'"accounts":{{"{address}":{{"nonce":1,"balance":"0x5","code":"0x6001","storage":{{}}}}}}}}')
    node, l1 = with_l1(DEVELOPMENT_L1_LOAD_STATE=str(dump), DEVELOPMENT_L1_CHAIN_ID="31337")
    assert (l1.eth.chain_id, l1.eth.block_number) == (31_337, 7)
    address = Web3.to_checksum_address(address)
    assert (l1.eth.get_balance(address), bytes(l1.eth.get_code(address))) == (5, b"\x60\x01")
    # The second start goes on with the chain, whatever became of the dump.
    node.stop()
    dump.unlink()
    node.start()
    assert l1.eth.block_number == 7


class Terminal:
    """A node whose output is a terminal."""

    def __init__(self, folder, *arguments, **options):
        self.text = ""
        ours, theirs = pty.openpty()
        self.port, self.l1_port, self.page_port = free_port(), free_port(), free_port()
        environment = {
            "PATH": os.environ.get("PATH", ""), "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
            "RPC_ADDRESS": f"127.0.0.1:{self.port}", "METRICS_ADDRESS": "127.0.0.1:0", "ADMIN_ADDRESS": "127.0.0.1:0",
            "DEVELOPMENT_L1_ENABLED": "true", "DEVELOPMENT_L1_ADDRESS": f"localhost:{self.l1_port}",
            "WEB_PAGE_ENABLED": "true", "WEB_PAGE_ADDRESS": f"127.0.0.1:{self.page_port}",
            "SEQUENCER_ROCKS_DB_PATH": str(folder / "db"), **options,
        }
        self.process = subprocess.Popen([str(BINARY), *arguments], env=environment, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.ours = ours

    def shows(self, text: str) -> bool:
        while select.select([self.ours], [], [], 0)[0]:
            try:
                piece = os.read(self.ours, 65_536)
            except OSError:
                break
            self.text += piece.decode()
        return text in self.text

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            wait_until(lambda: self.shows("nothing") or self.process.poll() is not None)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self.ours)


def test_somebody_at_a_terminal_is_greeted_in_colour(tmp_path):
    terminal = Terminal(tmp_path)
    try:
        wait_until(lambda: terminal.shows("Everybody knows these keys"))
        for text in (
            f"http://127.0.0.1:{terminal.port}", f"http://127.0.0.1:{terminal.l1_port}", "chain id 270", "chain id 9",
            BRIDGEHUB, str(tmp_path / "db"), f"http://127.0.0.1:{terminal.page_port}/", "/status", RICH.address, RICH.key.hex().removeprefix("0x"),
            "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", "\x1b[1m",
        ):
            assert text in terminal.text, text
        web3 = Web3(Web3.HTTPProvider(f"http://127.0.0.1:{terminal.port}"))
        raw = RICH.sign_transaction({
            "chainId": 270, "nonce": 0, "gas": 21_000, "gasPrice": 10**9, "to": RICH.address, "value": 1
        }).raw_transaction
        web3.eth.send_raw_transaction(raw)
        wait_until(lambda: terminal.shows("1 transaction, 21,000 gas"))
        # No line of the log stands between.
        assert "INFO" not in terminal.text
    finally:
        terminal.stop()


@pytest.mark.parametrize("arguments", [["--quiet"], ["--log-format=json"]])
def test_no_greeting_where_nobody_wants_one(tmp_path, arguments):
    terminal = Terminal(tmp_path, *arguments)
    try:
        web3 = Web3(Web3.HTTPProvider(f"http://127.0.0.1:{terminal.port}"))
        wait_until(web3.is_connected)
        terminal.shows("")
        assert "Everybody knows" not in terminal.text
        # What the log warns of has its colours on a terminal; nothing else is there.
        assert "\x1b" not in "".join(line for line in terminal.text.splitlines() if "WARNING" not in line)
        if arguments == ["--quiet"]:
            assert "INFO" not in terminal.text
        else:
            wait_until(lambda: terminal.shows('"message":"serving"'))
    finally:
        terminal.stop()
