"""An estimate is right when what was simulated comes about with exactly that much gas."""

import os

import pytest

from node import RICH, Wallet, wait_for_receipt

# The deployment of the singleton factory as ERC-2470 has it: the signature is made up, so nobody has the key.
DEPLOYER = "0xBb6e024b9cFFACB947A71991E386681B1Cd1477D"
SINGLETON_FACTORY = "0xce0042B868300000d44A59004Da54A005ffdcf9f"
DEPLOYMENT = (
    "0xf9016c8085174876e8008303c4d88080b90154608060405234801561001057600080fd5b50610134806100206000396000f3fe60806040"
    "52348015600f57600080fd5b506004361060285760003560e01c80634af63f0214602d575b600080fd5b60cf600480360360408110156041"
    "57600080fd5b810190602081018135640100000000811115605b57600080fd5b820183602082011115606c57600080fd5b80359060200191"
    "846001830284011164010000000083111715608d57600080fd5b91908080601f016020809104026020016040519081016040528093929190"
    "818152602001838380828437600092019190915250929550509135925060eb915050565b604080516001600160a01b039092168252519081"
    "900360200190f35b6000818351602085016000f5939250505056fea26469706673582212206b44f8a82cb6b156bfcc3dc6aadd6df4eefd20"
    "4bc928a4397fd15dacf6d5320564736f6c634300060200331b83247000822470")

# RETURN(0, 0x800): a contract of 2,048 zeros, whose deposit costs more than all the rest.
ZEROS = bytes.fromhex("6108005ff3")


@pytest.fixture
def send_with_estimate(node, rich):
    """Estimates a call and sends it with exactly that gas; estimate and receipt."""

    def send(to: str, data: str) -> tuple[int, dict]:
        estimate = int(node.call("eth_estimateGas", {"from": rich.address, "to": to, "data": data}), 16)
        return estimate, rich.transact(to=to, data=data, gas=estimate)

    return send


@pytest.fixture
def singleton_factory(node, rich, artifact):
    if node.call("eth_getCode", SINGLETON_FACTORY, "latest") == "0x":
        rich.transact(to=DEPLOYER, value=247_000 * 100 * 10**9)
        receipt = wait_for_receipt(node, node.call("eth_sendRawTransaction", DEPLOYMENT))
        assert receipt["contractAddress"].lower() == SINGLETON_FACTORY.lower()
    # Its interface is that of ours, but for the name.
    abi = [dict(entry, name="deploy") for entry in artifact("Factory")["abi"] if entry.get("name") == "create"]
    return node.web3.eth.contract(abi=abi, address=SINGLETON_FACTORY)


def code_length(node, address: str) -> int:
    return len(node.call("eth_getCode", address, "latest")) // 2 - 1


def test_a_deployment_by_the_singleton_factory(node, singleton_factory, send_with_estimate):
    call = singleton_factory.functions.deploy(ZEROS, os.urandom(32))
    created = call.call()
    send_with_estimate(singleton_factory.address, call.build_transaction({"gas": 0})["data"])
    assert code_length(node, created) == 2_048


def test_a_deployment_by_a_factory_through_a_factory(node, rich, artifact, send_with_estimate):
    inner, outer = (rich.deploy(artifact("Factory")) for _ in range(2))
    data = outer.encode_abi("create_through", [inner.address, ZEROS, os.urandom(32)])
    _, receipt = send_with_estimate(outer.address, data)
    (event,) = outer.events.Created().process_receipt(node.web3.eth.get_transaction_receipt(receipt["transactionHash"]))
    assert code_length(node, event["args"]["contract"]) == 2_048


@pytest.fixture(scope="module")
def attempt(node, artifact):
    return Wallet(node, RICH).deploy(artifact("Attempt"))


@pytest.mark.parametrize("depth", [0, 1, 5, 20])
@pytest.mark.parametrize("rounds", [100, 5_000])
def test_work_whose_failure_is_caught(node, attempt, send_with_estimate, depth, rounds):
    estimate, receipt = send_with_estimate(attempt.address, attempt.encode_abi("attempt", [depth, rounds]))
    receipt = node.web3.eth.get_transaction_receipt(receipt["transactionHash"])
    assert len(attempt.events.Done().process_receipt(receipt)) == 1
    assert len(receipt["logs"]) == 1
    # Each level holds back a 64th; more than that nobody should have to pay for in advance.
    assert estimate < receipt["gasUsed"] * 1.05 * (64 / 63) ** (depth + 1) + 5_000


def test_a_caught_failure_that_no_gas_prevents(node, attempt, send_with_estimate):
    # More rounds than the contract allows.
    data = attempt.encode_abi("attempt", [2, 10_001])
    _, receipt = send_with_estimate(attempt.address, data)
    receipt = node.web3.eth.get_transaction_receipt(receipt["transactionHash"])
    assert [event["args"]["depth"] for event in attempt.events.GivenUp().process_receipt(receipt)] == [0]
