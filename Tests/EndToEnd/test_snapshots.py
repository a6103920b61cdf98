"""The chain goes back to a block that was remembered, with everything that follows it."""

import json

import rollup_in_process
from l1_contracts import deposit
from node import RICH, Wallet, wait_for_receipt, wait_until
from rollup import tagged
from web3 import Web3
from websockets.sync.client import connect

OTHER = Web3.to_checksum_address("0x" + "b0" * 20)
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def start(own_node, **options):
    return own_node(DEVELOPMENT_METHODS_ENABLED="true", **options)


def balance(node, address, block="latest") -> int:
    return int(node.call("eth_getBalance", address, block), 16)


def everything(node) -> list:
    """What can be read of the chain, block by block."""
    found = []
    for number in range(node.head() + 1):
        block = node.call("eth_getBlockByNumber", hex(number), True)
        found.append([
            block, node.call("eth_getBlockReceipts", hex(number)), balance(node, RICH.address, hex(number)),
            node.call("zks_getProof", RICH.address, ["0x" + "00" * 32], number)])
    return found + [node.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "topics": [TRANSFER]})]


def transfer(token, to: str, amount: int) -> str:
    return token.functions.transfer(to, amount)._encode_transaction_data()


def test_the_chain_is_what_it_was(own_node, artifact):
    node = start(own_node)
    wallet = Wallet(node, RICH)
    token = wallet.deploy(artifact("Token"), "Token", "TKN", 10**24)
    before, nonce = everything(node), wallet.nonce
    snapshot = node.call("evm_snapshot")
    assert node.call("evm_snapshot") != snapshot
    lost = [wallet.transact(to=token.address, data=transfer(token, OTHER, 5), gas=200_000) for _ in range(3)]
    node.call("evm_increaseTime", 3_600)
    node.call("evm_mine")
    parked = wallet.send(to=RICH.address, nonce=nonce + 7)
    assert node.call("evm_revert", snapshot) is True
    assert everything(node) == before
    for receipt in lost:
        hash = receipt["transactionHash"]
        assert node.call("eth_getTransactionReceipt", hash) is None and node.call("eth_getTransactionByHash", hash) is None
        assert node.call("eth_getBlockByHash", receipt["blockHash"], False) is None
    assert "error" in node.request("debug_traceTransaction", lost[0]["transactionHash"], {"tracer": "callTracer"})
    assert int(node.call("eth_getTransactionCount", RICH.address, "pending"), 16) == nonce
    # It and what came later are used up.
    assert node.call("evm_revert", snapshot) is False and node.call("evm_revert", "0x2") is False
    # What waits goes on waiting, also when the process ends; what was in the blocks does not come again.
    node.kill()
    node.start()
    assert everything(node) == before
    assert node.call("eth_getTransactionByHash", parked)["blockNumber"] is None
    assert node.call("txpool_status") == {"pending": "0x0", "queued": "0x1"}
    # Other blocks take the place of those that are gone.
    wallet.nonce = nonce
    receipt = wallet.transact(to=token.address, data=transfer(token, OTHER, 9), gas=200_000)
    assert receipt["blockHash"] not in [each["blockHash"] for each in lost]
    trace = node.call("debug_traceTransaction", receipt["transactionHash"], {"tracer": "callTracer"})
    assert trace["input"].endswith(hex(9)[2:])
    assert [log["transactionHash"] for log in everything(node)[-1]][-1] == receipt["transactionHash"]
    assert node.health()[0] == 200


def test_snapshots_again_and_again(own_node):
    node = start(own_node)
    wallet = Wallet(node, RICH)
    head, nonce = node.head(), wallet.nonce
    for round in range(8):
        snapshot = node.call("anvil_snapshot")
        node.call("evm_setAutomine", False)
        hashes = [wallet.send(to=OTHER, value=round + 1) for _ in range(3)]
        node.call("hardhat_mine", hex(round + 1))
        assert wait_for_receipt(node, hashes[-1])["status"] == "0x1"
        assert balance(node, OTHER) == 3 * (round + 1)
        assert node.call("anvil_revert", snapshot) is True
        assert node.head() == head and balance(node, OTHER) == 0
        wallet.nonce = nonce
    node.call("evm_setAutomine", True)
    wallet.transact(to=RICH.address)
    status, report = node.health()
    assert status == 200 and {part["status"] for part in report["components"].values()} == {"ready"}, report


def test_subscribers_and_filters_hear_of_it(own_node, artifact):
    node = start(own_node)
    wallet = Wallet(node, RICH)
    token = wallet.deploy(artifact("Token"), "Token", "TKN", 10**24)
    snapshot = node.call("evm_snapshot")
    topics = {"topics": [TRANSFER], "address": token.address}
    changes = node.call("eth_newFilter", topics)
    with connect(node.url.replace("http", "ws")) as socket:
        socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["logs", topics]}))
        assert "result" in json.loads(socket.recv(timeout=20))

        def heard() -> tuple:
            log = json.loads(socket.recv(timeout=20))["params"]["result"]
            return log["removed"], log["transactionHash"]

        lost = wallet.transact(to=token.address, data=transfer(token, RICH.address, 5), gas=200_000)["transactionHash"]
        assert heard() == (False, lost)
        assert node.call("evm_revert", snapshot) is True
        assert heard() == (True, lost)
        wallet.nonce -= 1
        kept = wallet.transact(to=token.address, data=transfer(token, RICH.address, 6), gas=200_000)["transactionHash"]
        assert heard() == (False, kept)
    told = [(log["removed"], log["transactionHash"]) for log in node.call("eth_getFilterChanges", changes)]
    assert told[-1] == (False, kept) and (True, lost) not in told[-1:]


def test_a_snapshot_that_is_left_behind_ends(own_node):
    node = start(own_node, PROVER_API_FAKE_PROVERS="1", PROVER_API_FAKE_COMPUTE_TIME="0s", PROVER_API_FAKE_MIN_AGE="0s")
    snapshot = node.call("evm_snapshot")
    head = node.head()
    node.call("hardhat_mine", hex(450))
    # No batch is made of what may be taken back.
    assert node.metrics()["batcher_current_block_number"] == head
    node.call("hardhat_mine", hex(450))
    assert "more than 900 blocks" in node.refusal("evm_revert", snapshot).message
    wait_until(lambda: node.metrics()["batcher_current_block_number"] > head)


def test_a_rollup_goes_back_and_settles(own_node):
    node, l1 = rollup_in_process.start(own_node, DEVELOPMENT_METHODS_ENABLED="true")
    wallet = Wallet(node, RICH)
    wallet.transact(to=RICH.address)
    wait_until(lambda: tagged(node, "finalized") >= node.head(), 60)
    snapshot, nonce = node.call("evm_snapshot"), wallet.nonce
    # A deposit comes again, and once.
    receiver = Wallet(node)
    deposit(l1, receiver.address, 10**18)
    wait_until(lambda: balance(node, receiver.address) == 10**18, 60)
    wallet.transact(to=RICH.address)
    assert node.call("evm_revert", snapshot) is True
    wait_until(lambda: balance(node, receiver.address) == 10**18, 60)
    wallet.nonce = nonce
    wallet.transact(to=RICH.address)
    head = node.head()
    wait_until(lambda: tagged(node, "finalized") >= head, 60)
    assert balance(node, receiver.address) == 10**18
    assert {part["status"] for part in node.health()[1]["components"].values()} == {"ready"}
