"""A real node process, started and stopped as an operator would."""

import inspect
import itertools
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

import requests
from eth_account import Account
from web3 import Web3

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SEQUENCER_BINARY", ROOT / ".build/release/sequencer"))

CHAIN_ID = 270
RICH = Account.from_key("0x7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110")


# Below the range from which Linux takes the ports of outgoing connections: between the choice of a port and the start of
# the node, or while it is down after a kill, a client's connection must not come to sit on it.
_ports = itertools.cycle(random.sample(range(12_000, 32_000), 20_000))


def free_port() -> int:
    for port in _ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_until(condition, timeout: float = 20):
    """Asks until the answer is something true, which it returns."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    raise TimeoutError(f"not within {timeout} s: {inspect.getsource(condition).strip()}")


class Node:
    """One node with a database directory of its own. It can be killed and started again on the same data."""

    def __init__(self, directory: pathlib.Path, **options: str):
        self.directory = directory
        self.port = free_port()
        self.metrics_port = free_port()
        self.admin_port = free_port()
        self.options = options
        self.process: subprocess.Popen | None = None
        self.log_path = directory / "node.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Begins the process; whether it serves is another matter."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
            "RPC_ADDRESS": f"127.0.0.1:{self.port}",
            "METRICS_ADDRESS": f"127.0.0.1:{self.metrics_port}",
            "ADMIN_ADDRESS": f"127.0.0.1:{self.admin_port}",
            "SEQUENCER_ROCKS_DB_PATH": str(self.directory / "db"),
            **self.options,
        }
        if "DEVELOPMENT_L1_ENABLED" not in environment:
            # Whatever runs on this machine where L1 is by default is none of the test's.
            environment.setdefault("L1_WATCHER_L1_API_URL", "")
            environment.setdefault("L1_SENDER_L1_API_URL", "")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([str(BINARY)], env=environment, stdout=log, stderr=log, cwd=self.directory)

    def start(self, timeout: float = 30) -> "Node":
        self.launch()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the node exited with {self.process.returncode}:\n{self.log()[-4000:]}")
            try:
                # Clients are served once the first block, which funds the rich account, is there.
                if self.call("eth_chainId") == hex(CHAIN_ID) and int(self.call("eth_blockNumber"), 16) >= 1:
                    return self
                time.sleep(0.02)
            except requests.ConnectionError:
                time.sleep(0.02)
            except RpcError as error:
                if "the node is " not in str(error):
                    raise
                time.sleep(0.02)
        raise TimeoutError(f"no answer within {timeout} s:\n{self.log()[-4000:]}")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, timeout: float = 20) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def raw(self, body: bytes, **keywords) -> requests.Response:
        headers = {"Content-Type": "application/json"}
        return requests.post(self.url, data=body, headers=headers, timeout=30, **keywords)

    def request(self, method: str, *params) -> dict:
        """The whole answer, error included."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return requests.post(self.url, json=body, timeout=30).json()

    def call(self, method: str, *params):
        answer = self.request(method, *params)
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def refusal(self, method: str, *params) -> "RpcError":
        """The error of a call that must not succeed."""
        answer = self.request(method, *params)
        assert "error" in answer, f"{method} was answered with {answer['result']}"
        return RpcError(answer["error"])

    def head(self) -> int:
        return int(self.call("eth_blockNumber"), 16)

    def log(self) -> str:
        return self.log_path.read_text()

    @property
    def metrics_url(self) -> str:
        return f"http://127.0.0.1:{self.metrics_port}"

    def metrics(self) -> dict[str, float]:
        """Every sample by its name with its labels."""
        text = requests.get(f"{self.metrics_url}/metrics", timeout=10).text
        samples = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}

    def health(self) -> tuple[int, dict]:
        """The HTTP status and the report."""
        answer = requests.get(f"{self.metrics_url}/health", timeout=10)
        return answer.status_code, answer.json()

    @property
    def web3(self) -> Web3:
        return Web3(Web3.HTTPProvider(self.url, request_kwargs={"timeout": 30}))

    def resident_bytes(self) -> int:
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def thread_count(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def connect(self, receive_buffer: int | None = None, source: str = "127.0.0.1") -> socket.socket:
        """A connection over which nothing has been said yet, from an address of this machine."""
        connection = socket.socket()
        connection.bind((source, 0))
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", self.port))
        return connection


class RpcError(Exception):
    def __init__(self, error: dict):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data")


class Wallet:
    """An account that counts its own nonces."""

    def __init__(self, node: Node, account=None):
        self.node = node
        self.account = account or Account.create()
        self.address = self.account.address
        self.nonce = int(node.call("eth_getTransactionCount", self.address, "pending"), 16)

    def sign(self, **fields) -> bytes:
        transaction = {
            "type": 2,
            "chainId": CHAIN_ID,
            "nonce": self.nonce,
            "gas": 21_000,
            "maxFeePerGas": 10_000,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            "data": b"",
            **fields,
        }
        if "gasPrice" in fields:
            for name in ("type", "maxFeePerGas", "maxPriorityFeePerGas"):
                transaction.pop(name)
        return self.account.sign_transaction(transaction).raw_transaction

    def send(self, **fields) -> str:
        """Signs and sends; the hash. The nonce advances only when the node accepted the transaction."""
        transaction_hash = self.node.call("eth_sendRawTransaction", "0x" + self.sign(**fields).hex())
        if "nonce" not in fields:
            self.nonce += 1
        return transaction_hash

    def transact(self, **fields) -> dict:
        """Sends and waits; the receipt, which says success."""
        receipt = wait_for_receipt(self.node, self.send(**fields))
        assert receipt["status"] == "0x1", receipt
        return receipt

    def deploy(self, artifact: dict, *arguments):
        """Deploys what Vyper compiled; the contract, for web3.py."""
        web3 = self.node.web3
        creation = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]).constructor(*arguments)
        receipt = self.transact(data=creation.data_in_transaction, gas=3_000_000)
        return web3.eth.contract(abi=artifact["abi"], address=Web3.to_checksum_address(receipt["contractAddress"]))


def wait_for_receipt(node: Node, transaction_hash: str, timeout: float = 20) -> dict:
    return wait_until(lambda: node.call("eth_getTransactionReceipt", transaction_hash), timeout)


def everything(node: Node, last: int) -> list:
    """What clients see of every block."""
    return [
        (node.call("eth_getBlockByNumber", hex(number), True), node.call("eth_getBlockReceipts", hex(number)),
         node.call("eth_getBalance", RICH.address, hex(number)))
        for number in range(last + 1)]


def fund(node: Node, wallets: list[Wallet], wei: int) -> None:
    rich = Wallet(node, RICH)
    hashes = [rich.send(to=wallet.address, value=wei) for wallet in wallets]
    for transaction_hash in hashes:
        assert wait_for_receipt(node, transaction_hash)["status"] == "0x1"
