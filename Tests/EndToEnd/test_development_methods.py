"""Whoever develops makes blocks, moves the time and gives accounts funds; and every block that comes of it is proved."""

import concurrent.futures
import json

import pytest
from eth_utils import keccak
from web3 import Web3

import rollup_in_process
from node import RICH, ROOT, Wallet, fund, wait_for_receipt, wait_until
from rollup import tagged

CREATE2_DEPLOYER = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
WEEK = 7 * 86_400


def start(own_node, **options):
    return own_node(DEVELOPMENT_METHODS_ENABLED="true", **options)


def block(node, number="latest", full=False) -> dict:
    return node.call("eth_getBlockByNumber", number, full)


def timestamp(node) -> int:
    return int(block(node)["timestamp"], 16)


def balance(node, address) -> int:
    return int(node.call("eth_getBalance", address, "latest"), 16)


def create2(salt: bytes, init: bytes) -> str:
    """Where the deployer creates a contract (EIP-1014)."""
    digest = keccak(b"\xff" + bytes.fromhex(CREATE2_DEPLOYER[2:]) + salt + keccak(init))
    return Web3.to_checksum_address(digest[12:])


def faucet_token() -> str:
    artifact = json.loads((ROOT / "contracts/artifacts/FaucetToken.json").read_text())
    return create2(bytes(32), bytes.fromhex(artifact["bytecode"][2:]))


def test_blocks_are_made_on_demand(own_node):
    node = start(own_node)
    wallet = Wallet(node, RICH)
    head = node.head()
    # An empty block is one, too.
    assert node.call("evm_mine") == "0x0"
    assert node.head() == head + 1 and block(node)["transactions"] == []
    assert node.call("eth_getBlockReceipts", "latest") == []

    assert node.call("evm_setAutomine", False) is None and node.call("hardhat_getAutomine") is False
    sent = [wallet.send(to=RICH.address) for _ in range(3)]
    assert node.head() == head + 1 and int(node.call("txpool_status")["pending"], 16) == 3
    node.call("evm_mine")
    assert node.head() == head + 2 and block(node)["transactions"] == sent
    # As many as are wanted, as far apart as is wanted.
    before = timestamp(node)
    assert node.call("hardhat_mine", "0x14", "0x3c") is None
    assert node.head() == head + 22
    assert timestamp(node) - before >= 19 * 60
    node.call("anvil_mine", 2)
    node.call("evm_mine", {"blocks": 3})
    assert node.head() == head + 27
    assert "at most" in node.refusal("anvil_mine", hex(10**7)).message

    assert node.call("evm_setIntervalMining", 1) is None and node.call("anvil_getIntervalMining") == 1
    last = wallet.send(to=RICH.address)
    assert wait_for_receipt(node, last)["status"] == "0x1"
    wait_until(lambda: node.head() >= head + 29)
    node.call("evm_setAutomine", True)
    assert node.call("anvil_getIntervalMining") is None
    wallet.transact(to=RICH.address)
    # Many at once want blocks, and each gets one.
    before = node.head()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: node.call("evm_mine"), range(40))) == {"0x0"}
    assert node.head() == before + 40
    # What was made is what the log makes again.
    blocks = [block(node, hex(number), True) for number in range(node.head() + 1)]
    node.kill()
    node.start()
    assert [block(node, hex(number), True) for number in range(len(blocks))] == blocks


def test_time_goes_forward_and_stays_there(own_node):
    node = start(own_node)
    wallet = Wallet(node, RICH)
    before = timestamp(node)
    assert WEEK <= node.call("evm_increaseTime", WEEK) < WEEK + 10
    wallet.transact(to=RICH.address)
    assert WEEK <= timestamp(node) - before < WEEK + 60
    exact = timestamp(node) + 12_345
    node.call("evm_setNextBlockTimestamp", hex(exact))
    node.call("evm_mine")
    assert timestamp(node) == exact
    wallet.transact(to=RICH.address)
    assert exact <= timestamp(node) < exact + 60
    node.call("evm_mine", exact + 1_000)
    assert timestamp(node) == exact + 1_000
    refusal = node.refusal("evm_setNextBlockTimestamp", exact)
    assert refusal.code == -32000 and "lower than previous block's timestamp" in refusal.message
    assert "timestamps end" in node.refusal("evm_increaseTime", 2**60).message
    # A node that is started again goes on from there.
    node.kill()
    node.start()
    wallet.transact(to=RICH.address)
    assert exact + 1_000 <= timestamp(node) < exact + 1_060
    assert node.health()[0] == 200


def test_balances_go_up(own_node, artifact):
    node = start(own_node)
    wallet = Wallet(node)
    assert node.call("anvil_setBalance", wallet.address, hex(5 * 10**18)) is None
    assert balance(node, wallet.address) == 5 * 10**18
    node.call("evm_setAutomine", False)
    node.call("hardhat_setBalance", wallet.address, hex(7 * 10**18))
    assert balance(node, wallet.address) == 7 * 10**18
    node.call("evm_setAutomine", True)
    wallet.transact(to=RICH.address, value=10**18)
    left = balance(node, wallet.address)
    refusal = node.refusal("anvil_setBalance", wallet.address, "0x0")
    assert "a balance goes up only" in refusal.message and balance(node, wallet.address) == left
    # Not to those who do not take it.
    token = Wallet(node, RICH).deploy(artifact("Token"), "Token", "TKN", 1)
    assert "does not take" in node.refusal("anvil_setBalance", token.address, "0x1").message
    assert "cannot give itself" in node.refusal("anvil_setBalance", RICH.address, hex(10**30)).message


def test_what_cannot_be_proved_says_why(own_node):
    node = start(own_node)
    for method, words in [
        ("anvil_impersonateAccount", "proved with its signature"), ("hardhat_setStorageAt", "no transaction did this"),
        ("anvil_setCode", "development L1"), ("hardhat_setNonce", "state overrides"), ("evm_setTime", "forward only"),
        ("hardhat_reset", "remove its databases"), ("anvil_setNextBlockBaseFeePerGas", "sequencer_base_fee"),
    ]:
        refusal = node.refusal(method, RICH.address, "0x1", "0x1")
        assert refusal.code == -32000 and words in refusal.message, refusal


def test_nobody_has_them_who_did_not_ask(node):
    for method in ("evm_mine", "anvil_setBalance", "hardhat_mine", "evm_increaseTime", "anvil_impersonateAccount"):
        assert node.refusal(method).code == -32601
    assert node.call("eth_getCode", CREATE2_DEPLOYER, "latest") == "0x"


def test_contracts_are_there_from_the_first_block_on(own_node):
    node = own_node(DEVELOPMENT_CONTRACTS_ENABLED="true")
    # The code that it has everywhere: what its README says.
    code = node.call("eth_getCode", CREATE2_DEPLOYER, "0x1")
    assert code == (
        "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b"
        "8082525050506014600cf3")
    assert len(block(node, "0x1")["transactions"]) == 4
    for receipt in node.call("eth_getBlockReceipts", "0x1"):
        assert receipt["status"] == "0x1"
    token = faucet_token()
    assert node.call("eth_getCode", token, "0x1") != "0x"
    wallet = Wallet(node)
    fund(node, [wallet], 10**18)
    mint = "0x40c10f19" + wallet.address[2:].rjust(64, "0") + hex(10**21)[2:].rjust(64, "0")
    wallet.transact(to=token, data=mint, gas=200_000)
    call = {"to": token, "data": "0x70a08231" + wallet.address[2:].rjust(64, "0")}
    assert int(node.call("eth_call", call, "latest"), 16) == 10**21
    # Somebody else creates with the deployer.
    init = bytes.fromhex("60015f5560015ff3")
    salt = (7).to_bytes(32, "big")
    wallet.transact(to=CREATE2_DEPLOYER, data="0x" + (salt + init).hex(), gas=300_000)
    assert node.call("eth_getCode", create2(salt, init), "latest") == "0x00"


@pytest.fixture
def rollup(own_node):
    return rollup_in_process.start(
        own_node, DEVELOPMENT_METHODS_ENABLED="true", DEVELOPMENT_CONTRACTS_ENABLED="true")


def test_everything_settles(rollup):
    """Empty blocks, blocks of next week, gifts: a batch is made of each, and L1 takes it."""
    node, l1 = rollup
    assert node.call("eth_getCode", CREATE2_DEPLOYER, "0x1") != "0x"
    node.call("evm_mine", {"blocks": 2})
    node.call("evm_increaseTime", WEEK)
    node.call("anvil_setBalance", Wallet(node).address, hex(10**18))
    node.call("hardhat_mine", "0x3", hex(86_400))
    Wallet(node, RICH).transact(to=RICH.address)
    head = node.head()
    wait_until(lambda: tagged(node, "finalized") >= head, 60)
    health = node.health()[1]["components"]
    assert {part["status"] for part in health.values()} == {"ready"}, health
    # L1 went along.
    web3 = Web3(Web3.HTTPProvider(l1.web3.provider.endpoint_uri))
    assert web3.eth.get_block("latest").timestamp >= timestamp(node) - 3_600
