import pathlib

import pytest
import vyper
from web3 import Web3

from node import RICH, Node, Wallet, free_port, wait_for_receipt

CONTRACTS = pathlib.Path(__file__).parent / "contracts"


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    """A node that the tests which do not disturb it share."""
    shared = Node(tmp_path_factory.mktemp("node")).start()
    yield shared
    shared.close()


@pytest.fixture
def own_node(tmp_path):
    """Starts nodes that belong to one test: `own_node(OPTION="value")`."""
    started = []

    def start(**options):
        started.append(Node(tmp_path, **options).start())
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def proving(own_node):
    """Starts a node whose blocks wait for provers; the node, and where provers find it."""

    def start(**options):
        port = free_port()
        node = own_node(PROVER_API_COMPONENT_ENABLED="true", PROVER_API_ADDRESS=f"127.0.0.1:{port}", **options)
        return node, f"http://127.0.0.1:{port}/prover-jobs"

    return start


@pytest.fixture
def rich(node):
    return Wallet(node, RICH)


@pytest.fixture(scope="session")
def token_artifact():
    source = (CONTRACTS / "Token.vy").read_text()
    return vyper.compile_code(source, output_formats=["abi", "bytecode"])


@pytest.fixture
def token(node, rich, token_artifact):
    """A freshly deployed token; the rich wallet holds the supply."""
    contract = node.web3.eth.contract(abi=token_artifact["abi"], bytecode=token_artifact["bytecode"])
    data = contract.constructor("Test Token", "TTK", 10**24).data_in_transaction
    receipt = wait_for_receipt(node, rich.send(data=data, gas=3_000_000))
    assert receipt["status"] == "0x1"
    return node.web3.eth.contract(abi=token_artifact["abi"], address=Web3.to_checksum_address(receipt["contractAddress"]))
