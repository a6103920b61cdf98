"""What viem and ethers send, as their published sources have it, and eth-ape 0.8, as it was seen to, gets answers of the form
that they take apart.

`shapes/*.json`: what a client does, the calls that come of it, and what each result must be: "quantity", "data" and so on, a
value, the fields of an object, the same of each element of a list, or an error's code.
"""

import json
import pathlib
import re

import pytest
import requests
from web3 import Web3

from node import CHAIN_ID, RICH, Node, Wallet

SHAPES = pathlib.Path(__file__).parent / "shapes"
QUANTITY = re.compile("0x(0|[1-9a-f][0-9a-f]*)")
DATA = re.compile("0x([0-9a-f]{2})*")
FORMS = {
    "quantity": lambda value: QUANTITY.fullmatch(value),
    # Also what anvil calls "0x0".
    "data": lambda value: DATA.fullmatch(value) or value == "0x0",
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int),
}


def entries(name: str) -> list:
    return [pytest.param(entry, id=entry["does"]) for entry in json.loads((SHAPES / f"{name}.json").read_text())]


class World:
    """A chain with a token and a transfer of it, and what the shapes call by a name."""

    def __init__(self, node: Node, artifact):
        self.node = node
        self.wallet = Wallet(node)
        rich = Wallet(node, RICH)
        rich.transact(to=self.wallet.address, value=10**18)
        token = self.wallet.deploy(artifact("Token"), "Token", "TKN", 10**24)
        other = Web3.to_checksum_address("0x" + "b0" * 20)
        transfer = token.functions.transfer(other, 5)._encode_transaction_data()
        receipt = self.wallet.transact(to=token.address, data=transfer, gas=200_000)
        self.names = {
            "$account": self.wallet.address, "$lowAccount": self.wallet.address.lower(), "$token": token.address,
            "$lowToken": token.address.lower(), "$other": other, "$lowOther": other.lower(),
            "$hash": receipt["transactionHash"], "$block": receipt["blockNumber"], "$blockHash": receipt["blockHash"],
            "$transferTopic": receipt["logs"][0]["topics"][0]}

    def named(self, value):
        if isinstance(value, dict):
            return {self.named(name): self.named(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.named(each) for each in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value == "$raw":
            raw = "0x" + self.wallet.sign(to=RICH.address, value=1).hex()
            self.wallet.nonce += 1
            return raw
        return hex(self.wallet.nonce) if value == "$nonce" else self.names[value]

    def message(self, index: int, call: dict) -> dict:
        message = {"jsonrpc": "2.0", "id": index, "method": call["method"]}
        if "params" in call:
            message["params"] = self.named(call["params"])
        return message

    def run(self, entry: dict) -> None:
        for index, call in enumerate(entry["calls"]):
            message = self.message(index, call)
            answer = requests.post(self.node.url, json=message, timeout=30).json()
            assert answer["id"] == index
            check(message, answer, call["result"])
            self.names["$lastParam"] = message.get("params", [None])[0] if message.get("params") else None
            self.names["$last"] = answer.get("result")


def check(message: dict, answer: dict, wanted) -> None:
    if isinstance(wanted, list) and any(isinstance(each, dict) for each in wanted):
        # One of several is right.
        assert any(fits(answer, each) for each in wanted), (message, answer)
    else:
        assert fits(answer, wanted), (message, answer)


def fits(answer: dict, wanted) -> bool:
    if isinstance(wanted, dict):
        return answer.get("error", {}).get("code") == wanted["error"]
    if "result" not in answer:
        return False
    result = answer["result"]
    if isinstance(wanted, str):
        return bool(FORMS[wanted](result)) if wanted in FORMS else result == wanted
    if isinstance(wanted[0], list):
        return len(result) > 0 and all(has(each, wanted[0]) for each in result)
    return has(result, wanted)


def has(value: dict, fields: list[str]) -> bool:
    return all(field in value for field in fields if not field.endswith("?"))


@pytest.fixture(scope="module")
def world(node, artifact):
    return World(node, artifact)


@pytest.mark.parametrize("entry", entries("viem"))
def test_viem(world, entry):
    world.run(entry)


@pytest.mark.parametrize("entry", entries("ape"))
def test_ape(world, entry):
    world.run(entry)


@pytest.mark.parametrize("entry", entries("ethers"))
def test_ethers(world, entry):
    world.run(entry)


def test_ethers_sends_batches(world):
    """What it asks for within ten milliseconds goes out as one message."""
    calls = [call for entry in json.loads((SHAPES / "ethers.json").read_text()) for call in entry["calls"]]
    calls = [call for call in calls if "$last" not in json.dumps(call) and "$raw" not in json.dumps(call)]
    batch = [world.message(index, call) for index, call in enumerate(calls)]
    answers = requests.post(world.node.url, json=batch, timeout=30).json()
    assert [answer["id"] for answer in answers] == list(range(len(calls)))
    for call, message, answer in zip(calls, batch, answers):
        check(message, answer, call["result"])


def test_viem_on_a_chain_for_development(own_node, artifact):
    world = World(own_node(DEVELOPMENT_METHODS_ENABLED="true"), artifact)
    for entry in json.loads((SHAPES / "viem-test.json").read_text()):
        world.run(entry)
    assert world.node.call("eth_chainId") == hex(CHAIN_ID)
