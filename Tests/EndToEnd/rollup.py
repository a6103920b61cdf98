"""A node with an L1 beside it that outlives it, for tests of the way to L1 and back."""

import pathlib

from eth_utils import keccak, to_checksum_address

from l1_contracts import L1
from l1_program import L1Program
from l1_proxy import L1Proxy
from node import RICH, Node, Wallet, wait_until

# The first account of the phrase that every development chain has, and the address of the bridgehub there.
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
BRIDGEHUB = "0x4b37536b9824c4a4cf3d15362135e346adb7cb9c"
# What commits, proves and executes, by default.
OPERATOR = to_checksum_address("0x5927c313861c01b82a026e35d93cc787e5356c0f")

COMMIT = "0x" + keccak(text="BlockCommit(uint256,bytes32,bytes32)").hex()
EXECUTION = "0x" + keccak(text="BlockExecution(uint256,bytes32,bytes32)").hex()


class Rollup:
    """An L1 with the contracts, a proxy before it, and a node that settles there with proofs that are none."""

    def __init__(self, directory: pathlib.Path, *arguments: str):
        self.l1_directory = directory / "l1"
        self.l1_directory.mkdir()
        self.program = L1Program(self.l1_directory, "--contracts", *arguments)
        self.proxy = L1Proxy(self.program.url)
        self.l1 = L1(self.program.url, BRIDGEHUB, 270, KEY)
        self.node: Node | None = None
        self.directory = directory

    def options(self, **changes: str) -> dict[str, str]:
        return {
            "L1_SENDER_L1_API_URL": self.proxy.url, "L1_WATCHER_L1_API_URL": self.proxy.url,
            "PROVER_API_FAKE_PROVERS": "1", "PROVER_API_FAKE_COMPUTE_TIME": "0s", "PROVER_API_FAKE_MIN_AGE": "0s",
            "L1_SENDER_POLL_INTERVAL": "50ms", "L1_WATCHER_POLL_INTERVAL": "50ms",
            **changes,
        }

    def start(self, **options: str) -> Node:
        self.node = Node(self.directory, **self.options(**options)).start()
        return self.node

    def close(self) -> None:
        if self.node:
            self.node.close()
        self.proxy.close()
        self.program.stop()

    # L2

    def transact(self, count: int) -> int:
        """So many blocks of a transfer each; the last."""
        wallet = Wallet(self.node, RICH)
        for _ in range(count):
            last = wallet.transact(to=RICH.address, value=1)
        return int(last["blockNumber"], 16)

    # L1

    def totals(self) -> tuple[int, int, int]:
        """Batches committed, proved and executed."""
        names = ("getTotalBatchesCommitted", "getTotalBatchesVerified", "getTotalBatchesExecuted")
        return tuple(self.l1.number(name) for name in names)

    def committed(self) -> int:
        return self.totals()[0]

    def executed(self) -> int:
        return self.totals()[2]

    def wait_executed(self, batch: int, timeout: float = 60) -> None:
        wait_until(lambda: self.executed() >= batch, timeout)

    def events(self, topic: str) -> list[dict]:
        return self.l1.rpc("eth_getLogs", {"address": self.l1.chain, "topics": [topic], "fromBlock": "0x0"})

    def numbers(self, topic: str) -> list[int]:
        """The batches of all events of a kind, in order."""
        return [int(log["topics"][1], 16) for log in self.events(topic)]

    def blocks(self, topic: str) -> int:
        """How many blocks of L1 have events of a kind."""
        return len({log["blockNumber"] for log in self.events(topic)})

    def check_once(self, last: int) -> None:
        """Every batch up to `last` was committed and executed once, in order, and none of our transactions failed."""
        assert self.numbers(COMMIT)[:last] == list(range(1, last + 1))
        assert self.numbers(EXECUTION)[:last] == list(range(1, last + 1))
        assert len(set(self.numbers(COMMIT))) == len(self.numbers(COMMIT))
        assert self.failures() == []

    def failures(self) -> list[str]:
        """Hashes of the operator's transactions that L1 took and that failed."""
        found = []
        for number in range(self.l1.web3.eth.block_number + 1):
            for receipt in self.l1.rpc("eth_getBlockReceipts", hex(number)):
                if receipt["from"].lower() == OPERATOR.lower() and receipt["status"] != "0x1":
                    found.append(receipt["transactionHash"])
        return found

    def pooled(self) -> int:
        """Transactions of the operator that wait on L1."""
        pending, latest = (int(self.l1.rpc("eth_getTransactionCount", OPERATOR, tag), 16) for tag in ("pending", "latest"))
        return pending - latest

    def finalized(self) -> int:
        return tagged(self.node, "finalized")


def tagged(node: Node, tag: str) -> int:
    """The number of the block under a tag; 0 before there is one."""
    answer = node.request("eth_getBlockByNumber", tag, False)
    return int(answer["result"]["number"], 16) if answer.get("result") else 0
