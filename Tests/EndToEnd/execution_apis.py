"""The requests of ethereum/execution-apis, and a chain of our own that stands in for theirs.

Their files (`tests/<method>/<name>.io`) hold requests to one particular chain and its answers. Here a chain is made that has
the same contracts and transactions of the same kinds, so that every address, hash and block of a request has a counterpart;
what the answers have in common is their shape, their error codes, and what is null.
"""

import json
import pathlib
import re

import rlp
from eth_account import Account
from eth_utils import keccak, to_checksum_address
from hexbytes import HexBytes

from node import RICH, Node, Wallet, wait_for_receipt

# Of their chain.
HEAD, HEAD_TIME, CHAIN_ID = 0x36, 0x21C, 0xC72DD9D5E883E
# Where a request names a block: the position of the parameter.
BLOCK_AT = {
    "eth_getBalance": 1, "eth_getCode": 1, "eth_getTransactionCount": 1, "eth_getStorageAt": 2, "eth_getStorageValues": 1,
    "eth_call": 1, "eth_estimateGas": 1, "eth_createAccessList": 1, "eth_getProof": 2, "eth_feeHistory": 1,
    "eth_simulateV1": 1, "eth_getBlockByNumber": 0, "eth_getBlockReceipts": 0, "eth_getBlockTransactionCountByNumber": 0,
    "eth_getTransactionByBlockNumberAndIndex": 0, "debug_getRawBlock": 0, "debug_getRawHeader": 0, "debug_getRawReceipts": 0,
    "debug_traceBlockByNumber": 0,
}  # fmt: skip
# What only a chain with a beacon chain, or with blobs, has in a block, a receipt or a fee history.
# Before Byzantium, receipts had roots. How long something is kept may be said.
ABSENT = {
    "root", "deleteStrategy", "withdrawals", "withdrawalsRoot", "blobGasUsed", "blobGasPrice", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
    "baseFeePerBlobGas", "blobGasUsedRatio",
}  # fmt: skip
QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)\Z")
DATA = re.compile(r"0x([0-9a-fA-F]{2})*\Z")
# Bytes that look like quantities now and then.
BYTES = {"input", "data", "output", "returnData", "returnValue", "code", "raw", "extraData", "nonce", "error"}


class Vector:
    """One file: requests, each with the answer of their chain."""

    def __init__(self, path: pathlib.Path):
        self.name = f"{path.parent.name}/{path.stem}"
        lines = path.read_text().splitlines()
        requests = [json.loads(line[3:]) for line in lines if line.startswith(">> ")]
        self.exchanges = list(zip(requests, [json.loads(line[3:]) for line in lines if line.startswith("<< ")]))


def vectors(directory: pathlib.Path) -> list[Vector]:
    """All of them; those that send transactions, or look at what waits, at the end: they move the chain."""
    found = [Vector(path) for path in sorted(directory.glob("*/*.io"))]
    moves = ("eth_sendRawTransaction", "testing_", "txpool_")
    return sorted(found, key=lambda vector: vector.name.startswith(moves))


def create_address(sender: str, nonce: int) -> str:
    return "0x" + keccak(rlp.encode([HexBytes(sender), nonce]))[12:].hex()


def as_number(field: bytes) -> int:
    return int.from_bytes(field, "big")


class Transaction:
    """A transaction of their chain, by its envelope."""

    def __init__(self, envelope: bytes):
        self.kind = 0 if envelope[0] >= 0xC0 else envelope[0]
        fields = rlp.decode(envelope if self.kind == 0 else envelope[1:])
        # As they are sent, those with blobs come with them.
        fields = fields[0] if isinstance(fields[0], list) else fields
        self.hash = "0x" + keccak(envelope).hex()
        # nonce, gas, to, value and input, by the type of the envelope; then the access list.
        at = {0: (0, 2, 3, 4, 5), 1: (1, 3, 4, 5, 6)}.get(self.kind, (1, 4, 5, 6, 7))
        self.nonce, self.gas = as_number(fields[at[0]]), as_number(fields[at[1]])
        self.to = "0x" + fields[at[2]].hex() if fields[at[2]] else None
        self.value, self.input = as_number(fields[at[3]]), fields[at[4]]
        lists = fields[at[4] + 1] if self.kind else []
        self.accesses = [{"address": to_checksum_address(a), "storageKeys": ["0x" + k.hex() for k in keys]} for a, keys in lists]
        self.envelope = envelope

    @property
    def sender(self) -> str:
        return Account.recover_transaction(self.envelope).lower()


class Replica:
    """A node with a chain like theirs, as far as it can be."""

    def __init__(self, node: Node, directory: pathlib.Path):
        self.node = node
        self.wallet = Wallet(node, RICH)
        self.addresses: dict[str, str] = {}
        self.hashes: dict[str, str] = {}
        # Of blocks of theirs that have a counterpart.
        self.numbers: dict[int, int] = {0: 0}
        self.genesis = json.loads((directory / "genesis.json").read_text())
        self.blocks = self._blocks((directory / "chain.rlp").read_bytes())

    @staticmethod
    def _blocks(text: bytes) -> list[tuple[str, str, list[Transaction]]]:
        """Their blocks from the first on: the hash of each, that of its parent, and the transactions."""
        blocks, start = [], 0
        while start < len(text):
            _, _, length, end = rlp.codec.consume_length_prefix(text, start)
            block = rlp.decode(text[start : end + length])
            envelopes = [rlp.encode(item) if isinstance(item, list) else item for item in block[1]]
            block_hash, parent = "0x" + keccak(rlp.encode(block[0])).hex(), "0x" + block[0][0].hex()
            blocks.append((block_hash, parent, [Transaction(each) for each in envelopes]))
            start = end + length
        return blocks

    def build(self, wanted: set[str], senders: set[str]) -> None:
        """Makes the chain; `wanted` are all hexadecimal words that requests contain, `senders` accounts that need money."""
        creations = [each for _, _, block in self.blocks for each in block if each.to is None and each.kind < 3]
        for address, account in self.genesis["alloc"].items():
            if account.get("code") and "0x" + address.lower() in wanted:
                self._put("0x" + address.lower(), account["code"])
        for creation in creations:
            address = create_address(creation.sender, creation.nonce)
            if address in wanted:
                self._put(address, self.node.call("eth_call", {"data": "0x" + creation.input.hex(), "gas": hex(1_000_000)}))
        for account in senders:
            self.wallet.transact(to=to_checksum_address(account), value=10**18)
        for index, (block_hash, _, block) in enumerate(self.blocks[:-1]):
            if {block_hash, hex(index + 1)} & wanted or any(each.hash in wanted for each in block):
                self._stand_in(index + 1, block, wanted)
        while self.node.head() < HEAD - 1:
            self.wallet.transact(to=RICH.address)
        self._stand_in(HEAD, self.blocks[-1][2][:1], wanted)
        assert self.numbers[HEAD] == self.node.head() == HEAD
        self.time = int(self.node.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        for index, (block_hash, parent, _) in enumerate(self.blocks):
            for theirs, known in ((index, parent), (index + 1, block_hash)):
                if theirs in self.numbers:
                    self.hashes[known] = self.node.call("eth_getBlockByNumber", hex(self.numbers[theirs]), False)["hash"]

    def _stand_in(self, number: int, block: list[Transaction], wanted: set[str]) -> None:
        """Makes a block, or more, that stand for one of theirs: of transactions that are asked for, or else of one that calls a
        contract, or creates one."""
        possible = [each for each in block if each.kind < 3]
        chosen = [each for each in possible if each.hash in wanted]
        chosen = chosen or [each for each in possible if each.to in self.addresses] or [each for each in possible if not each.to]
        for transaction in [each for each in chosen if each.hash in wanted] or (chosen or possible)[:1]:
            receipt = wait_for_receipt(self.node, self.wallet.send(**self.fields(transaction)))
            self.hashes[transaction.hash] = receipt["transactionHash"]
            self.numbers.setdefault(number, int(receipt["blockNumber"], 16))

    def _put(self, address: str, code: str) -> None:
        """Deploys code; it then stands for `address`."""
        length = len(HexBytes(code))
        # PUSH2 length, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN, padded to twelve bytes.
        init = "61" + length.to_bytes(2, "big").hex() + "80600c6000396000f3"
        receipt = self.wallet.transact(data="0x" + init + code.removeprefix("0x"), gas=3_000_000)
        self.addresses[address] = receipt["contractAddress"].lower()

    def fields(self, transaction: Transaction) -> dict:
        """What to sign for a transaction like one of theirs."""
        fields = {"gas": max(transaction.gas, 1_000_000), "data": transaction.input, "value": 1 if transaction.value else 0}
        if transaction.to:
            fields["to"] = to_checksum_address(self.addresses.get(transaction.to, transaction.to))
        if transaction.kind < 2:
            fields["gasPrice"] = 10_000
        if transaction.kind:
            fields |= {"accessList": transaction.accesses, "type": transaction.kind}
        return fields

    # MARK: Requests

    def block(self, name: str) -> str:
        """A number of a block of theirs, as one of ours; what has no counterpart is the one before that has, or beyond the head
        by as much."""
        if not QUANTITY.match(name) or (number := int(name, 16)) > HEAD:
            return name
        return hex(max(ours for theirs, ours in self.numbers.items() if theirs <= number))

    def words(self, value):
        """The same with what stands for addresses and hashes of theirs."""
        if isinstance(value, dict):
            return {self.words(key): self.words(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.words(each) for each in value]
        if not isinstance(value, str):
            return value
        return self.hashes.get(value) or self.addresses.get(value.lower()) or value

    def translate(self, request: dict) -> dict:
        method, params = request["method"], self.words(request.get("params", []))
        at = BLOCK_AT.get(method)
        if at is not None and at < len(params) and isinstance(params[at], str):
            params[at] = self.block(params[at])
        if method == "eth_getLogs":
            for key in {"fromBlock", "toBlock"} & params[0].keys():
                params[0][key] = self.block(params[0][key])
        if method == "eth_simulateV1":
            for each in params[0]["blockStateCalls"]:
                if overrides := each.get("blockOverrides"):
                    if "time" in overrides:
                        overrides["time"] = hex(int(overrides["time"], 16) - HEAD_TIME + self.time)
        if method == "eth_sendRawTransaction":
            transaction = Transaction(bytes(HexBytes(params[0])))
            if transaction.kind < 3:
                params[0] = "0x" + self.wallet.sign(**self.fields(transaction)).hex()
                self.wallet.nonce += 1
        return {**request, "params": params}


# MARK: Answers


def difference(expected, actual, place: str = "") -> str | None:
    """Where two answers have not the same shape; `None` where they have."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if key in ABSENT and key not in actual:
                continue
            if key not in actual:
                return f"{place}.{key} is missing"
            if found := difference(value, actual[key], f"{place}.{key}"):
                return found
        return None
    if isinstance(expected, list) and isinstance(actual, list):
        if expected and not actual:
            return f"{place} is empty"
        return next((found for pair in zip(expected, actual) if (found := difference(*pair, f"{place}[]"))), None)
    if isinstance(expected, str) and isinstance(actual, str):
        if len(expected) in (42, 66, 514) and DATA.match(expected) and len(expected) != len(actual):
            # A quantity of 32 bytes may have fewer.
            if not QUANTITY.match(expected) or not QUANTITY.match(actual):
                return f"{place} has {len(actual)} characters, not {len(expected)}"
        key = place.rsplit(".", 1)[-1].removesuffix("[]")
        if QUANTITY.match(expected) and len(expected) < 42 and key not in BYTES and not QUANTITY.match(actual):
            return f"{place} is no quantity: {actual}"
        if DATA.match(expected) and not (DATA.match(actual) or QUANTITY.match(actual)):
            return f"{place} is no data: {actual}"
        return None
    if isinstance(expected, bool) or isinstance(actual, bool) or expected is None or actual is None:
        return None if expected is actual else f"{place} is {actual}, not {expected}"
    if isinstance(expected, (int, float)) and isinstance(actual, (int, float)):
        return None
    return None if type(expected) is type(actual) else f"{place} is {actual}, not {expected}"


def answer_difference(expected: dict, actual: dict) -> str | None:
    if "error" in expected:
        wanted = expected["error"]["code"]
        if "error" not in actual:
            return f"there is a result, not the error {wanted}"
        code = actual["error"]["code"]
        return None if code == wanted else f"the error is {code} ({actual['error']['message']}), not {wanted}"
    if "error" in actual:
        return f"there is the error {actual['error']}"
    return difference(expected["result"], actual["result"])


def simulation_difference(expected: dict, actual: dict, surroundings: bool) -> str | None:
    """What `eth_simulateV1` answers has more in common than its shape: `surroundings` says whether the code tells of the block
    in which it runs, so that its output is not the same on another chain."""
    if found := answer_difference(expected, actual):
        return found
    if "error" in expected:
        return None
    if len(expected["result"]) != len(actual["result"]):
        return f"there are {len(actual['result'])} blocks, not {len(expected['result'])}"
    first, ours = (int(each["result"][0]["number"], 16) for each in (expected, actual))
    for wanted, block in zip(expected["result"], actual["result"]):
        if int(wanted["number"], 16) - first != int(block["number"], 16) - ours:
            return f"the number is {block['number']} after {ours}, not {wanted['number']} after {first}"
        for key in ("calls", "transactions"):
            if len(wanted[key]) != len(block[key]):
                return f"there are {len(block[key])} {key}, not {len(wanted[key])}"
        for want, call in zip(wanted["calls"], block["calls"]):
            if want["status"] != call["status"]:
                return f"the status is {call['status']} ({call.get('error')})"
            if want["status"] == "0x0" and want["error"]["code"] != call["error"]["code"]:
                return f"the call's error is {call['error']}, not {want['error']}"
            if len(want["returnData"]) != len(call["returnData"]) or (not surroundings and want["returnData"] != call["returnData"]):
                return f"the call returned {call['returnData']}, not {want['returnData']}"
            told = [[(log["address"], log["topics"], log["data"]) for log in each["logs"]] for each in (want, call)]
            if told[0] != told[1]:
                return f"the logs are {told[1]}, not {told[0]}"
    return None
